//! Bytes against what a real peer saw.
#![allow(clippy::expect_used, clippy::unwrap_used)] // Helpers of tests may fail them.

mod common;

use std::pin::pin;

use common::Metered;
use telemetry_core::testing::poll_once;
use telemetry_net::MeteredStream;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const KIB: usize = 1024;

/// Sends 300 KiB one way and 100 KiB the other, each end in its own rhythm, and returns what the client saw.
async fn exchange<S, C>(server: &mut MeteredStream<S>, client: &mut C) -> [u64; 2]
where
    S: AsyncRead + AsyncWrite + Unpin,
    C: AsyncRead + AsyncWrite + Unpin,
{
    const UP: usize = 300 * KIB;
    const DOWN: usize = 100 * KIB;
    let serve = async {
        let (mut reader, mut writer) = tokio::io::split(server);
        let read = async { reader.read_to_end(&mut Vec::new()).await.unwrap() };
        let write = async {
            for part in vec![2; DOWN].chunks(1000) {
                writer.write_all(part).await.unwrap();
            }
            writer.shutdown().await.unwrap();
        };
        assert_eq!(tokio::join!(read, write).0, UP);
    };
    let ask = async {
        let (mut reader, mut writer) = tokio::io::split(client);
        let read = async { reader.read_to_end(&mut Vec::new()).await.unwrap() as u64 };
        let write = async {
            writer.write_all(&[1; UP]).await.unwrap();
            writer.shutdown().await.unwrap();
        };
        [UP as u64, tokio::join!(read, write).0]
    };
    let seen = tokio::join!(serve, ask).1;
    assert_eq!(seen, [UP as u64, DOWN as u64]);
    seen
}

async fn tcp_pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap());
    let (accepted, client) = tokio::join!(listener.accept(), client);
    (accepted.unwrap().0, client.unwrap())
}

#[tokio::test(flavor = "current_thread")]
async fn nt_69_bytes_are_what_a_tcp_peer_saw() {
    let metered = Metered::new();
    let (server, mut client) = tcp_pair().await;
    let mut server = metered.layer.meter(server);
    let seen = exchange(&mut server, &mut client).await;
    assert_eq!(metered.bytes(), seen.map(|bytes| bytes as f64)); // shut down: at rest, but open
    drop(server);
    metered.assert_closed("tcp", seen, None);
}

#[cfg(unix)]
#[tokio::test(flavor = "current_thread")]
async fn nt_69_bytes_are_what_a_unix_peer_saw() {
    let metered = Metered::new();
    let (server, mut client) = tokio::net::UnixStream::pair().unwrap();
    let mut server = metered.layer.meter(server);
    let seen = exchange(&mut server, &mut client).await;
    drop(server);
    metered.assert_closed("unix", seen, None);
}

#[tokio::test(flavor = "current_thread")]
async fn nt_69_bytes_are_what_the_other_end_of_a_pipe_saw() {
    let metered = Metered::new();
    let (server, mut client) = tokio::io::duplex(700);
    let mut server = metered.layer.meter(server);
    let seen = exchange(&mut server, &mut client).await;
    drop(server);
    metered.assert_closed("pipe", seen, None);
}

#[tokio::test(flavor = "current_thread")]
async fn nt_69_a_proxy_counts_both_of_its_connections() {
    let front = Metered::new();
    let back = Metered::new();
    let (front_end, mut client) = tcp_pair().await;
    let (back_end, mut origin) = tcp_pair().await;
    let mut front_stream = front.layer.meter(front_end);
    let mut back_stream = back.layer.meter(back_end);

    let serve = async {
        let mut request = Vec::new();
        origin.read_to_end(&mut request).await.unwrap();
        origin.write_all(&vec![3; 200 * KIB]).await.unwrap();
        origin.shutdown().await.unwrap();
        request.len() as u64
    };
    let ask = async {
        client.write_all(b"please").await.unwrap();
        client.shutdown().await.unwrap();
        client.read_to_end(&mut Vec::new()).await.unwrap() as u64
    };
    let copy = tokio::io::copy_bidirectional(&mut front_stream, &mut back_stream);
    let (up, down, copied) = tokio::join!(serve, ask, copy);
    assert_eq!(copied.unwrap(), (6, 200 * 1024));
    drop((front_stream, back_stream));
    front.assert_closed("front", [up, down], None);
    back.assert_closed("back", [down, up], None);
}

#[tokio::test(flavor = "current_thread")]
async fn nt_71_an_idle_tcp_connection_is_live_in_a_snapshot() {
    let metered = Metered::new();
    let (server, mut client) = tcp_pair().await;
    let mut server = metered.layer.meter(server);
    for round in 1..=3 {
        client.write_all(b"ping").await.unwrap();
        server.read_exact(&mut [0; 4]).await.unwrap();
        server.write_all(b"pong!").await.unwrap();
        client.read_exact(&mut [0; 5]).await.unwrap();
        assert!(poll_once(pin!(server.read(&mut [0; 1]))).is_pending());
        assert_eq!(metered.bytes(), [4.0 * f64::from(round), 5.0 * f64::from(round)]);
    }
    assert_eq!(metered.active(), 1.0);
}

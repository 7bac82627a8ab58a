//! Bytes are counted as they move, and seen while the connection is open.
#![allow(clippy::expect_used, clippy::unwrap_used)] // Helpers of tests may fail them.

mod common;

use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use common::{Closing, Metered};
use telemetry_core::testing::{ScriptedStream, poll_once};
use telemetry_net::MeteredStream;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

const KIB: usize = 1024;

fn read<S: AsyncRead + Unpin>(stream: &mut S, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
    Pin::new(stream).poll_read(&mut Context::from_waker(Waker::noop()), buf)
}

fn write<S: AsyncWrite + Unpin>(stream: &mut S, bytes: &[u8]) -> Poll<io::Result<usize>> {
    poll_once(pin!(stream.write(bytes)))
}

fn flush<S: AsyncWrite + Unpin>(stream: &mut S) -> Poll<io::Result<()>> {
    poll_once(pin!(stream.flush()))
}

#[test]
fn nt_69_a_read_counts_what_it_filled() {
    let metered = Metered::new();
    let script = ScriptedStream::new().then_read_pending().then_read("hello world");
    let mut stream = metered.layer.meter(script);
    let mut space = [0; 9];
    let mut buf = ReadBuf::new(&mut space);
    buf.put_slice(b"abc");

    assert!(read(&mut stream, &mut buf).is_pending());
    assert_eq!(metered.bytes(), [0.0, 0.0]);
    assert!(matches!(read(&mut stream, &mut buf), Poll::Ready(Ok(()))));
    assert_eq!(buf.filled(), b"abchello ");
    assert!(matches!(read(&mut stream, &mut buf), Poll::Ready(Ok(())))); // no room left
    buf.clear();
    assert!(matches!(read(&mut stream, &mut buf), Poll::Ready(Ok(()))));
    assert_eq!(buf.filled(), b"world");
    assert!(matches!(read(&mut stream, &mut buf), Poll::Ready(Ok(())))); // the end
    assert_eq!(buf.filled(), b"world");
    assert_eq!(metered.bytes(), [11.0, 0.0]);
    drop(stream);
    metered.assert_closed("reads", [11, 0], None);
}

#[test]
fn nt_69_a_write_counts_what_was_taken() {
    let metered = Metered::new();
    let script = ScriptedStream::new().then_write_pending().then_write(2).then_write(0).then_write(4);
    let mut stream = metered.layer.meter(script);

    assert!(write(&mut stream, b"hello").is_pending());
    assert!(matches!(write(&mut stream, b"hello"), Poll::Ready(Ok(2))));
    assert!(matches!(write(&mut stream, b"hello"), Poll::Ready(Ok(0))));
    assert!(matches!(write(&mut stream, b"hello"), Poll::Ready(Ok(4))));
    assert!(matches!(write(&mut stream, b"hello"), Poll::Ready(Ok(5))));
    assert_eq!(stream.get_ref().written(), b"hehellhello");
    drop(stream);
    metered.assert_closed("writes", [0, 11], None);
}

#[test]
fn nt_69_vectored_writes_are_forwarded_and_counted() {
    let metered = Metered::new();
    let mut stream = metered.layer.meter(ScriptedStream::new().then_write(7));
    assert!(stream.is_write_vectored());
    let parts = [IoSlice::new(b"hello "), IoSlice::new(b"world")];
    for expected in [7, 11] {
        let written = poll_once(pin!(stream.write_vectored(&parts)));
        assert!(matches!(written, Poll::Ready(Ok(n)) if n == expected), "{written:?}");
    }
    assert_eq!(stream.get_ref().written(), b"hello whello world");
    drop(stream);
    metered.assert_closed("vectored", [0, 18], None);

    assert!(!Metered::new().layer.meter(Closing::default()).is_write_vectored());
}

#[test]
fn nt_71_a_connection_at_rest_is_exact_while_it_is_open() {
    let metered = Metered::new();
    let script = ScriptedStream::new().then_read("hello").then_read_pending();
    let mut stream = metered.layer.meter(script);
    let mut space = [0; 16];

    assert!(matches!(write(&mut stream, b"bye"), Poll::Ready(Ok(3))));
    assert!(matches!(read(&mut stream, &mut ReadBuf::new(&mut space)), Poll::Ready(Ok(()))));
    assert_eq!(metered.bytes(), [0.0, 0.0]);
    assert!(read(&mut stream, &mut ReadBuf::new(&mut space)).is_pending());
    assert_eq!(metered.bytes(), [5.0, 3.0]);

    assert!(matches!(write(&mut stream, b"again"), Poll::Ready(Ok(5))));
    assert!(matches!(flush(&mut stream), Poll::Ready(Ok(()))));
    assert_eq!(metered.bytes(), [5.0, 8.0]);
    assert_eq!(metered.active(), 1.0);
}

#[test]
fn nt_71_a_writer_that_has_to_wait_is_seen() {
    let metered = Metered::new();
    let mut stream = metered.layer.meter(ScriptedStream::new().then_write(3).then_write_pending());
    assert!(matches!(write(&mut stream, b"hello"), Poll::Ready(Ok(3))));
    assert_eq!(metered.bytes(), [0.0, 0.0]);
    assert!(write(&mut stream, b"lo").is_pending());
    assert_eq!(metered.bytes(), [0.0, 3.0]);
}

#[test]
fn nt_71_an_error_leaves_nothing_behind() {
    let metered = Metered::new();
    let script = ScriptedStream::new().then_write(3).then_write_error(io::ErrorKind::BrokenPipe);
    let mut stream = metered.layer.meter(script);
    assert!(matches!(write(&mut stream, b"hello"), Poll::Ready(Ok(3))));
    assert!(matches!(write(&mut stream, b"lo"), Poll::Ready(Err(_))));
    assert_eq!(metered.bytes(), [0.0, 3.0]);
    assert_eq!(metered.active(), 1.0);
}

#[test]
fn nt_71_flush_and_shutdown_are_seen_even_when_they_wait_or_fail() {
    for (pending, error) in [(false, None), (true, None), (false, Some(io::ErrorKind::BrokenPipe))] {
        let metered = Metered::new();
        let mut stream = metered.layer.meter(Closing { flush: error, shutdown: error, pending });
        assert!(matches!(write(&mut stream, b"hello"), Poll::Ready(Ok(5))));
        assert_eq!(metered.bytes(), [0.0, 0.0]);
        assert_eq!(flush(&mut stream).is_pending(), pending);
        assert_eq!(metered.bytes(), [0.0, 5.0]);
        assert!(matches!(write(&mut stream, b"hello"), Poll::Ready(Ok(5))));
        assert_eq!(poll_once(pin!(stream.shutdown())).is_pending(), pending);
        assert_eq!(metered.bytes(), [0.0, 10.0]);
    }
}

#[test]
fn nt_71_much_data_is_seen_without_a_pause() {
    let metered = Metered::new();
    let script = ScriptedStream::new().then_read(vec![0; 128 * KIB]);
    let mut stream = metered.layer.meter(script);
    let mut space = vec![0; 64 * KIB - 1];

    assert!(matches!(read(&mut stream, &mut ReadBuf::new(&mut space)), Poll::Ready(Ok(()))));
    assert_eq!(metered.bytes(), [0.0, 0.0]);
    assert!(matches!(read(&mut stream, &mut ReadBuf::new(&mut space[..1])), Poll::Ready(Ok(()))));
    assert_eq!(metered.bytes(), [64.0 * KIB as f64, 0.0]);
    assert!(matches!(write(&mut stream, &space[..10]), Poll::Ready(Ok(10))));
    assert!(matches!(write(&mut stream, &space), Poll::Ready(Ok(_))));
    assert_eq!(metered.bytes(), [64.0 * KIB as f64, 64.0 * KIB as f64 + 9.0]);
}

#[test]
fn nt_71_a_task_that_only_writes_a_little_now_and_then_is_seen() {
    let metered = Metered::new();
    let mut stream = metered.layer.meter(ScriptedStream::new().then_read("once"));
    let mut space = [0; 8];
    assert!(matches!(read(&mut stream, &mut ReadBuf::new(&mut space)), Poll::Ready(Ok(()))));
    for _ in 0..62 {
        assert!(matches!(write(&mut stream, b"beat"), Poll::Ready(Ok(4))));
    }
    assert_eq!(metered.bytes(), [0.0, 0.0]);
    assert!(matches!(write(&mut stream, b"beat"), Poll::Ready(Ok(4))));
    assert_eq!(metered.bytes(), [4.0, 63.0 * 4.0]);
}

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

//! Connections that are still open when something else ends.
#![allow(clippy::expect_used, clippy::unwrap_used)] // Helpers of tests may fail them.

mod common;

use std::time::{Duration, Instant};

use common::{ACTIVE, DURATION, Metered};
use telemetry_core::testing::ScriptedStream;
use telemetry_core::{ConnectionInfo, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;

/// With several threads, in both ways to end a runtime: some tasks wait for bytes, some for a lock, some for nothing.
#[test]
fn nt_68_a_runtime_with_threads_ends_its_open_connections() {
    const CONNECTIONS: u64 = 60;
    for background in [false, true] {
        let metered = Metered::new();
        let runtime = Builder::new_multi_thread().worker_threads(3).enable_all().build().unwrap();
        let layer = metered.layer.clone();
        let clients = runtime.block_on(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let mut clients = Vec::new();
            for number in 0..CONNECTIONS {
                let (client, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
                let (mut client, mut stream) = (client.unwrap(), layer.meter(accepted.unwrap().0));
                client.write_all(b"hello").await.unwrap();
                stream.read_exact(&mut [0; 5]).await.unwrap();
                clients.push(client);
                tokio::spawn(async move {
                    match number % 3 {
                        0 => drop(stream.read(&mut [0; 5]).await),
                        1 => std::future::pending().await,
                        _ => loop {
                            tokio::task::yield_now().await;
                        },
                    }
                    stream.shutdown().await
                });
            }
            clients
        });
        assert_eq!(metered.active(), CONNECTIONS as f64);
        if background {
            runtime.shutdown_background();
        } else {
            drop(runtime);
        }
        let start = Instant::now();
        while metered.active() > 0.0 {
            assert!(start.elapsed() < Duration::from_secs(10), "{} are left", metered.active());
            std::thread::yield_now();
        }
        let snapshot = metered.metrics.snapshot();
        assert_eq!(snapshot.count(DURATION, &[("transport.close.reason", "dropped")]), CONNECTIONS);
        assert_eq!(snapshot.count(DURATION, &[]), CONNECTIONS);
        assert_eq!(metered.bytes(), [5.0 * CONNECTIONS as f64, 0.0]);
        drop(clients);
    }
}

/// Nothing has ended: the socket of a stream that was forgotten is open too. Its bytes are in the metrics.
#[tokio::test(flavor = "current_thread")]
async fn nt_68_a_connection_that_was_forgotten_stays_open() {
    let metered = Metered::new();
    let (server, mut client) = tokio::io::duplex(64);
    let mut server = metered.layer.meter(server);
    server.write_all(b"hello").await.unwrap();
    std::mem::forget(server);
    client.read_exact(&mut [0; 5]).await.unwrap();
    client.write_all(b"you still have room").await.unwrap();
    for _ in 0..2 {
        let snapshot = metered.metrics.snapshot();
        assert_eq!((snapshot.sum(ACTIVE, &[]), snapshot.count(DURATION, &[])), (1.0, 0));
        assert_eq!(metered.bytes(), [0.0, 5.0]);
    }
}

/// NT-70 too: the last half is the end, whichever it is.
#[tokio::test(flavor = "current_thread")]
async fn nt_68_a_stream_that_was_split_ends_with_its_last_half() {
    for reader_first in [true, false] {
        let metered = Metered::new();
        let (server, mut client) = tokio::io::duplex(64);
        let (mut reader, mut writer) = tokio::io::split(metered.layer.meter(server));
        client.write_all(b"hello").await.unwrap();
        let read = tokio::spawn(async move {
            reader.read_exact(&mut [0; 5]).await.unwrap();
            reader
        });
        writer.write_all(b"bye").await.unwrap();
        let reader = read.await.unwrap();
        if reader_first {
            drop(reader);
            assert_eq!(metered.active(), 1.0);
            writer.write_all(b"!").await.unwrap();
            drop(writer);
        } else {
            writer.write_all(b"!").await.unwrap();
            drop(writer);
            assert_eq!(metered.active(), 1.0);
            drop(reader);
        }
        metered.assert_closed("split", [5, 4], None);
    }
}

/// A connection of QUIC is one, whatever carries its datagrams; its streams are not.
#[tokio::test(flavor = "current_thread")]
async fn nt_73_a_connection_of_quic_has_its_transport() {
    let metered = Metered::new();
    let peer: std::net::SocketAddr = "[2001:db8::7]:443".parse().unwrap();
    let info = ConnectionInfo::new(Transport::Quic).with_peer(peer);
    let mut stream = metered.layer.meter_with_info(ScriptedStream::new().then_read("hello"), info.clone());
    assert_eq!(stream.connection_info(), info);
    stream.read_exact(&mut [0; 5]).await.unwrap();
    stream.write_all(b"bye").await.unwrap();
    drop(stream);
    metered.assert_closed("QUIC", [5, 3], None);
    let (snapshot, quic) = (metered.metrics.snapshot(), [("network.transport", "quic"), ("network.type", "ipv6")]);
    assert_eq!((snapshot.sum("transport.server.io", &quic), snapshot.count(DURATION, &quic)), (8.0, 1));
    assert!(
        !snapshot.names().iter().any(|name| name.contains("udp") || name.contains("tcp")),
        "{:?}",
        snapshot.names()
    );
}

/// Neither a name that is in no file system nor no name at all is an address.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "current_thread")]
async fn nt_74_unix_sockets_without_a_path_have_no_address() {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};

    let metered = Metered::new();
    let name = SocketAddr::from_abstract_name(format!("telemetry-net-open-{}", std::process::id())).unwrap();
    let listener = UnixListener::bind_addr(&name).unwrap();
    listener.set_nonblocking(true).unwrap();
    let mut listener = metered.layer.listen(tokio::net::UnixListener::from_std(listener).unwrap());
    let dialled = UnixStream::connect_addr(&name).unwrap();
    dialled.set_nonblocking(true).unwrap();
    let (accepted, peer) = listener.accept().await;
    assert!(peer.is_unnamed());
    let client = metered.layer.meter(tokio::net::UnixStream::from_std(dialled).unwrap());
    for stream in [&accepted, &client] {
        assert_eq!(stream.connection_info(), ConnectionInfo::new(Transport::Unix));
    }
    drop((accepted, client, listener));
    let snapshot = metered.metrics.snapshot();
    for metric in [ACTIVE, DURATION] {
        let [point] = snapshot.points(metric)[..] else { panic!("{snapshot:#?}") };
        assert!(point.attributes.keys().all(|name| name == "network.transport" || name.starts_with("transport.")));
    }
}

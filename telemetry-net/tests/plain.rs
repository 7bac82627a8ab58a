//! Plain bytes above TLS, whatever library it is from.
#![allow(clippy::expect_used, clippy::unwrap_used)] // Helpers of tests may fail them.

mod common;

use std::io::{self, IoSlice};

use common::{Closing, DURATION, Metered};
use telemetry_core::testing::ScriptedStream;
use telemetry_core::{ErrorType, TlsInfo};
use telemetry_net::{MeteredStream, PlainStream};
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};

const PLAIN_IO: &str = "transport.server.tls.io";

/// A connection whose TLS stream, by a script, is not the stream below: so it is plain which of the two counts.
fn connection(
    metered: &Metered,
    plain: ScriptedStream,
) -> (MeteredStream<ScriptedStream>, PlainStream<ScriptedStream>) {
    let below = metered.layer.meter(ScriptedStream::new());
    below.connection().set_tls(TlsInfo::new());
    let plain = below.connection().meter_plain(plain);
    (below, plain)
}

fn plain_bytes(metered: &Metered) -> [f64; 2] {
    let snapshot = metered.metrics.snapshot();
    ["receive", "transmit"].map(|direction| snapshot.sum(PLAIN_IO, &[("network.io.direction", direction)]))
}

#[tokio::test]
async fn nt_69_plain_bytes_are_those_that_were_moved() {
    let metered = Metered::new();
    let script = ScriptedStream::new().then_read("hello").then_write(2).then_write(4);
    let (below, mut plain) = connection(&metered, script);
    let mut buf = [0; 3];
    assert_eq!(plain.read(&mut buf).await.unwrap(), 3);
    assert_eq!(plain_bytes(&metered), [3.0, 0.0]);
    assert_eq!(plain.read(&mut []).await.unwrap(), 0);
    assert_eq!(plain.read(&mut buf).await.unwrap(), 2);
    assert_eq!(plain.write(b"good").await.unwrap(), 2);
    assert_eq!(plain.write_vectored(&[IoSlice::new(b"mor"), IoSlice::new(b"ning")]).await.unwrap(), 4);
    assert_eq!(plain_bytes(&metered), [5.0, 6.0]);
    assert_eq!(metered.bytes(), [0.0, 0.0], "NT-64: none counts for both");

    // The one goes, and the connection with the other.
    assert_eq!(plain.get_ref().written(), b"gomorn");
    let _ = plain.into_inner();
    assert_eq!(metered.active(), 1.0);
    drop(below);
    metered.assert_closed("plain", [0, 0], None);
    assert_eq!(plain_bytes(&metered), [5.0, 6.0]);
}

#[tokio::test]
async fn nt_69_without_tls_there_are_no_plain_bytes() {
    let metered = Metered::new();
    let below = metered.layer.meter(ScriptedStream::new());
    let mut plain = below.connection().meter_plain(ScriptedStream::new().then_read("hello"));
    plain.read_to_end(&mut vec![]).await.unwrap();
    plain.write_all(b"bye").await.unwrap();
    assert!(metered.metrics.snapshot().points(PLAIN_IO).is_empty());
}

#[tokio::test]
async fn nt_63_what_fails_above_is_the_connections_error() {
    type Script = fn(ScriptedStream) -> ScriptedStream;
    let rows: [(&str, Script, Option<&str>); 5] = [
        ("read", |script| script.then_read_error(io::ErrorKind::UnexpectedEof), Some("unexpected_eof")),
        ("write", |script| script.then_write_error(io::ErrorKind::ConnectionReset), Some("connection_reset")),
        ("again", |script| script.then_read_error(io::ErrorKind::Interrupted), None),
        (
            "both",
            |script| {
                let script = script.then_read_error(io::ErrorKind::TimedOut);
                script.then_write_error(io::ErrorKind::BrokenPipe)
            },
            Some("timeout"),
        ),
        ("none", |script| script, None),
    ];
    for (row, script, error) in rows {
        let metered = Metered::new();
        let (below, mut plain) = connection(&metered, script(ScriptedStream::new()));
        let _ = plain.read(&mut [0; 8]).await;
        let _ = plain.write(b"bye").await;
        drop((below, plain));
        metered.assert_closed(row, [0, 0], error);
    }
    let kinds = [
        (Closing { flush: Some(io::ErrorKind::BrokenPipe), ..Closing::default() }, Some("broken_pipe")),
        (Closing { shutdown: Some(io::ErrorKind::ConnectionReset), ..Closing::default() }, Some("connection_reset")),
        (Closing { shutdown: Some(io::ErrorKind::NotConnected), ..Closing::default() }, None),
    ];
    for (closing, error) in kinds {
        let metered = Metered::new();
        let below = metered.layer.meter(ScriptedStream::new());
        let mut plain = below.connection().meter_plain(closing);
        let _ = plain.flush().await;
        let _ = plain.shutdown().await;
        assert!(!plain.is_write_vectored());
        drop(below);
        metered.assert_closed("closing", [0, 0], error);
    }
}

/// A peer that says goodbye inside of TLS was the first to end, though on the wire it may be the last.
#[tokio::test]
async fn nt_70_the_end_of_what_the_peer_sends_is_told_by_tls() {
    let metered = Metered::new();
    let (mut below, mut plain) = connection(&metered, ScriptedStream::new());
    assert_eq!(plain.read(&mut [0]).await.unwrap(), 0);
    below.shutdown().await.unwrap();
    drop(below);
    let snapshot = metered.metrics.snapshot();
    assert_eq!(snapshot.count(DURATION, &[("transport.close.reason", "peer")]), 1);
}

/// An alert may come too late to be sent: what the handshake says goes before what the stream has met.
#[tokio::test]
async fn nt_72_the_error_of_a_handshake_is_the_connections() {
    let metered = Metered::new();
    let mut stream = metered.layer.meter(ScriptedStream::new().then_write_error(io::ErrorKind::BrokenPipe));
    let handshake = stream.connection().start_handshake();
    stream.write(b"alert").await.unwrap_err();
    handshake.failed(ErrorType::Named("tls_not_tls"));
    drop(stream);
    metered.assert_closed("handshake", [0, 0], Some("tls_not_tls"));
}

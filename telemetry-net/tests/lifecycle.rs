//! One open and one end for each connection, whatever ends it.
#![allow(clippy::expect_used, clippy::unwrap_used)] // Helpers of tests may fail them.

mod common;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use common::{ACTIVE, Closing, DURATION, Metered, read_all, runtime};
use telemetry_core::testing::ScriptedStream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[test]
fn nt_68_the_end_of_the_runtime_ends_the_connection() {
    let metered = Metered::new();
    let runtime = runtime();
    let mut stream =
        metered.layer.meter(ScriptedStream::new().then_read("hello").then_read_pending().then_read_pending());
    runtime.spawn(async move {
        stream.read_exact(&mut [0; 5]).await.unwrap();
        std::future::pending::<()>().await;
        drop(stream);
    });
    runtime.block_on(tokio::task::yield_now());
    assert_eq!(metered.active(), 1.0);
    drop(runtime);
    metered.assert_closed("runtime ended", [5, 0], None);
}

#[test]
fn nt_63_errors_of_flush_and_shutdown_count() {
    let rows = [
        (Some(io::ErrorKind::BrokenPipe), None, Some("broken_pipe")),
        (None, Some(io::ErrorKind::ConnectionReset), Some("connection_reset")),
        // Both ends had closed before: the connection ended well.
        (None, Some(io::ErrorKind::NotConnected), None),
        (Some(io::ErrorKind::NotConnected), None, Some("io_error")),
        (None, None, None),
    ];
    for (flush, shutdown, error) in rows {
        let metered = Metered::new();
        let mut stream = metered.layer.meter(Closing { flush, shutdown, ..Closing::default() });
        runtime().block_on(async {
            assert_eq!(stream.flush().await.err().map(|error| error.kind()), flush);
            assert_eq!(stream.shutdown().await.err().map(|error| error.kind()), shutdown);
        });
        drop(stream);
        metered.assert_closed(&format!("{flush:?} {shutdown:?}"), [0, 0], error);
    }
}

#[tokio::test(flavor = "current_thread")]
async fn nt_70_the_end_of_reads_does_not_end_the_connection() {
    let metered = Metered::new();
    let (server, mut client) = tokio::io::duplex(64);
    let mut server = metered.layer.meter(server);

    client.write_all(b"hello").await.unwrap();
    client.shutdown().await.unwrap();
    assert_eq!(server.read_to_end(&mut Vec::new()).await.unwrap(), 5);
    assert_eq!(metered.active(), 1.0);
    assert_eq!(metered.metrics.snapshot().count(DURATION, &[]), 0);

    server.write_all(b"still here").await.unwrap();
    server.shutdown().await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert_eq!(answer, "still here");
    assert_eq!(metered.active(), 1.0);

    drop(server);
    metered.assert_closed("half-close", [5, 10], None);
}

#[test]
fn nt_62_the_end_has_the_attributes_of_the_start() {
    let metered = Metered::new();
    let mut stream = metered.layer.meter(ScriptedStream::new().then_read_error(io::ErrorKind::ConnectionReset));
    runtime().block_on(read_all(&mut stream)).unwrap_err();
    drop(stream);
    let snapshot = metered.metrics.snapshot();
    let [active] = snapshot.points(ACTIVE)[..] else { panic!("{snapshot:#?}") };
    assert!(!active.attributes.contains_key("error.type"), "{active:?}");
}

#[test]
fn active_counts_connections_that_are_open_together() {
    let metered = Metered::new();
    let mut streams: Vec<_> = (0..3).map(|_| metered.layer.meter(ScriptedStream::new())).collect();
    assert_eq!(metered.active(), 3.0);
    streams.truncate(1);
    assert_eq!(metered.active(), 1.0);
    streams.clear();
    assert_eq!(metered.active(), 0.0);
    assert_eq!(metered.metrics.snapshot().count(DURATION, &[]), 3);
}

#[test]
fn the_duration_is_in_seconds_and_within_what_passed() {
    let metered = Metered::new();
    let before = Instant::now();
    drop(metered.layer.meter(ScriptedStream::new()));
    let passed = before.elapsed().as_secs_f64();
    let duration = metered.metrics.snapshot().sum(DURATION, &[]);
    assert!(duration > 0.0 && duration <= passed, "{duration} of {passed}");
}

/// A stream that does something when it is closed.
struct OnClose<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnClose<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[test]
fn all_is_recorded_when_the_peer_sees_the_end() {
    let metered = Arc::new(Metered::new());
    let seen = Arc::new(AtomicBool::new(false));
    let (at_close, closed) = (Arc::clone(&metered), Arc::clone(&seen));
    let stream = metered.layer.meter(OnClose(move || {
        at_close.assert_closed("before the stream is closed", [0, 0], None);
        closed.store(true, Ordering::Relaxed);
    }));
    drop(stream);
    assert!(seen.load(Ordering::Relaxed));
}

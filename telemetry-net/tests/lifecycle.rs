//! One open and one end for each connection, whatever ends it.
#![allow(clippy::expect_used, clippy::unwrap_used)] // Helpers of tests may fail them.

mod common;

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use common::{ACTIVE, Closing, DURATION, Metered};
use telemetry_core::testing::{ScriptedStream, poll_once};
use telemetry_net::MeteredStream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::{Builder, Runtime};

type Stream = MeteredStream<ScriptedStream>;

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_io().build().unwrap()
}

async fn read_all(stream: &mut Stream) -> io::Result<usize> {
    stream.read_to_end(&mut Vec::new()).await
}

/// NT-68, NT-63: each row says what happens on a stream that has "hello" to read, and what must be recorded.
#[test]
fn nt_68_every_ending_counts_once() {
    struct Row {
        name: &'static str,
        script: fn(ScriptedStream) -> ScriptedStream,
        run: fn(&Runtime, Stream),
        bytes: [u64; 2],
        error: Option<&'static str>,
    }
    let rows = [
        Row {
            name: "end of stream, then drop",
            script: |stream| stream,
            run: |runtime, mut stream| {
                runtime.block_on(async {
                    assert_eq!(read_all(&mut stream).await.unwrap(), 5);
                    stream.write_all(b"bye").await.unwrap();
                    stream.shutdown().await.unwrap();
                });
            },
            bytes: [5, 3],
            error: None,
        },
        Row {
            name: "error on read",
            script: |stream| stream.then_read_error(io::ErrorKind::ConnectionReset),
            run: |runtime, mut stream| {
                let error = runtime.block_on(read_all(&mut stream)).unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
            },
            bytes: [5, 0],
            error: Some("connection_reset"),
        },
        Row {
            name: "error on write after a part was written",
            script: |stream| stream.then_write(2).then_write_error(io::ErrorKind::BrokenPipe),
            run: |runtime, mut stream| {
                let error = runtime.block_on(stream.write_all(b"good morning")).unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
            },
            bytes: [0, 2],
            error: Some("broken_pipe"),
        },
        Row {
            name: "two errors: the first is the cause",
            script: |stream| {
                stream.then_write_error(io::ErrorKind::TimedOut).then_write_error(io::ErrorKind::BrokenPipe)
            },
            run: |runtime, mut stream| {
                runtime.block_on(async {
                    stream.write_all(b"good").await.unwrap_err();
                    stream.write_all(b"morning").await.unwrap_err();
                });
            },
            bytes: [0, 0],
            error: Some("timeout"),
        },
        Row {
            name: "errors that only ask to try again",
            script: |stream| {
                stream.then_read_error(io::ErrorKind::Interrupted).then_write_error(io::ErrorKind::WouldBlock)
            },
            run: |runtime, mut stream| {
                runtime.block_on(async {
                    let mut buf = [0; 8];
                    assert_eq!(stream.read(&mut buf).await.unwrap(), 5);
                    stream.read(&mut buf).await.unwrap_err();
                    stream.write(b"bye").await.unwrap_err();
                    assert_eq!(stream.write(b"bye").await.unwrap(), 3);
                });
            },
            bytes: [5, 3],
            error: None,
        },
        Row {
            name: "drop without shutdown",
            script: |stream| stream,
            run: |runtime, mut stream| {
                runtime.block_on(async {
                    stream.read_exact(&mut [0; 3]).await.unwrap();
                    stream.write_all(b"bye").await.unwrap();
                });
            },
            bytes: [3, 3],
            error: None,
        },
        Row { name: "never used", script: |stream| stream, run: |_, stream| drop(stream), bytes: [0, 0], error: None },
        Row {
            name: "task dropped while it waits",
            script: ScriptedStream::then_read_pending,
            run: |_, mut stream| {
                let mut reading = Box::pin(async move { read_all(&mut stream).await });
                assert!(poll_once(reading.as_mut()).is_pending());
            },
            bytes: [5, 0],
            error: None,
        },
        Row {
            name: "task aborted",
            script: |stream| stream,
            run: |runtime, mut stream| {
                let task = runtime.spawn(async move {
                    stream.read_exact(&mut [0; 4]).await.unwrap();
                    std::future::pending::<()>().await;
                });
                runtime.block_on(async {
                    tokio::task::yield_now().await;
                    task.abort();
                    assert!(task.await.unwrap_err().is_cancelled());
                });
            },
            bytes: [4, 0],
            error: None,
        },
        Row {
            name: "task panics",
            script: |stream| stream,
            run: |runtime, mut stream| {
                let task = runtime.spawn(async move {
                    stream.write_all(b"bye").await.unwrap();
                    panic!("on purpose");
                });
                assert!(runtime.block_on(task).unwrap_err().is_panic());
            },
            bytes: [0, 3],
            error: Some("panic"),
        },
        Row {
            name: "dropped by a panic outside of a runtime",
            script: |stream| stream,
            run: |_, stream| {
                let panicked = catch_unwind(AssertUnwindSafe(move || {
                    let _stream = stream;
                    panic!("on purpose");
                }));
                panicked.unwrap_err();
            },
            bytes: [0, 0],
            error: Some("panic"),
        },
        Row {
            name: "a panic that follows from an error",
            script: |stream| stream.then_write_error(io::ErrorKind::BrokenPipe),
            run: |runtime, mut stream| {
                let task = runtime.spawn(async move { stream.write_all(b"bye").await.unwrap() });
                assert!(runtime.block_on(task).unwrap_err().is_panic());
            },
            bytes: [0, 0],
            error: Some("broken_pipe"),
        },
        Row {
            name: "taken apart",
            script: |stream| stream,
            run: |runtime, mut stream| {
                runtime.block_on(stream.write_all(b"bye")).unwrap();
                let mut inner = stream.into_inner();
                runtime.block_on(inner.write_all(b"not counted")).unwrap();
                assert_eq!(inner.written(), b"byenot counted");
            },
            bytes: [0, 3],
            error: None,
        },
    ];
    for Row { name, script, run, bytes, error } in rows {
        let metered = Metered::new();
        let stream = metered.layer.meter(script(ScriptedStream::new().then_read("hello")));
        assert_eq!(metered.active(), 1.0, "{name}");
        assert_eq!(metered.metrics.snapshot().count(DURATION, &[]), 0, "{name}");
        run(&runtime(), stream);
        metered.assert_closed(name, bytes, error);
    }
}

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

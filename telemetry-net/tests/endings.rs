//! Every way in which a connection can end, in one table.
#![allow(clippy::expect_used, clippy::unwrap_used)] // Helpers of tests may fail them.

mod common;

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use common::{DURATION, Metered, Stream, read_all, runtime};
use telemetry_core::ErrorType;
use telemetry_core::testing::{ScriptedStream, poll_once};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::Runtime;

/// NT-68, NT-63: each row says what happens on a stream that has "hello" to read, and what must be recorded.
#[test]
fn nt_68_every_ending_counts_once() {
    struct Row {
        name: &'static str,
        script: fn(ScriptedStream) -> ScriptedStream,
        run: fn(&Runtime, Stream),
        bytes: [u64; 2],
        /// Who was the first to end, or else the error.
        end: Result<&'static str, &'static str>,
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
            end: Ok("peer"),
        },
        Row {
            name: "shut down, then end of stream",
            script: |stream| stream,
            run: |runtime, mut stream| {
                runtime.block_on(async {
                    stream.write_all(b"bye").await.unwrap();
                    stream.shutdown().await.unwrap();
                    assert_eq!(read_all(&mut stream).await.unwrap(), 5);
                });
            },
            bytes: [5, 3],
            end: Ok("local"),
        },
        Row {
            name: "end of stream, and an error afterwards",
            script: |stream| stream.then_write_error(io::ErrorKind::BrokenPipe),
            run: |runtime, mut stream| {
                runtime.block_on(async {
                    assert_eq!(read_all(&mut stream).await.unwrap(), 5);
                    stream.write_all(b"bye").await.unwrap_err();
                });
            },
            bytes: [5, 0],
            end: Err("broken_pipe"),
        },
        Row {
            name: "a read without room is no end",
            script: |stream| stream,
            run: |runtime, mut stream| {
                assert_eq!(runtime.block_on(stream.read(&mut [])).unwrap(), 0);
            },
            bytes: [0, 0],
            end: Ok("dropped"),
        },
        Row {
            name: "an owner who says why",
            script: |stream| stream,
            run: |_, stream| {
                stream.connection().set_error(ErrorType::Timeout);
                stream.connection().set_error(ErrorType::Named("too_late"));
            },
            bytes: [0, 0],
            end: Err("timeout"),
        },
        Row {
            name: "error on read",
            script: |stream| stream.then_read_error(io::ErrorKind::ConnectionReset),
            run: |runtime, mut stream| {
                let error = runtime.block_on(read_all(&mut stream)).unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
            },
            bytes: [5, 0],
            end: Err("connection_reset"),
        },
        Row {
            name: "error on write after a part was written",
            script: |stream| stream.then_write(2).then_write_error(io::ErrorKind::BrokenPipe),
            run: |runtime, mut stream| {
                let error = runtime.block_on(stream.write_all(b"good morning")).unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
            },
            bytes: [0, 2],
            end: Err("broken_pipe"),
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
            end: Err("timeout"),
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
            end: Ok("dropped"),
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
            end: Ok("dropped"),
        },
        Row {
            name: "never used",
            script: |stream| stream,
            run: |_, stream| drop(stream),
            bytes: [0, 0],
            end: Ok("dropped"),
        },
        Row {
            name: "task dropped while it waits",
            script: ScriptedStream::then_read_pending,
            run: |_, mut stream| {
                let mut reading = Box::pin(async move { read_all(&mut stream).await });
                assert!(poll_once(reading.as_mut()).is_pending());
            },
            bytes: [5, 0],
            end: Ok("dropped"),
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
            end: Ok("dropped"),
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
            end: Err("panic"),
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
            end: Err("panic"),
        },
        Row {
            name: "a panic that follows from an error",
            script: |stream| stream.then_write_error(io::ErrorKind::BrokenPipe),
            run: |runtime, mut stream| {
                let task = runtime.spawn(async move { stream.write_all(b"bye").await.unwrap() });
                assert!(runtime.block_on(task).unwrap_err().is_panic());
            },
            bytes: [0, 0],
            end: Err("broken_pipe"),
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
            end: Ok("dropped"),
        },
    ];
    for Row { name, script, run, bytes, end } in rows {
        let metered = Metered::new();
        let stream = metered.layer.meter(script(ScriptedStream::new().then_read("hello")));
        assert_eq!(metered.active(), 1.0, "{name}");
        assert_eq!(metered.metrics.snapshot().count(DURATION, &[]), 0, "{name}");
        run(&runtime(), stream);
        metered.assert_closed(name, bytes, end.err());
        let reason = end.unwrap_or("error");
        let ended = metered.metrics.snapshot().count(DURATION, &[("transport.close.reason", reason)]);
        assert_eq!(ended, 1, "{name}: not {reason}");
    }
}

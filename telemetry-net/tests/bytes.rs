//! Bytes are counted as they move, and seen while the connection is open.
#![allow(clippy::expect_used, clippy::unwrap_used)] // Helpers of tests may fail them.

mod common;

use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use common::{Closing, Metered};
use telemetry_core::testing::{ScriptedStream, poll_once};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};

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

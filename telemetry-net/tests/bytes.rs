//! Bytes are counted as they move, and seen while the connection is open.
#![allow(clippy::expect_used, clippy::unwrap_used)] // Helpers of tests may fail them.

mod common;

use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use common::{Closing, Metered};
use telemetry_core::testing::{ScriptedStream, poll_once};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};

fn read<S: AsyncRead + Unpin>(stream: &mut S, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
    Pin::new(stream).poll_read(&mut Context::from_waker(Waker::noop()), buf)
}

fn write<S: AsyncWrite + Unpin>(stream: &mut S, bytes: &[u8]) -> Poll<io::Result<usize>> {
    poll_once(pin!(stream.write(bytes)))
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
fn nt_71_every_collection_sees_every_byte_of_an_open_connection() {
    let metered = Metered::new();
    let script = ScriptedStream::new().then_read("hello").then_read_pending().then_write(3);
    let mut stream = metered.layer.meter(script);
    let mut space = [0; 16];

    assert!(matches!(write(&mut stream, b"bye"), Poll::Ready(Ok(3))));
    assert_eq!(metered.bytes(), [0.0, 3.0]);
    assert!(matches!(read(&mut stream, &mut ReadBuf::new(&mut space)), Poll::Ready(Ok(()))));
    assert_eq!(metered.bytes(), [5.0, 3.0]);
    assert!(read(&mut stream, &mut ReadBuf::new(&mut space)).is_pending());
    assert_eq!(metered.bytes(), [5.0, 3.0]);
    assert!(matches!(write(&mut stream, b"again"), Poll::Ready(Ok(5))));
    assert_eq!(metered.bytes(), [5.0, 8.0]);
    assert_eq!(metered.active(), 1.0);
    drop(stream);
    metered.assert_closed("seen", [5, 8], None);
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
fn nt_71_many_connections_add_up_in_each_collection() {
    let metered = Metered::new();
    let mut open: Vec<_> = (0..100).map(|_| metered.layer.meter(Closing::default())).collect();
    let mut total = 0.0;
    for round in 1..=4 {
        // Every second one is quiet, and some go: from the start of the list, its end and its middle.
        for stream in open.iter_mut().step_by(2) {
            assert!(matches!(write(stream, &[0; 7]), Poll::Ready(Ok(7))));
            total += 7.0;
        }
        if round > 1 {
            drop([open.remove(0), open.swap_remove(40)]);
            open.pop();
        }
        assert_eq!(metered.bytes(), [0.0, total]);
        assert_eq!(metered.active(), open.len() as f64);
    }
    drop(open);
    assert_eq!(metered.bytes(), [0.0, total]);
    assert_eq!(metered.active(), 0.0);
}

/// A stream that takes back what was in the buffer before.
struct Shrinking;

impl AsyncRead for Shrinking {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        buf.clear();
        Poll::Ready(Ok(()))
    }
}

#[test]
fn nt_69_a_stream_that_takes_bytes_back_moves_none() {
    let metered = Metered::new();
    let mut below = metered.layer.meter(Shrinking);
    let mut plain = below.connection().meter_plain(Shrinking);
    for stream in [&mut below as &mut (dyn AsyncRead + Unpin), &mut plain] {
        let mut room = [0; 8];
        let mut buf = ReadBuf::new(&mut room);
        buf.put_slice(b"12345");
        assert!(Pin::new(stream).poll_read(&mut Context::from_waker(Waker::noop()), &mut buf).is_ready());
        assert_eq!(metered.bytes(), [0.0, 0.0]);
    }
}

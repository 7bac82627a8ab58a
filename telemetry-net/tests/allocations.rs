//! Reads and writes of an open connection allocate nothing.

mod common;

use std::pin::Pin;
use std::task::{Context, Waker};

use allocation_counter::measure;
use common::{Closing, Metered};
use telemetry_core::TlsInfo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

#[test]
fn nt_71_moving_bytes_allocates_nothing() {
    let metered = Metered::new();
    let mut stream = metered.layer.meter(Closing::default());
    let mut stream = Pin::new(&mut stream);
    let mut space = vec![0; 64 * 1024];
    let mut turn = || {
        let context = &mut Context::from_waker(Waker::noop());
        let mut buf = ReadBuf::new(&mut space);
        assert!(stream.as_mut().poll_read(context, &mut buf).is_ready());
        assert!(stream.as_mut().poll_write(context, b"some bytes").is_ready());
        assert!(stream.as_mut().poll_flush(context).is_ready()); // gives the counter both ways
        assert!(stream.as_mut().poll_write(context, &space).is_ready()); // as does so much at once
    };
    turn(); // The SDK makes the series.
    let allocations = measure(|| (0..100).for_each(|_| turn()));
    assert_eq!(allocations.count_total, 0, "{allocations:?}");
}

#[test]
fn nt_71_moving_plain_bytes_allocates_nothing() {
    let metered = Metered::new();
    let below = metered.layer.meter(Closing::default());
    below.connection().set_tls(TlsInfo::new());
    let mut stream = below.connection().meter_plain(Closing::default());
    let mut stream = Pin::new(&mut stream);
    let mut space = vec![0; 1024];
    let mut turn = || {
        let context = &mut Context::from_waker(Waker::noop());
        let mut buf = ReadBuf::new(&mut space);
        assert!(stream.as_mut().poll_read(context, &mut buf).is_ready());
        assert!(stream.as_mut().poll_write(context, b"some bytes").is_ready());
        assert!(stream.as_mut().poll_flush(context).is_ready());
    };
    turn();
    let allocations = measure(|| (0..100).for_each(|_| turn()));
    assert_eq!(allocations.count_total, 0, "{allocations:?}");
}

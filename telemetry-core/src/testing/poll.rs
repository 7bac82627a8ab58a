use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// Polls a future once, with a waker that does nothing.
///
/// For tests that stop a future at a chosen point and drop it there.
///
/// ```
/// use std::task::Poll;
/// use telemetry_core::testing::poll_once;
///
/// assert_eq!(poll_once(std::pin::pin!(async { 1 })), Poll::Ready(1));
/// assert!(poll_once(std::pin::pin!(std::future::pending::<()>())).is_pending());
/// ```
pub fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

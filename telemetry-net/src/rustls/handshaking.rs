//! A handshake that is waited for.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};

use super::Session;
use super::failure::handshake_error;
use crate::handshake::Handshake;
use crate::{ConnectionHandle, PlainStream};

/// Why there is no TLS, with the stream: the connection must not end before it knows.
pub(super) type Failure<IO> = (io::Error, Option<IO>);

pin_project! {
    /// Records how a handshake ends.
    pub(super) struct Handshaking<F> {
        // Dropped before the stream, whose end is the connection's.
        handshake: Option<Handshake>,
        connection: ConnectionHandle,
        timeout: Option<Duration>,
        #[pin]
        sleep: Option<Sleep>,
        #[pin]
        inner: Option<F>,
    }
}

impl<F> Handshaking<F> {
    pub(super) fn new(connection: ConnectionHandle, timeout: Option<Duration>, inner: F) -> Self {
        let handshake = Some(connection.start_handshake());
        Self { handshake, connection, timeout, sleep: None, inner: Some(inner) }
    }
}

impl<F, S, IO> Future for Handshaking<F>
where
    F: Future<Output = Result<S, Failure<IO>>>,
    S: Session,
{
    type Output = io::Result<PlainStream<S>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let (Some(inner), true) = (this.inner.as_mut().as_pin_mut(), this.handshake.is_some()) else {
            return Poll::Pending;
        };
        let result = match inner.poll(cx) {
            Poll::Ready(result) => result,
            Poll::Pending => {
                if let Some(timeout) = this.timeout.take() {
                    this.sleep.set(Some(sleep(timeout)));
                }
                match this.sleep.as_mut().as_pin_mut().map(|sleep| sleep.poll(cx)) {
                    Some(Poll::Ready(())) => Err((io::Error::new(io::ErrorKind::TimedOut, TOO_LONG), None)),
                    _ => return Poll::Pending,
                }
            }
        };
        let handshake = this.handshake.take();
        let result = match result {
            Ok(stream) => {
                if let Some(handshake) = handshake {
                    handshake.succeeded(stream.tls_info());
                }
                Ok(this.connection.meter_plain(stream))
            }
            Err((error, stream)) => {
                if let Some(handshake) = handshake {
                    handshake.failed(handshake_error(&error));
                }
                drop(stream);
                Err(error)
            }
        };
        // After a timeout it has the stream.
        this.inner.set(None);
        Poll::Ready(result)
    }
}

const TOO_LONG: &str = "the TLS handshake took too long";

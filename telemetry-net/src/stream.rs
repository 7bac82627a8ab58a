//! The stream that counts.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use telemetry_core::ConnectionInfo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::ConnectionHandle;
use crate::connection::Connection;
use crate::listener::Permit;

pin_project! {
    /// A stream whose connection is metered. Reads, writes, flush and shutdown go to the wrapped stream unchanged.
    ///
    /// [`NetworkMetricsLayer`](crate::NetworkMetricsLayer) makes it. The connection ends when this is dropped.
    ///
    /// It feeds hyper as the wrapped stream would:
    ///
    /// ```
    /// use hyper_util::rt::TokioIo;
    /// use telemetry_net::NetworkMetricsLayer;
    ///
    /// let (stream, _client) = tokio::io::duplex(1024);
    /// let stream = TokioIo::new(NetworkMetricsLayer::new().meter(stream));
    /// let mut http = hyper::server::conn::http1::Builder::new();
    /// let connection = http.serve_connection(stream, hyper::service::service_fn(async |_request| {
    ///     Ok::<_, std::io::Error>(hyper::Response::new(String::from("hello")))
    /// }));
    /// # let _ = connection;
    /// ```
    #[derive(Debug)]
    pub struct MeteredStream<IO> {
        // Dropped before the stream: a peer that sees the stream closed finds the connection recorded.
        connection: Connection,
        // So is the place at its listener: a peer that sees the stream closed may have it.
        permit: Option<Permit>,
        #[pin]
        inner: IO,
    }
}

impl<IO> MeteredStream<IO> {
    pub(crate) fn new(inner: IO, connection: Connection) -> Self {
        Self { connection, permit: None, inner }
    }

    /// Has the connection take a place of its listener's until it ends.
    pub(crate) fn with_permit(self, permit: Option<Permit>) -> Self {
        Self { permit, ..self }
    }

    /// The connection, for those who will not have the stream.
    #[must_use]
    pub fn connection(&self) -> &ConnectionHandle {
        self.connection.handle()
    }

    /// What is known of the connection by now. In the extensions of the connection's requests, `telemetry-http` finds it.
    #[must_use]
    pub fn connection_info(&self) -> ConnectionInfo {
        self.connection().info()
    }

    /// The wrapped stream, to look at it and to set its options. There is no mutable reference: what is moved past this
    /// wrapper would not be counted.
    #[must_use]
    pub fn get_ref(&self) -> &IO {
        &self.inner
    }

    /// Ends the connection for the metrics as a drop would, and gives the wrapped stream back. What happens on it
    /// from then on is not counted.
    #[must_use]
    pub fn into_inner(self) -> IO {
        let Self { connection, permit, inner } = self;
        drop((connection, permit));
        inner
    }
}

impl<IO: AsyncRead> AsyncRead for MeteredStream<IO> {
    #[inline]
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.project();
        let before = filled(buf);
        // Taken apart and put together again, and errors handed over and taken back: what else was tried had the result in
        // memory, at a multiple of the instructions.
        match this.inner.poll_read(cx, buf) {
            Poll::Ready(Ok(())) => {
                let after = filled(buf);
                // A stream may be so wrong that it takes back what was there.
                if after > before {
                    this.connection.received(after - before);
                } else {
                    this.connection.nothing_read(buf.remaining());
                }
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(this.connection.failed(error))),
            Poll::Pending => Poll::Pending,
        }
    }
}

/// How much of a buffer is filled. `filled().len()` checks bounds.
#[inline(always)]
pub(crate) fn filled(buf: &ReadBuf<'_>) -> usize {
    buf.capacity() - buf.remaining()
}

impl<IO: AsyncWrite> AsyncWrite for MeteredStream<IO> {
    #[inline]
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.project();
        let result = this.inner.poll_write(cx, buf);
        written(this.connection, result)
    }

    #[inline]
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.project();
        let result = this.inner.poll_write_vectored(cx, bufs);
        written(this.connection, result)
    }

    #[inline]
    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    #[inline]
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.project();
        match this.inner.poll_flush(cx) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(this.connection.failed(error))),
            result => result,
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.project();
        let result = this.inner.poll_shutdown(cx);
        match result {
            Poll::Ready(Ok(())) => this.connection.shut_down(),
            // Both ends were closed already: there was nothing left to do, and nothing went wrong.
            Poll::Ready(Err(error)) if error.kind() != io::ErrorKind::NotConnected => {
                return Poll::Ready(Err(this.connection.failed(error)));
            }
            _ => {}
        }
        result
    }
}

#[inline(always)]
fn written(connection: &Connection, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
    if let Poll::Ready(Ok(bytes)) = result {
        connection.transmitted(bytes);
    }
    // A `match` of both costs seven instructions more.
    if let Poll::Ready(Err(error)) = result {
        return Poll::Ready(Err(connection.failed(error)));
    }
    result
}

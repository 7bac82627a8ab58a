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
        Self::limited(inner, connection, None)
    }

    /// One that has a place among those that its listener may have open.
    pub(crate) fn limited(inner: IO, connection: Connection, permit: Option<Permit>) -> Self {
        Self { connection, permit, inner }
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
        let before = buf.filled().len();
        let result = this.inner.poll_read(cx, buf);
        let after = buf.filled().len();
        if after > before {
            this.connection.received(after - before);
        } else {
            nothing_read(this.connection, &result, buf.remaining());
        }
        result
    }
}

/// A read that gave no bytes: there are none yet, there will be none, there was no room for any, or something failed.
#[cold]
fn nothing_read(connection: &Connection, result: &Poll<io::Result<()>>, room: usize) {
    match result {
        // The end of the stream is not that of the connection: the other direction may go on.
        Poll::Ready(Ok(())) if room > 0 => connection.peer_ended(),
        Poll::Ready(Ok(())) | Poll::Pending => {}
        Poll::Ready(Err(error)) => connection.failed(error),
    }
}

impl<IO: AsyncWrite> AsyncWrite for MeteredStream<IO> {
    #[inline]
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.project();
        let result = this.inner.poll_write(cx, buf);
        written(this.connection, &result);
        result
    }

    #[inline]
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.project();
        let result = this.inner.poll_write_vectored(cx, bufs);
        written(this.connection, &result);
        result
    }

    #[inline]
    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    #[inline]
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.project();
        let result = this.inner.poll_flush(cx);
        if let Poll::Ready(Err(error)) = &result {
            this.connection.failed(error);
        }
        result
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.project();
        let result = this.inner.poll_shutdown(cx);
        match &result {
            Poll::Ready(Ok(())) => this.connection.shut_down(),
            // Both ends were closed already: there was nothing left to do, and nothing went wrong.
            Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::NotConnected => {}
            Poll::Ready(Err(error)) => this.connection.failed(error),
            Poll::Pending => {}
        }
        result
    }
}

#[inline(always)]
fn written(connection: &Connection, result: &Poll<io::Result<usize>>) {
    match result {
        Poll::Ready(Ok(bytes)) => connection.transmitted(*bytes),
        Poll::Ready(Err(error)) => connection.failed(error),
        Poll::Pending => {}
    }
}

//! The stream that counts.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use telemetry_core::ConnectionInfo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::record::{Connection, Direction};

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
        #[pin]
        inner: IO,
    }
}

impl<IO> MeteredStream<IO> {
    pub(crate) fn new(inner: IO, connection: Connection) -> Self {
        Self { connection, inner }
    }

    /// What is known of the connection. Put a clone into the extensions of the connection's requests, and
    /// `telemetry-http` finds it there.
    #[must_use]
    pub fn connection_info(&self) -> &ConnectionInfo {
        self.connection.info()
    }

    /// The wrapped stream.
    #[must_use]
    pub fn get_ref(&self) -> &IO {
        &self.inner
    }

    /// The wrapped stream. What is read and written here is not counted.
    #[must_use]
    pub fn get_mut(&mut self) -> &mut IO {
        &mut self.inner
    }

    /// Ends the connection for the metrics as a drop would, and gives the wrapped stream back. What happens on it
    /// from then on is not counted.
    #[must_use]
    pub fn into_inner(self) -> IO {
        self.inner
    }
}

impl<IO: AsyncRead> AsyncRead for MeteredStream<IO> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.project();
        let before = buf.filled().len();
        let result = this.inner.poll_read(cx, buf);
        let progress = match &result {
            Poll::Ready(Ok(())) => Poll::Ready(Ok(buf.filled().len().saturating_sub(before))),
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => Poll::Pending,
        };
        this.connection.moved(Direction::Receive, progress);
        result
    }
}

impl<IO: AsyncWrite> AsyncWrite for MeteredStream<IO> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.project();
        let result = this.inner.poll_write(cx, buf);
        this.connection.moved(Direction::Transmit, written(&result));
        result
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.project();
        let result = this.inner.poll_write_vectored(cx, bufs);
        this.connection.moved(Direction::Transmit, written(&result));
        result
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.project();
        let result = this.inner.poll_flush(cx);
        if let Poll::Ready(Err(error)) = &result {
            this.connection.failed(error);
        }
        this.connection.settle();
        result
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.project();
        let result = this.inner.poll_shutdown(cx);
        match &result {
            // Both ends were closed already: there was nothing left to do, and nothing went wrong.
            Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::NotConnected => {}
            Poll::Ready(Err(error)) => this.connection.failed(error),
            Poll::Ready(Ok(())) | Poll::Pending => {}
        }
        this.connection.settle();
        result
    }
}

fn written(result: &Poll<io::Result<usize>>) -> Poll<Result<usize, &io::Error>> {
    match result {
        Poll::Ready(written) => Poll::Ready(written.as_ref().copied()),
        Poll::Pending => Poll::Pending,
    }
}

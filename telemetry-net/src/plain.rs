//! The stream that counts what is inside of TLS.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use telemetry_core::ConnectionInfo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::ConnectionHandle;
use crate::stream::filled;

pin_project! {
    /// A TLS stream whose plain bytes are counted. Reads, writes, flush and shutdown go to the wrapped stream unchanged.
    ///
    /// It stands above TLS, and a [`MeteredStream`](crate::MeteredStream) below. What is read and written here is added to
    /// `transport.server.tls.io` or `transport.client.tls.io`; the bytes on the wire, with handshakes and records around
    /// them, stay in `transport.server.io` or `transport.client.io`. So no metric counts a byte twice.
    ///
    /// [`ConnectionHandle::meter_plain`] makes it. The connection does not end with it, but with the metered stream below,
    /// which the TLS stream owns.
    #[derive(Debug)]
    pub struct PlainStream<S> {
        connection: ConnectionHandle,
        #[pin]
        inner: S,
    }
}

impl ConnectionHandle {
    /// Counts the plain bytes of a TLS stream that was built upon this connection, whatever library made it.
    ///
    /// Bytes are counted once the connection is known to have TLS: see [`start_handshake`](Self::start_handshake) and
    /// [`set_tls`](Self::set_tls).
    ///
    /// What TLS itself meets becomes the connection's error, if it is the first: a record that does not decrypt, an alert
    /// of the peer. So does a peer that is gone without the `close_notify` that TLS asks for, if the library says so. That
    /// is `unexpected_eof`: the end may have been cut off by somebody in between, and nobody can tell.
    ///
    /// ```
    /// use telemetry_core::TlsInfo;
    /// use telemetry_net::NetworkMetricsLayer;
    /// use tokio::io::AsyncWriteExt;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (stream, _client) = tokio::io::duplex(1024);
    /// let stream = NetworkMetricsLayer::new().meter(stream);
    /// let connection = stream.connection().clone();
    ///
    /// let handshake = connection.start_handshake();
    /// let tls = stream; // stands for the TLS stream that some library has made of it
    /// handshake.succeeded(TlsInfo::new().with_version("1.3"));
    ///
    /// let mut stream = connection.meter_plain(tls);
    /// stream.write_all(b"hello").await?;
    /// assert_eq!(stream.connection_info().tls().and_then(TlsInfo::version), Some("1.3"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn meter_plain<S>(&self, stream: S) -> PlainStream<S> {
        PlainStream { connection: self.clone(), inner: stream }
    }
}

impl<S> PlainStream<S> {
    /// The connection below.
    #[must_use]
    pub fn connection(&self) -> &ConnectionHandle {
        &self.connection
    }

    /// What is known of the connection by now, TLS included. In the extensions of the connection's requests,
    /// `telemetry-http` finds it.
    #[must_use]
    pub fn connection_info(&self) -> ConnectionInfo {
        self.connection.info()
    }

    /// The TLS stream, to look at its session: the peer's certificates, for example.
    #[must_use]
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// Gives the TLS stream back. Its plain bytes are not counted from then on; the connection goes on, with the bytes on
    /// the wire.
    #[must_use]
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S: AsyncRead> AsyncRead for PlainStream<S> {
    #[inline]
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.project();
        let before = filled(buf);
        let result = this.inner.poll_read(cx, buf);
        let bytes = filled(buf).saturating_sub(before);
        match &result {
            Poll::Ready(Ok(())) if bytes > 0 => this.connection.plain_received(bytes),
            // The peer has said goodbye. On the wire, its end may come after ours.
            Poll::Ready(Ok(())) if buf.remaining() > 0 => this.connection.peer_ended(),
            Poll::Ready(Err(error)) => this.connection.failed(error),
            Poll::Ready(Ok(())) | Poll::Pending => {}
        }
        result
    }
}

impl<S: AsyncWrite> AsyncWrite for PlainStream<S> {
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
            // As on the wire, which also notes who was the first to end.
            Poll::Ready(Err(error)) if error.kind() != io::ErrorKind::NotConnected => this.connection.failed(error),
            _ => {}
        }
        result
    }
}

#[inline]
fn written(connection: &ConnectionHandle, result: &Poll<io::Result<usize>>) {
    match result {
        Poll::Ready(Ok(bytes)) => connection.plain_transmitted(*bytes),
        Poll::Ready(Err(error)) => connection.failed(error),
        Poll::Pending => {}
    }
}

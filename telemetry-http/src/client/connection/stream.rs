use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use pin_project_lite::pin_project;

use super::handle::ConnectionHandle;
use super::record::{OpenConnection, Recorder};

pin_project! {
    /// A client's connection that is metered. Reads, writes, flush and shutdown go to the wrapped stream unchanged.
    ///
    /// [`ClientConnectionLayer`](crate::ClientConnectionLayer) makes it. The connection ends when this is dropped. Who
    /// downcasts hyper's `Upgraded` finds this type there, with the stream inside.
    #[derive(Debug)]
    pub struct MeteredConnection<T> {
        // Dropped before the stream: a peer that sees the stream closed finds the connection recorded.
        connection: OpenConnection,
        #[pin]
        inner: T,
    }
}

impl<T> MeteredConnection<T> {
    pub(super) fn new(inner: T, uri: &Uri, recorder: &Arc<Recorder>) -> Self
    where
        T: Connection,
    {
        let connection = OpenConnection::new(Arc::clone(recorder), uri, &inner.connected());
        Self { connection, inner }
    }

    /// The handle that hyper-util's client puts into the extensions of each response, for those who drive the
    /// connection without it.
    #[must_use]
    pub fn handle(&self) -> ConnectionHandle {
        ConnectionHandle(Arc::clone(self.connection.shared()))
    }

    /// The wrapped stream.
    #[must_use]
    pub fn get_ref(&self) -> &T {
        &self.inner
    }

    /// The wrapped stream. What is written here does not make the connection active.
    #[must_use]
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.inner
    }

    /// Ends the connection for the metrics as a drop would, and gives the wrapped stream back.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.inner
    }
}

impl<T: Connection> Connection for MeteredConnection<T> {
    fn connected(&self) -> Connected {
        self.inner.connected().extra(self.handle())
    }
}

impl<T: Read> Read for MeteredConnection<T> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_read(cx, buf)
    }
}

// The state changes before the bytes go: a server that has a request finds the connection active.
impl<T: Write> Write for MeteredConnection<T> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.project();
        this.connection.write(buf);
        this.inner.poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.project();
        let first = bufs.iter().find(|buf| !buf.is_empty());
        this.connection.write(first.map_or(&[], |buf| buf));
        this.inner.poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_shutdown(cx)
    }
}

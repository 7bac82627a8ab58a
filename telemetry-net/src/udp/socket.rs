//! The socket that counts.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::BufMut;
use tokio::io::{Interest, ReadBuf, Ready};
use tokio::net::{ToSocketAddrs, UdpSocket};

use super::record::{Datagrams, Direction, Place, Recorder};

/// A UDP socket whose datagrams are counted. [`UdpMetrics`](super::UdpMetrics) makes it, and says what counts.
///
/// The methods are those of Tokio's [`UdpSocket`], which they call; see there for all that they do, their errors and what
/// they do when their future is dropped. As with that one, several tasks may use one socket at once. Options such as
/// broadcast and multicast are set on [`get_ref`](Self::get_ref).
#[derive(Debug)]
pub struct MeteredUdpSocket {
    inner: UdpSocket,
    recorder: Arc<Recorder>,
    place: Place,
}

impl MeteredUdpSocket {
    pub(super) fn new(inner: UdpSocket, recorder: Arc<Recorder>, place: Place) -> Self {
        Self { inner, recorder, place }
    }

    /// The wrapped socket. What is sent and received on it directly is not counted.
    #[must_use]
    pub fn get_ref(&self) -> &UdpSocket {
        &self.inner
    }

    /// The wrapped socket, which is not counted any more.
    #[must_use]
    pub fn into_inner(self) -> UdpSocket {
        self.inner
    }

    /// See [`UdpSocket::local_addr`].
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }

    /// See [`UdpSocket::peer_addr`].
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.inner.peer_addr()
    }

    /// See [`UdpSocket::connect`]. Its errors are not counted: nothing is sent.
    pub async fn connect(&self, address: impl ToSocketAddrs) -> io::Result<()> {
        self.inner.connect(address).await
    }

    /// See [`UdpSocket::ready`].
    pub async fn ready(&self, interest: Interest) -> io::Result<Ready> {
        self.inner.ready(interest).await
    }

    /// See [`UdpSocket::readable`].
    pub async fn readable(&self) -> io::Result<()> {
        self.inner.readable().await
    }

    /// See [`UdpSocket::writable`].
    pub async fn writable(&self) -> io::Result<()> {
        self.inner.writable().await
    }

    /// See [`UdpSocket::poll_recv_ready`].
    pub fn poll_recv_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner.poll_recv_ready(cx)
    }

    /// See [`UdpSocket::poll_send_ready`].
    pub fn poll_send_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner.poll_send_ready(cx)
    }

    /// See [`UdpSocket::send`].
    pub async fn send(&self, buf: &[u8]) -> io::Result<usize> {
        self.sent(self.inner.send(buf).await)
    }

    /// See [`UdpSocket::send_to`].
    pub async fn send_to(&self, buf: &[u8], target: impl ToSocketAddrs) -> io::Result<usize> {
        self.sent(self.inner.send_to(buf, target).await)
    }

    /// See [`UdpSocket::try_send`].
    pub fn try_send(&self, buf: &[u8]) -> io::Result<usize> {
        self.sent(self.inner.try_send(buf))
    }

    /// See [`UdpSocket::try_send_to`].
    pub fn try_send_to(&self, buf: &[u8], target: SocketAddr) -> io::Result<usize> {
        self.sent(self.inner.try_send_to(buf, target))
    }

    /// See [`UdpSocket::poll_send`].
    pub fn poll_send(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.inner.poll_send(cx, buf).map(|result| self.sent(result))
    }

    /// See [`UdpSocket::poll_send_to`].
    pub fn poll_send_to(&self, cx: &mut Context<'_>, buf: &[u8], target: SocketAddr) -> Poll<io::Result<usize>> {
        self.inner.poll_send_to(cx, buf, target).map(|result| self.sent(result))
    }

    /// See [`UdpSocket::recv`].
    pub async fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.received(self.inner.recv(buf).await)
    }

    /// See [`UdpSocket::recv_from`].
    pub async fn recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.received_from(self.inner.recv_from(buf).await)
    }

    /// See [`UdpSocket::recv_buf`].
    pub async fn recv_buf(&self, buf: &mut impl BufMut) -> io::Result<usize> {
        self.received(self.inner.recv_buf(buf).await)
    }

    /// See [`UdpSocket::recv_buf_from`].
    pub async fn recv_buf_from(&self, buf: &mut impl BufMut) -> io::Result<(usize, SocketAddr)> {
        self.received_from(self.inner.recv_buf_from(buf).await)
    }

    /// See [`UdpSocket::try_recv`].
    pub fn try_recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.received(self.inner.try_recv(buf))
    }

    /// See [`UdpSocket::try_recv_from`].
    pub fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.received_from(self.inner.try_recv_from(buf))
    }

    /// See [`UdpSocket::try_recv_buf`].
    pub fn try_recv_buf(&self, buf: &mut impl BufMut) -> io::Result<usize> {
        self.received(self.inner.try_recv_buf(buf))
    }

    /// See [`UdpSocket::try_recv_buf_from`].
    pub fn try_recv_buf_from(&self, buf: &mut impl BufMut) -> io::Result<(usize, SocketAddr)> {
        self.received_from(self.inner.try_recv_buf_from(buf))
    }

    /// See [`UdpSocket::poll_recv`].
    pub fn poll_recv(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.filled(buf, |buf| self.inner.poll_recv(cx, buf))
    }

    /// See [`UdpSocket::poll_recv_from`].
    pub fn poll_recv_from(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<SocketAddr>> {
        self.filled(buf, |buf| self.inner.poll_recv_from(cx, buf))
    }

    /// See [`UdpSocket::peek`].
    pub async fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.peeked(self.inner.peek(buf).await)
    }

    /// See [`UdpSocket::peek_from`].
    pub async fn peek_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.peeked(self.inner.peek_from(buf).await)
    }

    /// See [`UdpSocket::peek_sender`].
    pub async fn peek_sender(&self) -> io::Result<SocketAddr> {
        self.peeked(self.inner.peek_sender().await)
    }

    /// See [`UdpSocket::try_peek`].
    pub fn try_peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.peeked(self.inner.try_peek(buf))
    }

    /// See [`UdpSocket::try_peek_from`].
    pub fn try_peek_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.peeked(self.inner.try_peek_from(buf))
    }

    /// See [`UdpSocket::try_peek_sender`].
    pub fn try_peek_sender(&self) -> io::Result<SocketAddr> {
        self.peeked(self.inner.try_peek_sender())
    }

    /// See [`UdpSocket::poll_peek`].
    pub fn poll_peek(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.inner.poll_peek(cx, buf).map(|result| self.peeked(result))
    }

    /// See [`UdpSocket::poll_peek_from`].
    pub fn poll_peek_from(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<SocketAddr>> {
        self.inner.poll_peek_from(cx, buf).map(|result| self.peeked(result))
    }

    /// See [`UdpSocket::poll_peek_sender`].
    pub fn poll_peek_sender(&self, cx: &mut Context<'_>) -> Poll<io::Result<SocketAddr>> {
        self.inner.poll_peek_sender(cx).map(|result| self.peeked(result))
    }

    fn sent(&self, result: io::Result<usize>) -> io::Result<usize> {
        self.count(Direction::Transmit, result.as_ref().copied());
        result
    }

    fn received(&self, result: io::Result<usize>) -> io::Result<usize> {
        self.count(Direction::Receive, result.as_ref().copied());
        result
    }

    fn received_from(&self, result: io::Result<(usize, SocketAddr)>) -> io::Result<(usize, SocketAddr)> {
        self.count(Direction::Receive, result.as_ref().map(|(bytes, _)| *bytes));
        result
    }

    fn filled<T>(
        &self,
        buf: &mut ReadBuf<'_>,
        poll: impl FnOnce(&mut ReadBuf<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let before = buf.filled().len();
        let result = poll(buf);
        if let Poll::Ready(result) = &result {
            let bytes = buf.filled().len().saturating_sub(before);
            self.count(Direction::Receive, result.as_ref().map(|_| bytes));
        }
        result
    }

    /// The datagram stays where it is, but the system tells an error only once.
    fn peeked<T>(&self, result: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &result {
            self.count(Direction::Receive, Err(error));
        }
        result
    }

    fn count(&self, direction: Direction, bytes: Result<usize, &io::Error>) {
        Datagrams::moved(self.recorder.local(), self.place, direction, bytes);
    }
}

//! The listeners of tokio.

use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};

use telemetry_core::{Address, Transport};
use tokio::net::{TcpListener, TcpStream};
#[cfg(unix)]
use tokio::net::{UnixListener, UnixStream, unix};

use super::Listener;

impl Listener for TcpListener {
    type Io = TcpStream;
    type Address = SocketAddr;

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        Self::poll_accept(self, cx)
    }

    fn local_address(&self) -> io::Result<SocketAddr> {
        self.local_addr()
    }

    fn known_address(address: &SocketAddr) -> Option<Address> {
        Some(Address::from(*address))
    }

    // A connection that has already gone may have none any more. It is counted all the same.
    fn stream_address(stream: &TcpStream) -> Option<Address> {
        stream.local_addr().ok().map(Address::from)
    }

    fn transport(&self) -> Option<Transport> {
        Some(Transport::Tcp)
    }
}

#[cfg(unix)]
impl Listener for UnixListener {
    type Io = UnixStream;
    type Address = unix::SocketAddr;

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(UnixStream, unix::SocketAddr)>> {
        Self::poll_accept(self, cx)
    }

    fn local_address(&self) -> io::Result<unix::SocketAddr> {
        self.local_addr()
    }

    fn known_address(address: &unix::SocketAddr) -> Option<Address> {
        address.as_pathname().map(Address::from)
    }

    fn transport(&self) -> Option<Transport> {
        Some(Transport::Unix)
    }
}

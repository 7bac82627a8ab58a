//! The listeners of a server.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::task::{Context, Poll};

use tokio::net::{TcpListener, TcpStream};

/// How many ports of the system's choice are tried until one is free on all addresses.
const ATTEMPTS: usize = 16;

/// One listener for each address, all with the same port.
#[derive(Debug)]
pub(super) struct Listeners {
    local_addr: SocketAddr,
    // The one that is asked first stands in front.
    listeners: VecDeque<TcpListener>,
}

impl Listeners {
    /// Listens on all addresses that the machine has, if that is one at least.
    pub(super) async fn bind(addresses: &[SocketAddr]) -> io::Result<Self> {
        let is_port_free = addresses.iter().all(|address| address.port() == 0);
        for _ in 1..ATTEMPTS {
            match Self::bind_once(addresses).await {
                // The port that the system chose for the first address is in use on another one.
                Err(error) if is_port_free && error.kind() == ErrorKind::AddrInUse => {}
                outcome => return outcome,
            }
        }
        Self::bind_once(addresses).await
    }

    async fn bind_once(addresses: &[SocketAddr]) -> io::Result<Self> {
        let mut local_addr: Option<SocketAddr> = None;
        let mut listeners = VecDeque::new();
        let mut failure = None;
        for &(mut address) in addresses {
            if let Some(first) = local_addr {
                address.set_port(first.port());
            }
            let error = match TcpListener::bind(address).await {
                Ok(listener) => {
                    local_addr = local_addr.or(Some(listener.local_addr()?));
                    listeners.push_back(listener);
                    continue;
                }
                Err(error) => io::Error::new(error.kind(), format!("cannot listen on {address}: {error}")),
            };
            // Some clients would reach whoever has the port, and not this server.
            if error.kind() == ErrorKind::AddrInUse {
                return Err(error);
            }
            tracing::debug!("an address of the metrics is left out: {error}");
            failure = failure.or(Some(error));
        }
        match (local_addr, failure) {
            (Some(local_addr), _) => Ok(Self { local_addr, listeners }),
            (None, Some(error)) => Err(error),
            (None, None) => Err(io::Error::new(ErrorKind::AddrNotAvailable, "the host has no address to listen on")),
        }
    }

    pub(super) fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// The next connection. No listener can keep the others waiting: after its turn it is the last.
    pub(super) fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<TcpStream>> {
        let accepted = self.listeners.iter().enumerate().find_map(|(index, listener)| {
            let Poll::Ready(outcome) = listener.poll_accept(cx) else {
                return None;
            };
            Some((index, outcome))
        });
        let Some((index, outcome)) = accepted else {
            return Poll::Pending;
        };
        self.listeners.rotate_left(index + 1);
        Poll::Ready(outcome.map(|(stream, _)| stream))
    }
}

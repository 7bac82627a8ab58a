//! What a stream's type tells of its connection.

use std::any::Any;

use telemetry_core::{ConnectionInfo, Transport};
use tokio::io::DuplexStream;
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;

/// Asks the stream if its type is known. Otherwise the connection has the given transport and no addresses.
pub(crate) fn connection_info<IO: 'static>(stream: &IO, otherwise: Transport) -> ConnectionInfo {
    of_type(stream).unwrap_or_else(|| ConnectionInfo::new(otherwise))
}

fn of_type(stream: &dyn Any) -> Option<ConnectionInfo> {
    if let Some(stream) = stream.downcast_ref::<TcpStream>() {
        return Some(tcp(stream));
    }
    #[cfg(unix)]
    if let Some(stream) = stream.downcast_ref::<UnixStream>() {
        return Some(unix(stream));
    }
    if stream.is::<DuplexStream>() {
        return Some(ConnectionInfo::new(Transport::Pipe));
    }
    #[cfg(feature = "rustls")]
    if let Some(info) = crate::rustls::connection_info(stream) {
        return Some(info);
    }
    None
}

// A peer that has already gone has no address any more. The connection is counted all the same.
pub(crate) fn tcp(stream: &TcpStream) -> ConnectionInfo {
    let mut info = ConnectionInfo::new(Transport::Tcp);
    if let Ok(peer) = stream.peer_addr() {
        info = info.with_peer(peer);
    }
    if let Ok(local) = stream.local_addr() {
        info = info.with_local(local);
    }
    info
}

#[cfg(unix)]
pub(crate) fn unix(stream: &UnixStream) -> ConnectionInfo {
    let mut info = ConnectionInfo::new(Transport::Unix);
    if let Some(peer) = stream.peer_addr().ok().as_ref().and_then(|peer| peer.as_pathname()) {
        info = info.with_peer(peer);
    }
    if let Some(local) = stream.local_addr().ok().as_ref().and_then(|local| local.as_pathname()) {
        info = info.with_local(local);
    }
    info
}

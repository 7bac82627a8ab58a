//! What a request may know about the connection that carries it.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Peer, local address, transport and TLS of one connection.
///
/// `telemetry-net` fills it when a connection is accepted. Whoever hands requests of that connection to a service
/// puts it into the request's extensions; `telemetry-http` looks for it there. It is cheap to clone.
///
/// ```
/// use telemetry_core::{ConnectionInfo, TlsInfo, Transport};
///
/// let info = ConnectionInfo::new(Transport::Tcp)
///     .with_peer("192.0.2.7:50712".parse::<std::net::SocketAddr>().unwrap())
///     .with_tls(TlsInfo::new().with_version("1.3"));
/// assert_eq!(info.network_type(), Some("ipv4"));
/// assert_eq!(info.transport().as_str(), "tcp");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionInfo {
    transport: Transport,
    peer: Option<Address>,
    local: Option<Address>,
    /// Apart, since it is large, and most connections in a service have none.
    tls: Option<Arc<TlsInfo>>,
}

/// Whether there has ever been a [`ConnectionInfo`].
static EXISTED: AtomicBool = AtomicBool::new(false);

impl ConnectionInfo {
    /// Whether this process has ever made one. Who looks for one in each request need not look where nobody makes any.
    #[inline]
    #[must_use]
    pub fn has_existed() -> bool {
        // Whoever passes one on to another thread passes this on as well.
        EXISTED.load(Ordering::Relaxed)
    }

    /// A connection of which only the transport is known.
    #[must_use]
    pub fn new(transport: Transport) -> Self {
        // Only read from the second time on: a write would pass the cache line from core to core.
        if !EXISTED.load(Ordering::Relaxed) {
            EXISTED.store(true, Ordering::Relaxed);
        }
        Self { transport, peer: None, local: None, tls: None }
    }

    /// Sets the other end's address.
    #[must_use]
    pub fn with_peer(mut self, peer: impl Into<Address>) -> Self {
        self.peer = Some(peer.into());
        self
    }

    /// Sets this end's address.
    #[must_use]
    pub fn with_local(mut self, local: impl Into<Address>) -> Self {
        self.local = Some(local.into());
        self
    }

    /// Says that the connection is encrypted.
    #[must_use]
    pub fn with_tls(mut self, tls: impl Into<Arc<TlsInfo>>) -> Self {
        self.tls = Some(tls.into());
        self
    }

    /// The transport: `network.transport`.
    #[must_use]
    pub fn transport(&self) -> Transport {
        self.transport
    }

    /// The other end of the socket; never what a forwarding header claims. Absent when the peer has no name, as most
    /// clients of a Unix socket have none.
    #[must_use]
    pub fn peer(&self) -> Option<&Address> {
        self.peer.as_ref()
    }

    /// This end of the socket.
    #[must_use]
    pub fn local(&self) -> Option<&Address> {
        self.local.as_ref()
    }

    /// What is known of TLS; absent when the connection is plain.
    #[must_use]
    pub fn tls(&self) -> Option<&TlsInfo> {
        self.tls.as_deref()
    }

    /// What it consists of, for somebody who keeps it in another form.
    #[inline]
    #[must_use]
    pub fn into_parts(self) -> ConnectionParts {
        let Self { transport, peer, local, tls } = self;
        ConnectionParts { transport, peer, local, tls }
    }

    /// `ipv4` or `ipv6`, from the peer or else from the local address: `network.type`. Absent without an IP address.
    /// An IPv4 address written as IPv6 counts as `ipv4`.
    #[must_use]
    pub fn network_type(&self) -> Option<&'static str> {
        [&self.peer, &self.local].into_iter().flatten().find_map(Address::network_type)
    }
}

/// The parts of a [`ConnectionInfo`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectionParts {
    /// See [`ConnectionInfo::transport`].
    pub transport: Transport,
    /// See [`ConnectionInfo::peer`].
    pub peer: Option<Address>,
    /// See [`ConnectionInfo::local`].
    pub local: Option<Address>,
    /// See [`ConnectionInfo::tls`].
    pub tls: Option<Arc<TlsInfo>>,
}

/// How a connection is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// A Unix domain socket.
    Unix,
    /// A pipe, named or not, and what works like one: an in-memory stream.
    Pipe,
    /// QUIC.
    Quic,
}

impl Transport {
    /// The value of `network.transport`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Unix => "unix",
            Self::Pipe => "pipe",
            Self::Quic => "quic",
        }
    }
}

/// One end of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Address {
    /// An IP address and a port.
    Socket(SocketAddr),
    /// The path of a Unix socket or of a named pipe.
    Path(Arc<Path>),
}

impl Address {
    /// The IP address, with one that maps IPv4 into IPv6 turned back.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Socket(address) => Some(address.ip().to_canonical()),
            Self::Path(_) => None,
        }
    }

    fn network_type(&self) -> Option<&'static str> {
        self.ip().map(|ip| if ip.is_ipv4() { "ipv4" } else { "ipv6" })
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Self::Socket(address)
    }
}

impl From<&Path> for Address {
    fn from(path: &Path) -> Self {
        Self::Path(path.into())
    }
}

/// What is known of a connection's TLS session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsInfo {
    version: Option<Cow<'static, str>>,
    alpn: Option<Cow<'static, str>>,
    resumed: Option<bool>,
}

impl TlsInfo {
    /// An encrypted connection of which nothing else is known.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the protocol's version, `1.2` or `1.3`.
    #[must_use]
    pub fn with_version(mut self, version: impl Into<Cow<'static, str>>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// Sets the application protocol that was agreed on, such as `h2`.
    #[must_use]
    pub fn with_alpn(mut self, alpn: impl Into<Cow<'static, str>>) -> Self {
        self.alpn = Some(alpn.into());
        self
    }

    /// Sets whether an earlier session was resumed.
    #[must_use]
    pub fn with_resumed(mut self, resumed: bool) -> Self {
        self.resumed = Some(resumed);
        self
    }

    /// The protocol's version: `tls.protocol.version`.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// The application protocol that was agreed on: `tls.next_protocol`.
    #[must_use]
    pub fn alpn(&self) -> Option<&str> {
        self.alpn.as_deref()
    }

    /// Whether an earlier session was resumed: `tls.resumed`.
    #[must_use]
    pub fn resumed(&self) -> Option<bool> {
        self.resumed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(peer: &str) -> ConnectionInfo {
        ConnectionInfo::new(Transport::Tcp).with_peer(peer.parse::<SocketAddr>().unwrap())
    }

    #[test]
    fn nt_02_network_type_sees_through_mapped_addresses() {
        assert_eq!(tcp("192.0.2.7:1").network_type(), Some("ipv4"));
        assert_eq!(tcp("[2001:db8::1]:1").network_type(), Some("ipv6"));
        let mapped = tcp("[::ffff:192.0.2.7]:1");
        assert_eq!(mapped.network_type(), Some("ipv4"));
        assert_eq!(mapped.peer().unwrap().ip().unwrap().to_string(), "192.0.2.7");
    }

    #[test]
    fn network_type_falls_back_to_the_local_address() {
        let info = ConnectionInfo::new(Transport::Tcp).with_local("[::1]:80".parse::<SocketAddr>().unwrap());
        assert_eq!(info.network_type(), Some("ipv6"));
    }

    #[test]
    fn nt_74_unix_sockets_have_no_network_type() {
        let info = ConnectionInfo::new(Transport::Unix).with_local(Path::new("/run/shop.sock"));
        assert_eq!(info.network_type(), None);
        assert_eq!(info.peer(), None);
    }

    #[test]
    fn nt_01_transports_have_the_conventions_names() {
        let all = [Transport::Tcp, Transport::Udp, Transport::Unix, Transport::Pipe, Transport::Quic];
        assert_eq!(all.map(Transport::as_str), ["tcp", "udp", "unix", "pipe", "quic"]);
    }

    #[test]
    fn gives_back_what_it_was_given() {
        let local: SocketAddr = "127.0.0.1:80".parse().unwrap();
        let tls = TlsInfo::new().with_version("1.3").with_alpn("h2").with_resumed(true);
        let info = tcp("127.0.0.1:5").with_local(local).with_tls(tls);
        assert_eq!(info.local(), Some(&Address::Socket(local)));
        let tls = info.tls().unwrap();
        assert_eq!((tls.version(), tls.alpn(), tls.resumed()), (Some("1.3"), Some("h2"), Some(true)));
        assert_eq!(tls.clone().with_resumed(false).resumed(), Some(false));

        let plain = ConnectionInfo::new(Transport::Tcp);
        assert_eq!((plain.local(), plain.tls()), (None, None));
        let unknown = TlsInfo::new();
        assert_eq!((unknown.version(), unknown.alpn(), unknown.resumed()), (None, None, None));
    }
}

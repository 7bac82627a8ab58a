//! Metrics for sockets of datagrams.

use std::io;
use std::sync::{Arc, OnceLock};

use telemetry_core::opentelemetry::metrics::Meter;
use telemetry_core::{AttributesFactory, ConnectionInfo, MeterOptions, Transport};
use tokio::net::{ToSocketAddrs, UdpSocket};

mod record;
mod socket;

use record::Recorder;
pub use socket::MeteredUdpSocket;

/// Meters UDP sockets. Datagrams have no connection, so the sockets' traffic is counted and nothing else.
///
/// Clones share their instruments and are cheap. The instruments are made when a socket is first metered.
///
/// ```
/// use telemetry_core::testing::InMemoryMetrics;
/// use telemetry_net::UdpMetrics;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let metrics = InMemoryMetrics::new(); // A service uses `UdpMetrics::new()` and the global provider.
/// let udp = UdpMetrics::with_meter(metrics.meter("example"));
/// let server = udp.bind("127.0.0.1:0").await?;
/// let client = tokio::net::UdpSocket::bind("127.0.0.1:0").await?;
///
/// client.send_to(b"hello", server.local_addr()?).await?;
/// let mut buf = [0; 1500];
/// let (len, from) = server.recv_from(&mut buf).await?;
/// server.send_to(&buf[..len], from).await?;
///
/// let snapshot = metrics.snapshot();
/// let received = [("network.io.direction", "receive"), ("network.transport", "udp"), ("network.type", "ipv4")];
/// assert_eq!(snapshot.sum("transport.udp.datagrams", &received), 1.0);
/// assert_eq!(snapshot.sum("transport.udp.io", &received), 5.0);
/// # Ok(())
/// # }
/// ```
///
/// # Metrics
///
/// | metric | instrument, unit | attributes |
/// |---|---|---|
/// | `transport.udp.datagrams` | counter, `{datagram}` | `network.transport`, `network.type`, `network.io.direction` |
/// | `transport.udp.io` | counter, `By` | the same |
/// | `transport.udp.errors` | counter, `{error}` | the same, `error.type` |
///
/// The names are our own, since the OpenTelemetry conventions have none for an application's datagrams. The attributes
/// are the conventions':
///
/// - `network.transport` is `udp`. QUIC is spoken in datagrams too; here they count as such.
/// - `network.type` is `ipv4` or `ipv6`, as the socket's own address has it.
/// - `network.io.direction` is `receive` or `transmit`.
/// - `error.type` is one of [`ErrorType`](telemetry_core::ErrorType): `connection_refused` where the peer's host has said
///   that nobody listens, `io_error` for a datagram that is too long, ..
///
/// Addresses and ports are no attributes: each would make series of its own. Sockets with the same attributes are counted
/// together. 200 different lists of attributes have series of their own, and what comes past them is counted under
/// `otel.metric.overflow` and `network.io.direction`.
///
/// # What is counted
///
/// Bytes are those that the operation took or gave, without the headers of UDP and IP. An empty datagram is one of 0
/// bytes. Of a datagram that did not fit into the buffer, the part that did is counted. Operations that only look (`peek`)
/// count no datagrams. What only asks to try again is no error. A name that [`send_to`](MeteredUdpSocket::send_to) cannot
/// resolve is one.
///
/// The system reports an error of the network with whatever is done next on the socket, so the direction of an error is
/// that of the operation that has met it.
///
/// Counting a datagram is two additions. The sums go to the metrics before each collection of any reader, so a scrape has
/// every datagram whose operation has ended by then.
#[derive(Clone, Debug, Default)]
pub struct UdpMetrics {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    settings: Settings,
    recorder: OnceLock<Arc<Recorder>>,
}

#[derive(Clone, Debug, Default)]
struct Settings {
    options: MeterOptions,
    attributes: AttributesFactory,
}

impl UdpMetrics {
    /// Takes the instruments from the global meter provider. Set that one first: see
    /// [`MeterSource::Global`](telemetry_core::MeterSource::Global).
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the instruments from the given meter, with whatever scope it has.
    #[must_use]
    pub fn with_meter(meter: Meter) -> Self {
        Self::custom(MeterOptions::default().with_meter(meter))
    }

    /// Takes provider, prefix and fixed attributes from the given options.
    #[must_use]
    pub fn custom(options: MeterOptions) -> Self {
        Self::from_settings(Settings { options, ..Settings::default() })
    }

    /// Adds the caller's own attributes to all metrics of a socket. A function gets extensions that hold the
    /// [`ConnectionInfo`], once for each socket: with its own address, and the peer's if it is connected.
    ///
    /// They win over [`MeterOptions::attributes`] of the same name. The names that are set here are left out:
    /// `error.type`, `network.io.direction`, `network.transport` and `network.type`. A second call replaces what the
    /// first one gave.
    ///
    /// ```
    /// use telemetry_core::opentelemetry::KeyValue;
    /// use telemetry_net::UdpMetrics;
    ///
    /// let queries = UdpMetrics::new().with_attributes([KeyValue::new("shop.traffic", "dns")]);
    /// # let _ = queries;
    /// ```
    #[must_use]
    pub fn with_attributes(self, attributes: impl Into<AttributesFactory>) -> Self {
        // Clones keep what they have: the change gets a new place for instruments too.
        Self::from_settings(Settings { attributes: attributes.into(), ..self.shared.settings.clone() })
    }

    /// Counts what goes through a socket from now on.
    #[must_use]
    pub fn meter(&self, socket: UdpSocket) -> MeteredUdpSocket {
        let Shared { settings: Settings { options, attributes }, recorder } = &*self.shared;
        let recorder = Arc::clone(recorder.get_or_init(|| Arc::new(record::recorder(options))));
        let info = connection_info(&socket);
        let mut extensions = http::Extensions::new();
        if attributes.needs_extensions() {
            extensions.insert(info.clone());
        }
        let place = recorder.local().place(&info, &options.attributes, &attributes.attributes(&extensions));
        MeteredUdpSocket::new(socket, recorder, place)
    }

    /// Binds a socket to an address, as [`UdpSocket::bind`] does, and meters it.
    ///
    /// # Errors
    ///
    /// Those of [`UdpSocket::bind`]. They are not counted.
    pub async fn bind(&self, address: impl ToSocketAddrs) -> io::Result<MeteredUdpSocket> {
        Ok(self.meter(UdpSocket::bind(address).await?))
    }

    fn from_settings(settings: Settings) -> Self {
        Self { shared: Arc::new(Shared { settings, recorder: OnceLock::new() }) }
    }
}

fn connection_info(socket: &UdpSocket) -> ConnectionInfo {
    let mut info = ConnectionInfo::new(Transport::Udp);
    if let Ok(local) = socket.local_addr() {
        info = info.with_local(local);
    }
    if let Ok(peer) = socket.peer_addr() {
        info = info.with_peer(peer);
    }
    info
}

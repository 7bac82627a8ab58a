//! The layer: its options, and where streams become metered ones.

use std::time::Instant;

use telemetry_core::opentelemetry::metrics::Meter;
use telemetry_core::{AttributesFactory, ConnectionInfo, MeterOptions, Transport};
use tower_layer::Layer;

use crate::listener::{Listener, MeteredListener};
use crate::series::SeriesKey;
use crate::settings::{Shared, Side, common_options};
use crate::{MeteredStream, NetworkMetricsService, detect};

/// Meters the connections that go to a service of streams, or those that are given to [`meter`](Self::meter).
///
/// Clones share their instruments and are cheap. The instruments are made when a stream is first metered.
///
/// ```
/// use telemetry_core::MeterOptions;
/// use telemetry_core::opentelemetry::KeyValue;
/// use telemetry_net::{MeteredStream, NetworkMetricsLayer};
/// use tokio::net::TcpStream;
/// use tower::{ServiceBuilder, service_fn};
///
/// let options = MeterOptions::default().with_attributes([KeyValue::new("shop.listener", "public")]);
/// let service = ServiceBuilder::new()
///     .layer(NetworkMetricsLayer::custom(options))
///     .service(service_fn(async |stream: MeteredStream<TcpStream>| {
///         // .. serve the stream, with hyper or by hand ..
///         Ok::<_, std::io::Error>(())
///     }));
/// # let _ = service;
/// ```
#[derive(Clone, Debug)]
pub struct NetworkMetricsLayer {
    shared: Shared,
}

impl NetworkMetricsLayer {
    const SIDE: Side = Side::Server;

    common_options!();

    /// Opens the count of a connection that was accepted, for accept loops without a tower service. Dropping the
    /// stream ends it.
    ///
    /// ```
    /// use telemetry_core::Transport;
    /// use telemetry_net::NetworkMetricsLayer;
    ///
    /// let (stream, _client) = tokio::io::duplex(1024);
    /// let stream = NetworkMetricsLayer::new().meter(stream);
    /// assert_eq!(stream.connection_info().transport(), Transport::Pipe);
    /// ```
    #[must_use = "dropping the stream ends the connection"]
    pub fn meter<IO: 'static>(&self, stream: IO) -> MeteredStream<IO> {
        let info = detect::connection_info(&stream, self.shared.settings().transport);
        self.meter_with_info(stream, info)
    }

    /// Like [`meter`](Self::meter), for a connection of which the caller knows more than the stream's type tells: a
    /// TLS stream, or a type of another crate.
    ///
    /// ```
    /// use std::net::SocketAddr;
    /// use telemetry_core::{ConnectionInfo, Transport};
    /// use telemetry_net::NetworkMetricsLayer;
    ///
    /// let (stream, _client) = tokio::io::duplex(1024); // stands for a stream of another crate
    /// let info = ConnectionInfo::new(Transport::Quic).with_peer(SocketAddr::from(([192, 0, 2, 7], 50712)));
    /// let stream = NetworkMetricsLayer::new().meter_with_info(stream, info);
    /// assert_eq!(stream.connection_info().network_type(), Some("ipv4"));
    /// ```
    #[must_use = "dropping the stream ends the connection"]
    pub fn meter_with_info<IO: 'static>(&self, stream: IO, info: ConnectionInfo) -> MeteredStream<IO> {
        self.shared.meter(stream, Instant::now(), info, None, None)
    }

    /// Meters a listener: the connections that it accepts, those that it turns away, and what keeps it from accepting.
    /// Its accept loop never fails; see [`MeteredListener::accept`].
    ///
    /// The instruments are made now, since the time without a connection counts from now on.
    ///
    /// ```
    /// use telemetry_net::NetworkMetricsLayer;
    /// use tokio::net::{TcpListener, TcpStream};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let address = listener.local_addr()?;
    /// let mut listener = NetworkMetricsLayer::new().listen(listener).with_max_connections(10_000);
    ///
    /// let client = TcpStream::connect(address).await?;
    /// let (stream, peer) = listener.accept().await;
    /// assert_eq!(peer, client.local_addr()?);
    /// stream.get_ref().set_nodelay(true)?;
    /// // .. serve the stream in a task of its own, and accept the next one ..
    /// # Ok(())
    /// # }
    /// ```
    pub fn listen<L: Listener>(&self, listener: L) -> MeteredListener<L> {
        MeteredListener::new(listener, self.shared.clone())
    }

    /// Closes a stream that was accepted, since there are too many or it is not wanted, and counts it among the rejected
    /// ones. It was never open then. For limits of your own, in a loop that accepts by itself; a [`MeteredListener`] has
    /// [`with_max_connections`](MeteredListener::with_max_connections).
    ///
    /// ```
    /// use telemetry_net::NetworkMetricsLayer;
    ///
    /// let layer = NetworkMetricsLayer::new();
    /// let (stream, _client) = tokio::io::duplex(1024);
    /// let full = true;
    /// if full {
    ///     layer.reject(stream);
    /// }
    /// ```
    pub fn reject<IO: 'static>(&self, stream: IO) {
        let info = detect::connection_info(&stream, self.shared.settings().transport);
        let recorder = self.shared.recorder().local();
        let (transport, network_type) = (info.transport(), info.network_type());
        let attributes = recorder.attributes_of(&SeriesKey { transport, network_type, server: None, own: &[] });
        if let Some(rejected) = &recorder.instruments.rejected {
            rejected.add(1, &attributes);
        }
        // Whoever sees it closed finds it counted.
        drop(stream);
    }
}

impl Default for NetworkMetricsLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for NetworkMetricsLayer {
    type Service = NetworkMetricsService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        NetworkMetricsService::new(inner, self.clone())
    }
}

//! The layer: its options, and where streams become metered ones.

use telemetry_core::opentelemetry::metrics::Meter;
use telemetry_core::{AttributesFactory, ConnectionInfo, MeterOptions, Transport};
use tower_layer::Layer;

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
        self.shared.meter(stream, &info, None)
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

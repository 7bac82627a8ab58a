//! The layer for clients.

use std::error::Error;
use std::time::Instant;

use telemetry_core::opentelemetry::metrics::Meter;
use telemetry_core::{AttributesFactory, ConnectionInfo, MeterOptions, Transport};
use tower_layer::Layer;

use super::connect::Attempt;
use super::{ClientNetworkMetricsService, ServerAddress};
use crate::settings::{Shared, Side, common_options, metered};
use crate::{MeteredStream, detect};

/// Meters the connections that a client makes: as a layer around a connector, a tower service from [`http::Uri`] to a
/// stream, or by [`connect`](Self::connect) around any future that gives one.
///
/// Clones share their instruments and are cheap. The instruments are made when they are first needed.
///
/// All metrics have `server.address` and `server.port`, of the server that was dialled. The application chooses its
/// servers; where it lets others choose, the [series limit](Self::with_series_limit) bounds what is kept.
///
/// ```
/// use std::io;
/// use telemetry_net::{ClientNetworkMetricsLayer, MeteredStream};
/// use tokio::net::TcpStream;
///
/// async fn dial(upstreams: &ClientNetworkMetricsLayer) -> io::Result<MeteredStream<TcpStream>> {
///     upstreams.connect(("db.example.com", 5432), TcpStream::connect("db.example.com:5432")).await
/// }
/// # let _ = dial(&ClientNetworkMetricsLayer::new());
/// ```
#[derive(Clone, Debug)]
pub struct ClientNetworkMetricsLayer {
    pub(super) shared: Shared,
}

impl ClientNetworkMetricsLayer {
    const SIDE: Side = Side::Client;

    common_options!();

    /// Connects, and meters the connection that comes of it.
    ///
    /// `transport.client.connect.duration` gets one value whatever the end: with `error.type` when the future fails, and
    /// with `cancelled` when it is dropped before its end. What the future does counts: resolving the name too, if it does
    /// that. It begins with the first poll.
    ///
    /// # Errors
    ///
    /// Those of the given future, unchanged.
    pub async fn connect<IO, E>(
        &self,
        server: impl Into<ServerAddress>,
        connect: impl Future<Output = Result<IO, E>>,
    ) -> Result<MeteredStream<IO>, E>
    where
        IO: 'static,
        E: Error + 'static,
    {
        let attempt = Attempt::start(&self.shared, Some(server.into()));
        match connect.await {
            Ok(stream) => Ok(self.connected(attempt, stream)),
            Err(error) => {
                attempt.failed(&error);
                Err(error)
            }
        }
    }

    /// Opens the count of a connection that was made elsewhere. Its connect is not counted.
    #[must_use = "dropping the stream ends the connection"]
    pub fn meter<IO: 'static>(&self, server: impl Into<ServerAddress>, stream: IO) -> MeteredStream<IO> {
        let info = self.info(&stream);
        self.shared.meter(stream, Instant::now(), info, Some(server.into().server()), None)
    }

    pub(super) fn connected<IO: 'static>(&self, attempt: Attempt, stream: IO) -> MeteredStream<IO> {
        let info = self.info(&stream);
        let (series, since) = attempt.succeeded(&info);
        metered(self.shared.recorder().local(), series, stream, since, info)
    }

    fn info<IO: 'static>(&self, stream: &IO) -> ConnectionInfo {
        detect::connection_info(stream, self.shared.settings().transport)
    }
}

impl Default for ClientNetworkMetricsLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for ClientNetworkMetricsLayer {
    type Service = ClientNetworkMetricsService<S>;

    fn layer(&self, connector: S) -> Self::Service {
        ClientNetworkMetricsService::new(connector, self.clone())
    }
}

//! One end of a connection with metrics of its own.

use std::time::Duration;

use telemetry_core::MeterOptions;
use telemetry_core::testing::{InMemoryMetrics, Snapshot};
use telemetry_net::tokio_rustls::rustls::pki_types::ServerName;
use telemetry_net::{MeteredStream, NetworkMetricsLayer};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::certificates::NAME;

pub(crate) const ACTIVE: &str = "transport.server.active_connections";
pub(crate) const DURATION: &str = "transport.server.connection.duration";
pub(crate) const HANDSHAKE: &str = "transport.server.tls.handshake.duration";
pub(crate) const HANDSHAKES: &str = "transport.server.tls.active_handshakes";
pub(crate) const IO: &str = "transport.server.io";
pub(crate) const PLAIN_IO: &str = "transport.server.tls.io";

pub(crate) struct Rig {
    pub(crate) metrics: InMemoryMetrics,
    pub(crate) layer: NetworkMetricsLayer,
}

impl Rig {
    pub(crate) fn new() -> Self {
        let metrics = InMemoryMetrics::new();
        let layer = NetworkMetricsLayer::custom(MeterOptions::default().with_meter_provider(metrics.provider()));
        Self { metrics, layer }
    }

    pub(crate) fn meter<IO: 'static>(&self, stream: IO) -> MeteredStream<IO> {
        self.layer.meter(stream)
    }

    /// Asserts that one connection with one handshake has come and gone, and gives both errors: the handshake's and the
    /// connection's, or nothing.
    #[track_caller]
    pub(crate) fn errors(&self, row: &str) -> [Option<String>; 2] {
        let snapshot = self.metrics.snapshot();
        for metric in [ACTIVE, HANDSHAKES] {
            let [active] = snapshot.points(metric)[..] else { panic!("{row}: {snapshot:#?}") };
            assert_eq!(active.value, telemetry_core::testing::Value::Number(0.0), "{row}: {metric}");
        }
        [HANDSHAKE, DURATION].map(|metric| {
            assert_eq!(snapshot.count(metric, &[]), 1, "{row}: {metric}");
            attribute(&snapshot, metric, "error.type")
        })
    }
}

/// An attribute of the one series that a metric has.
#[track_caller]
pub(crate) fn attribute(snapshot: &Snapshot, metric: &str, name: &str) -> Option<String> {
    let [point] = snapshot.points(metric)[..] else { panic!("{metric}: {snapshot:#?}") };
    point.attributes.get(name).cloned()
}

/// Both directions: received, transmitted.
pub(crate) fn bytes(snapshot: &Snapshot, metric: &str) -> [f64; 2] {
    ["receive", "transmit"].map(|direction| snapshot.sum(metric, &[("network.io.direction", direction)]))
}

pub(crate) fn name() -> ServerName<'static> {
    NAME.try_into().unwrap()
}

/// Both ends of a TCP connection: the one that was accepted, and the one that was dialled.
pub(crate) async fn tcp() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap());
    let (server, client) = tokio::join!(listener.accept(), client);
    (server.unwrap().0, client.unwrap())
}

/// Nothing here takes long, unless it hangs.
pub(crate) async fn in_time<T>(future: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(20), future).await.expect("it hangs")
}

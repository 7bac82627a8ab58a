use std::sync::{Arc, OnceLock};

use telemetry_core::MeterOptions;
use telemetry_core::opentelemetry::metrics::Meter;
use telemetry_core::semconv::Metric;
use tower_layer::Layer;

use super::attributes::Selection;
use super::names::{HTTP_CLIENT_CONNECTION_DURATION, HTTP_CLIENT_OPEN_CONNECTIONS};
use super::record::Recorder;
use super::service::ClientConnectionService;

/// Measures the connections of hyper-util's client. It goes around a connector, a service from [`http::Uri`] to a
/// stream.
///
/// | metric | unit | attributes |
/// |---|---|---|
/// | `http.client.open_connections` | {connection} | `http.connection.state`, `server.address`, `server.port`, `network.protocol.version` |
/// | `http.client.connection.duration` | s | the same without the state |
///
/// The names, units and attributes are those of the OpenTelemetry semantic conventions, in development there.
///
/// ```
/// use bytes::Bytes;
/// use http_body_util::Empty;
/// use hyper_util::client::legacy::{Client, connect::HttpConnector};
/// use hyper_util::rt::TokioExecutor;
/// use telemetry_http::ClientConnectionLayer;
/// use tower::Layer;
///
/// let connector = ClientConnectionLayer::new().layer(HttpConnector::new());
/// let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build(connector);
/// # let _ = client;
/// ```
///
/// One layer may be put around any number of connectors, which then share its instruments. They are made when the
/// first connection is there; a global meter provider has to be set before that.
///
/// # What is counted
///
/// A connection counts from the moment that the connect succeeded until its stream is dropped, in whatever way that
/// comes. A connect that fails or is given up is not recorded at all. Put the layer around the TLS connector, not
/// inside of it: there it would count the TCP connection before its handshake, and could not see that HTTP/2 was agreed
/// on.
///
/// `server.address` and `server.port` are those of the `Uri` that the connector is called with, the host in lower case,
/// the port by the scheme if none is written. Around a connector for a proxy or a tunnel that is the logical server; a
/// layer inside of it, around the connector that dials the proxy, sees the proxy instead. The application chooses its
/// servers; if it lets others choose them, the SDK's cardinality limit (2000 series a metric unless set otherwise)
/// bounds what is kept.
///
/// `network.protocol.version` is `2` if that was negotiated in TLS, or once the connection begins as HTTP/2 does, and
/// `1.1` until then.
///
/// # Active and idle
///
/// The end of a response is not to be seen from here. The response has a [`ConnectionHandle`](crate::ConnectionHandle)
/// in its extensions, and somebody has to hold a guard of it from the head to the end of the body:
/// [`ClientMetricsLayer`](crate::ClientMetricsLayer) around the client does.
///
/// - HTTP/1: a connection is active from the first byte of a request, and idle once all guards are dropped and no later
///   request was written. A request that fails before its head closes the connection, which was active until then.
/// - HTTP/2: a connection is active while it has a guard, so from the first response head on and not from the request:
///   it also writes without a request.
/// - If nobody takes guards, an HTTP/1 connection is active from its first request to its end, and one of HTTP/2 is
///   idle. The sum over both states and the durations are right all the same.
/// - A server that answers before it has all of the request leaves an HTTP/1 connection active until its next response
///   or its end: what the client still writes looks like the next request. When two requests follow each other at once,
///   a guard that comes later than the next request makes the connection idle too early, until the next head.
///
/// No series is ever negative. A move between the states is one addition and one subtraction, and a collection reads
/// one series after the other: one that comes at that very moment may find the connection in both states or in neither.
/// The next one finds it where it is.
#[derive(Clone, Debug, Default)]
pub struct ClientConnectionLayer {
    shared: Arc<Shared>,
}

/// What a layer and its connectors share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    options: Options,
    recorder: OnceLock<Arc<Recorder>>,
}

impl Shared {
    /// Made when it is first asked for, which is when the first connection is there.
    pub(super) fn recorder(&self) -> &Arc<Recorder> {
        self.recorder.get_or_init(|| Arc::new(self.options.recorder()))
    }
}

#[derive(Clone, Debug, Default)]
struct Options {
    meter: MeterOptions,
    peer_address: bool,
    scheme: bool,
    off: Vec<&'static str>,
}

impl ClientConnectionLayer {
    /// Takes the instruments from the global meter provider.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the instruments from the given meter.
    #[must_use]
    pub fn with_meter(meter: Meter) -> Self {
        Self::custom(MeterOptions::default().with_meter(meter))
    }

    /// Takes meter, metric prefix and fixed attributes from `options`. Fixed attributes with the name of one that the
    /// layer may set itself are left out.
    #[must_use]
    pub fn custom(options: MeterOptions) -> Self {
        Self::default().with(|own| own.meter = options)
    }

    /// Adds `network.peer.address` to both metrics: the IP address that was dialled, which is the proxy's where there
    /// is one. It is known of hyper-util's `HttpConnector` and what is built on it. Another connector can tell it with
    /// a [`ConnectionInfo`](telemetry_core::ConnectionInfo) in `Connected::extra`; without one the attribute is absent.
    #[must_use]
    pub fn with_peer_address(self) -> Self {
        self.with(|own| own.peer_address = true)
    }

    /// Adds `url.scheme` to both metrics.
    #[must_use]
    pub fn with_scheme(self) -> Self {
        self.with(|own| own.scheme = true)
    }

    /// Leaves out `http.client.open_connections`.
    #[must_use]
    pub fn without_open_connections(self) -> Self {
        self.without(&HTTP_CLIENT_OPEN_CONNECTIONS)
    }

    /// Leaves out `http.client.connection.duration`.
    #[must_use]
    pub fn without_connection_duration(self) -> Self {
        self.without(&HTTP_CLIENT_CONNECTION_DURATION)
    }

    fn without(self, metric: &Metric) -> Self {
        self.with(|own| own.off.push(metric.name))
    }

    /// Clones and connectors keep what they have: a change makes new instruments.
    fn with(self, change: impl FnOnce(&mut Options)) -> Self {
        let mut options = self.shared.options.clone();
        change(&mut options);
        Self { shared: Arc::new(Shared { options, recorder: OnceLock::new() }) }
    }
}

impl Options {
    /// The plain API does: a connection lives for many requests, and its attributes are made ahead, so that a move
    /// between the states costs two lookups in the SDK and no allocation.
    fn recorder(&self) -> Recorder {
        let meter = self.meter.meter(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
        let is_on = |metric: &Metric| !self.off.contains(&metric.name);
        let (open, duration) = (&HTTP_CLIENT_OPEN_CONNECTIONS, &HTTP_CLIENT_CONNECTION_DURATION);
        Recorder {
            open: is_on(open).then(|| meter.i64_up_down_counter(open)),
            duration: is_on(duration).then(|| meter.f64_histogram(duration)),
            selection: Selection {
                fixed: self.meter.attributes.clone(),
                peer_address: self.peer_address,
                scheme: self.scheme,
            },
        }
    }
}

impl<S> Layer<S> for ClientConnectionLayer {
    type Service = ClientConnectionService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ClientConnectionService::new(inner, Arc::clone(&self.shared))
    }
}

//! Every name that the connection metrics need, in one place.

use telemetry_core::semconv::Metric;

pub(crate) use telemetry_core::semconv::attribute::{
    NETWORK_PROTOCOL_VERSION, SERVER_ADDRESS, SERVER_PORT, URL_SCHEME,
};

/// Whether a connection is in use: [`CONNECTION_ACTIVE`] or [`CONNECTION_IDLE`]. Development.
pub(crate) const HTTP_CONNECTION_STATE: &str = "http.connection.state";
/// The peer's IP address or the path of its socket. Stable.
pub(crate) const NETWORK_PEER_ADDRESS: &str = "network.peer.address";

pub(crate) const CONNECTION_ACTIVE: &str = "active";
pub(crate) const CONNECTION_IDLE: &str = "idle";

/// Connections by whether they are in use. Development.
pub(crate) const HTTP_CLIENT_OPEN_CONNECTIONS: Metric = {
    let mut metric = telemetry_core::semconv::metric::TRANSPORT_SERVER_ACTIVE_CONNECTIONS;
    metric.name = "http.client.open_connections";
    metric.description = "Number of outbound HTTP connections that are currently active or idle on the client.";
    metric
};

/// From the connect that succeeded to the end of the connection. Development.
pub(crate) const HTTP_CLIENT_CONNECTION_DURATION: Metric = {
    let mut metric = telemetry_core::semconv::metric::TRANSPORT_SERVER_CONNECTION_DURATION;
    metric.name = "http.client.connection.duration";
    metric.description = "The duration of the successfully established outbound HTTP connections.";
    metric
};

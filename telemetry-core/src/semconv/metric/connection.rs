//! Connections, their TLS, and listeners.

use super::{Instrument, Metric, REQUEST_SECONDS, Stability, Switch, sets};

/// Seconds, for how long a connection lives. The bounds that the convention gives for connections.
pub const CONNECTION_SECONDS: &[f64] =
    &[0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0];

/// Requests on one connection: none, one, and then steps that tell short keep-alive from long.
pub const CONNECTION_REQUESTS: &[f64] = &[0.0, 1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 10_000.0];

/// Connections that are open. Our own name.
pub const TRANSPORT_SERVER_ACTIVE_CONNECTIONS: Metric = Metric {
    name: "transport.server.active_connections",
    instrument: Instrument::UpDownCounter,
    unit: "{connection}",
    description: "Number of accepted connections that are open.",
    boundaries: &[],
    stability: Stability::Own,
    attributes: sets::CONNECTION,
    switch: Switch::On,
};

/// From accepting a connection to the connection's end. Our own name.
pub const TRANSPORT_SERVER_CONNECTION_DURATION: Metric = Metric {
    name: "transport.server.connection.duration",
    instrument: Instrument::Histogram,
    unit: "s",
    description: "Duration of accepted connections.",
    boundaries: CONNECTION_SECONDS,
    stability: Stability::Own,
    attributes: sets::CONNECTION_END,
    switch: Switch::On,
};

/// Bytes that passed through connections, by direction. Our own name.
pub const TRANSPORT_SERVER_IO: Metric = Metric {
    name: "transport.server.io",
    instrument: Instrument::Counter,
    unit: "By",
    description: "Bytes received and transmitted on accepted connections.",
    boundaries: &[],
    stability: Stability::Own,
    attributes: sets::CONNECTION_IO,
    switch: Switch::On,
};

/// Connections on which nothing has moved for a while. Our own name.
pub const TRANSPORT_SERVER_IDLE_CONNECTIONS: Metric = Metric {
    name: "transport.server.idle_connections",
    instrument: Instrument::UpDownCounter,
    unit: "{connection}",
    description: "Number of accepted connections that are open and on which no bytes have moved for a while.",
    boundaries: &[],
    stability: Stability::Own,
    attributes: sets::CONNECTION,
    switch: Switch::On,
};

/// Requests that one connection has carried. Our own name.
pub const TRANSPORT_SERVER_CONNECTION_REQUESTS: Metric = Metric {
    name: "transport.server.connection.requests",
    instrument: Instrument::Histogram,
    unit: "{request}",
    description: "Number of requests on an accepted connection, from its start to its end.",
    boundaries: CONNECTION_REQUESTS,
    stability: Stability::Own,
    attributes: sets::CONNECTION,
    switch: Switch::On,
};

/// Connections that speak another protocol than at their start. Our own name.
pub const TRANSPORT_SERVER_UPGRADED_CONNECTIONS: Metric = Metric {
    name: "transport.server.upgraded_connections",
    instrument: Instrument::UpDownCounter,
    unit: "{connection}",
    description: "Number of accepted connections that are open and were upgraded to another protocol.",
    boundaries: &[],
    stability: Stability::Own,
    attributes: sets::CONNECTION,
    switch: Switch::On,
};

/// Connections that were accepted and closed at once. Our own name.
pub const TRANSPORT_SERVER_REJECTED_CONNECTIONS: Metric = Metric {
    name: "transport.server.rejected_connections",
    instrument: Instrument::Counter,
    unit: "{connection}",
    description: "Number of connections that were closed at once, since there were too many or they were not wanted.",
    boundaries: &[],
    stability: Stability::Own,
    attributes: sets::CONNECTION,
    switch: Switch::On,
};

/// Failures to accept a connection. Our own name.
pub const TRANSPORT_SERVER_ACCEPT_ERRORS: Metric = Metric {
    name: "transport.server.accept.errors",
    instrument: Instrument::Counter,
    unit: "{error}",
    description: "Number of failures to accept a connection.",
    boundaries: &[],
    stability: Stability::Own,
    attributes: sets::ACCEPT_ERRORS,
    switch: Switch::On,
};

/// How long ago the listener last accepted a connection. Our own name.
pub const TRANSPORT_SERVER_ACCEPT_AGE: Metric = Metric {
    name: "transport.server.accept.age",
    instrument: Instrument::Gauge,
    unit: "s",
    description: "Time since the listener accepted its last connection, or since it was made.",
    boundaries: &[],
    stability: Stability::Own,
    attributes: sets::CONNECTION,
    switch: Switch::On,
};

/// From the start of a TLS handshake to its success or failure. Our own name.
pub const TRANSPORT_SERVER_TLS_HANDSHAKE_DURATION: Metric = Metric {
    name: "transport.server.tls.handshake.duration",
    instrument: Instrument::Histogram,
    unit: "s",
    description: "Duration of TLS handshakes on accepted connections.",
    boundaries: REQUEST_SECONDS,
    stability: Stability::Own,
    attributes: sets::HANDSHAKE,
    switch: Switch::On,
};

/// TLS handshakes that are going on. Our own name.
pub const TRANSPORT_SERVER_TLS_ACTIVE_HANDSHAKES: Metric = Metric {
    name: "transport.server.tls.active_handshakes",
    instrument: Instrument::UpDownCounter,
    unit: "{handshake}",
    description: "Number of TLS handshakes that are going on on accepted connections.",
    boundaries: &[],
    stability: Stability::Own,
    attributes: sets::CONNECTION,
    switch: Switch::On,
};

/// Plain bytes that passed through TLS, by direction. Our own name.
pub const TRANSPORT_SERVER_TLS_IO: Metric = Metric {
    name: "transport.server.tls.io",
    instrument: Instrument::Counter,
    unit: "By",
    description: "Bytes received and transmitted inside of TLS on accepted connections.",
    boundaries: &[],
    stability: Stability::Own,
    attributes: sets::CONNECTION_IO,
    switch: Switch::On,
};

/// Connections that are open. Our own name.
pub const TRANSPORT_CLIENT_ACTIVE_CONNECTIONS: Metric = Metric {
    name: "transport.client.active_connections",
    instrument: Instrument::UpDownCounter,
    unit: "{connection}",
    description: "Number of dialled connections that are open.",
    boundaries: &[],
    stability: Stability::Own,
    attributes: sets::CONNECTION,
    switch: Switch::On,
};

/// From a connect that succeeded to the connection's end. Our own name.
pub const TRANSPORT_CLIENT_CONNECTION_DURATION: Metric = Metric {
    name: "transport.client.connection.duration",
    instrument: Instrument::Histogram,
    unit: "s",
    description: "Duration of dialled connections.",
    boundaries: CONNECTION_SECONDS,
    stability: Stability::Own,
    attributes: sets::CONNECTION_END,
    switch: Switch::On,
};

/// Bytes that passed through connections, by direction. Our own name.
pub const TRANSPORT_CLIENT_IO: Metric = Metric {
    name: "transport.client.io",
    instrument: Instrument::Counter,
    unit: "By",
    description: "Bytes received and transmitted on dialled connections.",
    boundaries: &[],
    stability: Stability::Own,
    attributes: sets::CONNECTION_IO,
    switch: Switch::On,
};

/// Connections on which nothing has moved for a while. Our own name.
pub const TRANSPORT_CLIENT_IDLE_CONNECTIONS: Metric = Metric {
    name: "transport.client.idle_connections",
    instrument: Instrument::UpDownCounter,
    unit: "{connection}",
    description: "Number of dialled connections that are open and on which no bytes have moved for a while.",
    boundaries: &[],
    stability: Stability::Own,
    attributes: sets::CONNECTION,
    switch: Switch::On,
};

/// From the start of a connect to its success or failure. Our own name.
pub const TRANSPORT_CLIENT_CONNECT_DURATION: Metric = Metric {
    name: "transport.client.connect.duration",
    instrument: Instrument::Histogram,
    unit: "s",
    description: "Duration of attempts to connect.",
    boundaries: REQUEST_SECONDS,
    stability: Stability::Own,
    attributes: sets::CONNECT,
    switch: Switch::On,
};

/// From the start of a TLS handshake to its success or failure. Our own name.
pub const TRANSPORT_CLIENT_TLS_HANDSHAKE_DURATION: Metric = Metric {
    name: "transport.client.tls.handshake.duration",
    instrument: Instrument::Histogram,
    unit: "s",
    description: "Duration of TLS handshakes on dialled connections.",
    boundaries: REQUEST_SECONDS,
    stability: Stability::Own,
    attributes: sets::HANDSHAKE,
    switch: Switch::On,
};

/// TLS handshakes that are going on. Our own name.
pub const TRANSPORT_CLIENT_TLS_ACTIVE_HANDSHAKES: Metric = Metric {
    name: "transport.client.tls.active_handshakes",
    instrument: Instrument::UpDownCounter,
    unit: "{handshake}",
    description: "Number of TLS handshakes that are going on on dialled connections.",
    boundaries: &[],
    stability: Stability::Own,
    attributes: sets::CONNECTION,
    switch: Switch::On,
};

/// Plain bytes that passed through TLS, by direction. Our own name.
pub const TRANSPORT_CLIENT_TLS_IO: Metric = Metric {
    name: "transport.client.tls.io",
    instrument: Instrument::Counter,
    unit: "By",
    description: "Bytes received and transmitted inside of TLS on dialled connections.",
    boundaries: &[],
    stability: Stability::Own,
    attributes: sets::CONNECTION_IO,
    switch: Switch::On,
};

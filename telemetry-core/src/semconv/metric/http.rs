//! Requests of servers and clients, and the connections of clients.

use super::{BODY_BYTES, CONNECTION_SECONDS, Instrument, Metric, REQUEST_SECONDS, Stability, Switch, sets};

/// From the start of a request to the last byte of its response. Stable.
pub const HTTP_SERVER_REQUEST_DURATION: Metric = Metric {
    name: "http.server.request.duration",
    instrument: Instrument::Histogram,
    unit: "s",
    description: "Duration of HTTP server requests.",
    boundaries: REQUEST_SECONDS,
    stability: Stability::Stable,
    attributes: sets::HTTP_SERVER,
    switch: Switch::OnUnless("without_request_duration"),
};

/// Requests that have started and not ended. Development.
pub const HTTP_SERVER_ACTIVE_REQUESTS: Metric = Metric {
    name: "http.server.active_requests",
    instrument: Instrument::UpDownCounter,
    unit: "{request}",
    description: "Number of active HTTP server requests.",
    boundaries: &[],
    stability: Stability::Development,
    attributes: sets::HTTP_SERVER_ACTIVE,
    switch: Switch::OnUnless("without_active_requests"),
};

/// Bytes of the request's body. Development.
pub const HTTP_SERVER_REQUEST_BODY_SIZE: Metric = Metric {
    name: "http.server.request.body.size",
    instrument: Instrument::Histogram,
    unit: "By",
    description: "Size of HTTP server request bodies.",
    boundaries: BODY_BYTES,
    stability: Stability::Development,
    attributes: sets::HTTP_SERVER,
    switch: Switch::OnUnless("without_request_body_size"),
};

/// Bytes of the response's body. Development.
pub const HTTP_SERVER_RESPONSE_BODY_SIZE: Metric = Metric {
    name: "http.server.response.body.size",
    instrument: Instrument::Histogram,
    unit: "By",
    description: "Size of HTTP server response bodies.",
    boundaries: BODY_BYTES,
    stability: Stability::Development,
    attributes: sets::HTTP_SERVER,
    switch: Switch::OnUnless("without_response_body_size"),
};

/// From the start of a request to the head of its response. Our own name.
pub const HTTP_SERVER_RESPONSE_HEAD_DURATION: Metric = Metric {
    name: "http.server.response.head.duration",
    instrument: Instrument::Histogram,
    unit: "s",
    description: "Duration from the start of HTTP server requests to the head of their responses.",
    boundaries: REQUEST_SECONDS,
    stability: Stability::Own,
    attributes: sets::HTTP_SERVER,
    switch: Switch::OnDemand("with_response_head_duration"),
};

/// From the start of a request to the end of its response. Stable.
pub const HTTP_CLIENT_REQUEST_DURATION: Metric = Metric {
    name: "http.client.request.duration",
    instrument: Instrument::Histogram,
    unit: "s",
    description: "Duration of HTTP client requests.",
    boundaries: REQUEST_SECONDS,
    stability: Stability::Stable,
    attributes: sets::HTTP_CLIENT,
    switch: Switch::OnUnless("without_request_duration"),
};

/// Bytes of the request's body. Development.
pub const HTTP_CLIENT_REQUEST_BODY_SIZE: Metric = Metric {
    name: "http.client.request.body.size",
    instrument: Instrument::Histogram,
    unit: "By",
    description: "Size of HTTP client request bodies.",
    boundaries: BODY_BYTES,
    stability: Stability::Development,
    attributes: sets::HTTP_CLIENT,
    switch: Switch::OnUnless("without_request_body_size"),
};

/// Bytes of the response's body. Development.
pub const HTTP_CLIENT_RESPONSE_BODY_SIZE: Metric = Metric {
    name: "http.client.response.body.size",
    instrument: Instrument::Histogram,
    unit: "By",
    description: "Size of HTTP client response bodies.",
    boundaries: BODY_BYTES,
    stability: Stability::Development,
    attributes: sets::HTTP_CLIENT,
    switch: Switch::OnUnless("without_response_body_size"),
};

/// Requests that have started and not ended. Development.
pub const HTTP_CLIENT_ACTIVE_REQUESTS: Metric = Metric {
    name: "http.client.active_requests",
    instrument: Instrument::UpDownCounter,
    unit: "{request}",
    description: "Number of active HTTP requests.",
    boundaries: &[],
    stability: Stability::Development,
    attributes: sets::HTTP_CLIENT_ACTIVE,
    switch: Switch::OnUnless("without_active_requests"),
};

/// Connections of the pool, by whether they are in use. Development.
pub const HTTP_CLIENT_OPEN_CONNECTIONS: Metric = Metric {
    name: "http.client.open_connections",
    instrument: Instrument::UpDownCounter,
    unit: "{connection}",
    description: "Number of outbound HTTP connections that are currently active or idle on the client.",
    boundaries: &[],
    stability: Stability::Development,
    attributes: sets::HTTP_CLIENT_OPEN,
    switch: Switch::OnUnless("without_open_connections"),
};

/// From the connect that succeeded to the end of the connection. Development.
pub const HTTP_CLIENT_CONNECTION_DURATION: Metric = Metric {
    name: "http.client.connection.duration",
    instrument: Instrument::Histogram,
    unit: "s",
    description: "The duration of the successfully established outbound HTTP connections.",
    boundaries: CONNECTION_SECONDS,
    stability: Stability::Development,
    attributes: sets::HTTP_CLIENT_CONNECTION,
    switch: Switch::OnUnless("without_connection_duration"),
};

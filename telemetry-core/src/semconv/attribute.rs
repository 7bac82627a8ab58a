//! Attribute names and the values that a convention fixes.

/// What went wrong, from a closed set; absent on success. Stable.
pub const ERROR_TYPE: &str = "error.type";
/// The request's method, or `_OTHER`. Stable.
pub const HTTP_REQUEST_METHOD: &str = "http.request.method";
/// The status code as a number. Stable.
pub const HTTP_RESPONSE_STATUS_CODE: &str = "http.response.status_code";
/// The route's template as the router knows it. Stable.
pub const HTTP_ROUTE: &str = "http.route";
/// Which way bytes went: [`DIRECTION_RECEIVE`] or [`DIRECTION_TRANSMIT`]. Release candidate.
pub const NETWORK_IO_DIRECTION: &str = "network.io.direction";
/// The protocol's version: `1.0`, `1.1`, `2`, `3`. Stable.
pub const NETWORK_PROTOCOL_VERSION: &str = "network.protocol.version";
/// `tcp`, `udp`, `unix`, `pipe` or `quic`. Stable.
pub const NETWORK_TRANSPORT: &str = "network.transport";
/// `ipv4` or `ipv6`. Stable.
pub const NETWORK_TYPE: &str = "network.type";
/// The host that the client asked for. Stable.
pub const SERVER_ADDRESS: &str = "server.address";
/// The port that the client asked for, as a number. Stable.
pub const SERVER_PORT: &str = "server.port";
/// The service's name, on the resource. Stable.
pub const SERVICE_NAME: &str = "service.name";
/// `http` or `https`. Stable.
pub const URL_SCHEME: &str = "url.scheme";

/// Value of [`HTTP_REQUEST_METHOD`] for a method that is not known, and of [`ERROR_TYPE`] for an error that is not.
pub const OTHER: &str = "_OTHER";
/// Value of [`NETWORK_IO_DIRECTION`] for bytes that came in.
pub const DIRECTION_RECEIVE: &str = "receive";
/// Value of [`NETWORK_IO_DIRECTION`] for bytes that went out.
pub const DIRECTION_TRANSMIT: &str = "transmit";

#[cfg(test)]
pub(super) const ALL: &[&str] = &[
    ERROR_TYPE,
    HTTP_REQUEST_METHOD,
    HTTP_RESPONSE_STATUS_CODE,
    HTTP_ROUTE,
    NETWORK_IO_DIRECTION,
    NETWORK_PROTOCOL_VERSION,
    NETWORK_TRANSPORT,
    NETWORK_TYPE,
    SERVER_ADDRESS,
    SERVER_PORT,
    SERVICE_NAME,
    URL_SCHEME,
];

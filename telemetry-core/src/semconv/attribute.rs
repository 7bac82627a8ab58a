//! Attribute names and the values that a convention fixes.

/// The client's address behind all proxies: an IP address or a name. Stable.
pub const CLIENT_ADDRESS: &str = "client.address";
/// The client's port behind all proxies, as a number. Stable.
pub const CLIENT_PORT: &str = "client.port";
/// What went wrong, from a closed set; absent on success. Stable.
pub const ERROR_TYPE: &str = "error.type";
/// What an error says of itself. Stable.
pub const EXCEPTION_MESSAGE: &str = "exception.message";
/// The type of an error. Stable.
pub const EXCEPTION_TYPE: &str = "exception.type";
/// Whether a pooled connection is in use: [`CONNECTION_ACTIVE`] or [`CONNECTION_IDLE`]. Development.
pub const HTTP_CONNECTION_STATE: &str = "http.connection.state";
/// The bytes of the request's body, as a number. Development.
pub const HTTP_REQUEST_BODY_SIZE: &str = "http.request.body.size";
/// The request's method, or `_OTHER`. Stable.
pub const HTTP_REQUEST_METHOD: &str = "http.request.method";
/// The request's method as it was sent, where [`HTTP_REQUEST_METHOD`] is another one. Stable.
pub const HTTP_REQUEST_METHOD_ORIGINAL: &str = "http.request.method_original";
/// How many times the request had been sent before, as a number; absent for the first time. Stable.
pub const HTTP_REQUEST_RESEND_COUNT: &str = "http.request.resend_count";
/// The bytes of the response's body, as a number. Development.
pub const HTTP_RESPONSE_BODY_SIZE: &str = "http.response.body.size";
/// The status code as a number. Stable.
pub const HTTP_RESPONSE_STATUS_CODE: &str = "http.response.status_code";
/// The route's template as the router knows it. Stable.
pub const HTTP_ROUTE: &str = "http.route";
/// Which way bytes went: [`DIRECTION_RECEIVE`] or [`DIRECTION_TRANSMIT`]. Release candidate.
pub const NETWORK_IO_DIRECTION: &str = "network.io.direction";
/// The own end's IP address or the path of its socket. Stable.
pub const NETWORK_LOCAL_ADDRESS: &str = "network.local.address";
/// The own end's port, as a number. Stable.
pub const NETWORK_LOCAL_PORT: &str = "network.local.port";
/// The peer's IP address or the path of its socket. Stable.
pub const NETWORK_PEER_ADDRESS: &str = "network.peer.address";
/// The peer's port, as a number. Stable.
pub const NETWORK_PEER_PORT: &str = "network.peer.port";
/// The protocol's name in lowercase, only if it is not `http`. Stable.
pub const NETWORK_PROTOCOL_NAME: &str = "network.protocol.name";
/// The protocol's version: `1.0`, `1.1`, `2`, `3`. Stable.
pub const NETWORK_PROTOCOL_VERSION: &str = "network.protocol.version";
/// `tcp`, `udp`, `unix`, `pipe` or `quic`. Stable.
pub const NETWORK_TRANSPORT: &str = "network.transport";
/// `ipv4` or `ipv6`. Stable.
pub const NETWORK_TYPE: &str = "network.type";
/// The method with its service and package, `shop.Cart/Add`, or `_OTHER`. Release candidate.
pub const RPC_METHOD: &str = "rpc.method";
/// The status code that the call ended with, as a string: `OK`, `NOT_FOUND`. Release candidate. Up to 1.44.0 it was
/// `rpc.response.status_code`, which the conventions deprecate in what follows 1.44.0.
pub const RPC_STATUS_CODE: &str = "rpc.status_code";
/// The system: [`RPC_SYSTEM_GRPC`] or another. Release candidate.
pub const RPC_SYSTEM_NAME: &str = "rpc.system.name";
/// The host that the client asked for. Stable.
pub const SERVER_ADDRESS: &str = "server.address";
/// The port that the client asked for, as a number. Stable.
pub const SERVER_PORT: &str = "server.port";
/// The service's name, on the resource. Stable.
pub const SERVICE_NAME: &str = "service.name";
/// The version of TLS: `1.2` or `1.3`. Development.
pub const TLS_PROTOCOL_VERSION: &str = "tls.protocol.version";
/// Whether an earlier TLS session was resumed. Development.
pub const TLS_RESUMED: &str = "tls.resumed";
/// The whole URL that a client asks for, without credentials. Stable.
pub const URL_FULL: &str = "url.full";
/// The path of the URL. Stable.
pub const URL_PATH: &str = "url.path";
/// The query of the URL, without the question mark. Stable.
pub const URL_QUERY: &str = "url.query";
/// `http` or `https`. Stable.
pub const URL_SCHEME: &str = "url.scheme";
/// The path's template as the application knows it, never the path itself. Development.
pub const URL_TEMPLATE: &str = "url.template";
/// The value of the header `User-Agent`. Stable.
pub const USER_AGENT_ORIGINAL: &str = "user_agent.original";
/// Who is no person: [`SYNTHETIC_BOT`] or [`SYNTHETIC_TEST`]. Development.
pub const USER_AGENT_SYNTHETIC_TYPE: &str = "user_agent.synthetic.type";
/// Which worker thread of a Tokio runtime, counted from 0. Our own name.
pub const TOKIO_RUNTIME_WORKER_INDEX: &str = "tokio.runtime.worker.index";
/// Why a connection ended: [`CLOSED_BY_PEER`], [`CLOSED_LOCALLY`], [`CLOSED_BY_DROP`] or [`CLOSED_BY_ERROR`]. Our own
/// name.
pub const TRANSPORT_CLOSE_REASON: &str = "transport.close.reason";

/// Value of [`HTTP_REQUEST_METHOD`] and [`RPC_METHOD`] for a method that is not known, and of [`ERROR_TYPE`] for an
/// error that is not.
pub const OTHER: &str = "_OTHER";
/// Value of [`NETWORK_IO_DIRECTION`] for bytes that came in.
pub const DIRECTION_RECEIVE: &str = "receive";
/// Value of [`NETWORK_IO_DIRECTION`] for bytes that went out.
pub const DIRECTION_TRANSMIT: &str = "transmit";
/// Value of [`HTTP_CONNECTION_STATE`] for a connection with a request on it.
pub const CONNECTION_ACTIVE: &str = "active";
/// Value of [`HTTP_CONNECTION_STATE`] for a connection that waits for its next request.
pub const CONNECTION_IDLE: &str = "idle";
/// Value of [`TRANSPORT_CLOSE_REASON`]: the peer was the first to end its side.
pub const CLOSED_BY_PEER: &str = "peer";
/// Value of [`TRANSPORT_CLOSE_REASON`]: this end was the first to shut its side down.
pub const CLOSED_LOCALLY: &str = "local";
/// Value of [`TRANSPORT_CLOSE_REASON`]: the stream was dropped before either side had ended.
pub const CLOSED_BY_DROP: &str = "dropped";
/// Value of [`TRANSPORT_CLOSE_REASON`]: something failed, and [`ERROR_TYPE`] says what.
pub const CLOSED_BY_ERROR: &str = "error";
/// Value of [`RPC_SYSTEM_NAME`] for gRPC.
pub const RPC_SYSTEM_GRPC: &str = "grpc";
/// Value of [`USER_AGENT_SYNTHETIC_TYPE`] for crawlers and the like.
pub const SYNTHETIC_BOT: &str = "bot";
/// Value of [`USER_AGENT_SYNTHETIC_TYPE`] for tests and monitors.
pub const SYNTHETIC_TEST: &str = "test";

#[cfg(test)]
pub(super) const ALL: &[&str] = &[
    CLIENT_ADDRESS,
    CLIENT_PORT,
    ERROR_TYPE,
    EXCEPTION_MESSAGE,
    EXCEPTION_TYPE,
    HTTP_CONNECTION_STATE,
    HTTP_REQUEST_BODY_SIZE,
    HTTP_REQUEST_METHOD,
    HTTP_REQUEST_METHOD_ORIGINAL,
    HTTP_REQUEST_RESEND_COUNT,
    HTTP_RESPONSE_BODY_SIZE,
    HTTP_RESPONSE_STATUS_CODE,
    HTTP_ROUTE,
    NETWORK_IO_DIRECTION,
    NETWORK_LOCAL_ADDRESS,
    NETWORK_LOCAL_PORT,
    NETWORK_PEER_ADDRESS,
    NETWORK_PEER_PORT,
    NETWORK_PROTOCOL_NAME,
    NETWORK_PROTOCOL_VERSION,
    NETWORK_TRANSPORT,
    NETWORK_TYPE,
    RPC_METHOD,
    RPC_STATUS_CODE,
    RPC_SYSTEM_NAME,
    SERVER_ADDRESS,
    SERVER_PORT,
    SERVICE_NAME,
    TLS_PROTOCOL_VERSION,
    TLS_RESUMED,
    URL_FULL,
    URL_PATH,
    URL_QUERY,
    URL_SCHEME,
    URL_TEMPLATE,
    USER_AGENT_ORIGINAL,
    USER_AGENT_SYNTHETIC_TYPE,
];

//! Metrics with all that an instrument needs to know.

mod connection;
mod transport;

pub use connection::*;
pub use transport::*;

/// A metric: its name and what belongs to it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Metric {
    /// The name.
    pub name: &'static str,
    /// The kind of instrument.
    pub instrument: Instrument,
    /// The unit, as the Unified Code for Units of Measure writes it.
    pub unit: &'static str,
    /// One sentence for people.
    pub description: &'static str,
    /// Upper bounds of the buckets, for a histogram; empty otherwise.
    pub boundaries: &'static [f64],
}

/// The kind of instrument that a [`Metric`] asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Instrument {
    /// Only rises.
    Counter,
    /// Rises and falls.
    UpDownCounter,
    /// A distribution.
    Histogram,
    /// A value that cannot be added up.
    Gauge,
}

/// Seconds, for what a request, a call, a handshake or a connect takes. The conventions' own bounds.
pub const REQUEST_SECONDS: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// Bytes of a body: empty, then powers of four from 64 B to 64 MiB. The convention gives no bounds, and the SDK's
/// default ends at 10,000, which would throw all larger bodies together.
pub const BODY_BYTES: &[f64] = &[
    0.0,
    64.0,
    256.0,
    1024.0,
    4096.0,
    16384.0,
    65536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
];

/// From the start of a request to the last byte of its response. Stable.
pub const HTTP_SERVER_REQUEST_DURATION: Metric = Metric {
    name: "http.server.request.duration",
    instrument: Instrument::Histogram,
    unit: "s",
    description: "Duration of HTTP server requests.",
    boundaries: REQUEST_SECONDS,
};

/// Requests that have started and not ended. Development.
pub const HTTP_SERVER_ACTIVE_REQUESTS: Metric = Metric {
    name: "http.server.active_requests",
    instrument: Instrument::UpDownCounter,
    unit: "{request}",
    description: "Number of active HTTP server requests.",
    boundaries: &[],
};

/// Bytes of the request's body. Development.
pub const HTTP_SERVER_REQUEST_BODY_SIZE: Metric = Metric {
    name: "http.server.request.body.size",
    instrument: Instrument::Histogram,
    unit: "By",
    description: "Size of HTTP server request bodies.",
    boundaries: BODY_BYTES,
};

/// Bytes of the response's body. Development.
pub const HTTP_SERVER_RESPONSE_BODY_SIZE: Metric = Metric {
    name: "http.server.response.body.size",
    instrument: Instrument::Histogram,
    unit: "By",
    description: "Size of HTTP server response bodies.",
    boundaries: BODY_BYTES,
};

/// From the start of a request to the head of its response. Our own name.
pub const HTTP_SERVER_RESPONSE_HEAD_DURATION: Metric = Metric {
    name: "http.server.response.head.duration",
    instrument: Instrument::Histogram,
    unit: "s",
    description: "Duration from the start of HTTP server requests to the head of their responses.",
    boundaries: REQUEST_SECONDS,
};

/// From the start of a request to the end of its response. Stable.
pub const HTTP_CLIENT_REQUEST_DURATION: Metric = Metric {
    name: "http.client.request.duration",
    instrument: Instrument::Histogram,
    unit: "s",
    description: "Duration of HTTP client requests.",
    boundaries: REQUEST_SECONDS,
};

/// Bytes of the request's body. Development.
pub const HTTP_CLIENT_REQUEST_BODY_SIZE: Metric = Metric {
    name: "http.client.request.body.size",
    instrument: Instrument::Histogram,
    unit: "By",
    description: "Size of HTTP client request bodies.",
    boundaries: BODY_BYTES,
};

/// Bytes of the response's body. Development.
pub const HTTP_CLIENT_RESPONSE_BODY_SIZE: Metric = Metric {
    name: "http.client.response.body.size",
    instrument: Instrument::Histogram,
    unit: "By",
    description: "Size of HTTP client response bodies.",
    boundaries: BODY_BYTES,
};

/// Requests that have started and not ended. Development.
pub const HTTP_CLIENT_ACTIVE_REQUESTS: Metric = Metric {
    name: "http.client.active_requests",
    instrument: Instrument::UpDownCounter,
    unit: "{request}",
    description: "Number of active HTTP requests.",
    boundaries: &[],
};

/// Connections of the pool, by whether they are in use. Development.
pub const HTTP_CLIENT_OPEN_CONNECTIONS: Metric = Metric {
    name: "http.client.open_connections",
    instrument: Instrument::UpDownCounter,
    unit: "{connection}",
    description: "Number of outbound HTTP connections that are currently active or idle on the client.",
    boundaries: &[],
};

/// From the connect that succeeded to the end of the connection. Development.
pub const HTTP_CLIENT_CONNECTION_DURATION: Metric = Metric {
    name: "http.client.connection.duration",
    instrument: Instrument::Histogram,
    unit: "s",
    description: "The duration of the successfully established outbound HTTP connections.",
    boundaries: CONNECTION_SECONDS,
};

/// From the start of a call to its status. Release candidate.
pub const RPC_SERVER_CALL_DURATION: Metric = Metric {
    name: "rpc.server.call.duration",
    instrument: Instrument::Histogram,
    unit: "s",
    description: "Measures the duration of an incoming Remote Procedure Call (RPC).",
    boundaries: REQUEST_SECONDS,
};

/// From the start of a call to its status. Release candidate.
pub const RPC_CLIENT_CALL_DURATION: Metric = Metric {
    name: "rpc.client.call.duration",
    instrument: Instrument::Histogram,
    unit: "s",
    description: "Measures the duration of an outgoing Remote Procedure Call (RPC).",
    boundaries: REQUEST_SECONDS,
};

/// Threads that run tasks. Our own name.
pub const TOKIO_RUNTIME_WORKERS: Metric = Metric {
    name: "tokio.runtime.workers",
    instrument: Instrument::UpDownCounter,
    unit: "{worker}",
    description: "Number of worker threads of the Tokio runtime.",
    boundaries: &[],
};

/// Tasks that were spawned and have not ended. Our own name.
pub const TOKIO_RUNTIME_ACTIVE_TASKS: Metric = Metric {
    name: "tokio.runtime.active_tasks",
    instrument: Instrument::UpDownCounter,
    unit: "{task}",
    description: "Number of tasks of the Tokio runtime that are alive.",
    boundaries: &[],
};

/// Tasks that wait for a worker in the queue that all workers share. Our own name.
pub const TOKIO_RUNTIME_GLOBAL_QUEUE_DEPTH: Metric = Metric {
    name: "tokio.runtime.global_queue.depth",
    instrument: Instrument::UpDownCounter,
    unit: "{task}",
    description: "Number of tasks in the global queue of the Tokio runtime.",
    boundaries: &[],
};

/// How often a worker has gone to sleep, by worker. Our own name.
pub const TOKIO_RUNTIME_WORKER_PARKS: Metric = Metric {
    name: "tokio.runtime.worker.parks",
    instrument: Instrument::Counter,
    unit: "{park}",
    description: "Number of times that a worker thread of the Tokio runtime parked, for lack of work.",
    boundaries: &[],
};

/// For how long a worker has run tasks, by worker. Our own name.
pub const TOKIO_RUNTIME_WORKER_BUSY_TIME: Metric = Metric {
    name: "tokio.runtime.worker.busy.time",
    instrument: Instrument::Counter,
    unit: "s",
    description: "Time for which a worker thread of the Tokio runtime was busy.",
    boundaries: &[],
};

#[cfg(test)]
pub(super) const ALL: &[Metric] = &[
    HTTP_SERVER_REQUEST_DURATION,
    HTTP_SERVER_ACTIVE_REQUESTS,
    HTTP_SERVER_REQUEST_BODY_SIZE,
    HTTP_SERVER_RESPONSE_BODY_SIZE,
    HTTP_SERVER_RESPONSE_HEAD_DURATION,
    HTTP_CLIENT_REQUEST_DURATION,
    HTTP_CLIENT_REQUEST_BODY_SIZE,
    HTTP_CLIENT_RESPONSE_BODY_SIZE,
    HTTP_CLIENT_ACTIVE_REQUESTS,
    HTTP_CLIENT_OPEN_CONNECTIONS,
    HTTP_CLIENT_CONNECTION_DURATION,
    RPC_SERVER_CALL_DURATION,
    RPC_CLIENT_CALL_DURATION,
    TRANSPORT_SERVER_ACTIVE_CONNECTIONS,
    TRANSPORT_SERVER_CONNECTION_DURATION,
    TRANSPORT_SERVER_IO,
    TRANSPORT_SERVER_IDLE_CONNECTIONS,
    TRANSPORT_SERVER_CONNECTION_REQUESTS,
    TRANSPORT_SERVER_UPGRADED_CONNECTIONS,
    TRANSPORT_SERVER_REJECTED_CONNECTIONS,
    TRANSPORT_SERVER_ACCEPT_ERRORS,
    TRANSPORT_SERVER_ACCEPT_AGE,
    TRANSPORT_SERVER_TLS_HANDSHAKE_DURATION,
    TRANSPORT_SERVER_TLS_ACTIVE_HANDSHAKES,
    TRANSPORT_SERVER_TLS_IO,
    TRANSPORT_CLIENT_ACTIVE_CONNECTIONS,
    TRANSPORT_CLIENT_CONNECTION_DURATION,
    TRANSPORT_CLIENT_IO,
    TRANSPORT_CLIENT_IDLE_CONNECTIONS,
    TRANSPORT_CLIENT_CONNECT_DURATION,
    TRANSPORT_CLIENT_TLS_HANDSHAKE_DURATION,
    TRANSPORT_CLIENT_TLS_ACTIVE_HANDSHAKES,
    TRANSPORT_CLIENT_TLS_IO,
    TOKIO_RUNTIME_WORKERS,
    TOKIO_RUNTIME_ACTIVE_TASKS,
    TOKIO_RUNTIME_GLOBAL_QUEUE_DEPTH,
    TOKIO_RUNTIME_WORKER_PARKS,
    TOKIO_RUNTIME_WORKER_BUSY_TIME,
    TRANSPORT_SERVER_TCP_RTT,
    TRANSPORT_SERVER_TCP_RETRANSMITS,
    TRANSPORT_SERVER_TCP_UNACKED,
    TRANSPORT_SERVER_TCP_DELIVERY_RATE,
    TRANSPORT_CLIENT_TCP_RTT,
    TRANSPORT_CLIENT_TCP_RETRANSMITS,
    TRANSPORT_CLIENT_TCP_UNACKED,
    TRANSPORT_CLIENT_TCP_DELIVERY_RATE,
    TRANSPORT_UDP_IO,
    TRANSPORT_UDP_DATAGRAMS,
    TRANSPORT_UDP_ERRORS,
];

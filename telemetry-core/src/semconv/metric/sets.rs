//! The attributes of each metric: lists that several of them share.

use super::{MetricAttribute, Presence};
use crate::semconv::{attribute as name, otel_sdk};

type Set = &'static [MetricAttribute];

const fn always(name: &'static str) -> MetricAttribute {
    MetricAttribute { name, presence: Presence::Always }
}

const fn when(name: &'static str, condition: &'static str) -> MetricAttribute {
    MetricAttribute { name, presence: Presence::When(condition) }
}

const fn on_demand(name: &'static str, method: &'static str) -> MetricAttribute {
    MetricAttribute { name, presence: Presence::OnDemand(method) }
}

const METHOD: MetricAttribute = always(name::HTTP_REQUEST_METHOD);
const STATUS: MetricAttribute = when(name::HTTP_RESPONSE_STATUS_CODE, "there was the head of a response");
const FAILED: MetricAttribute = when(name::ERROR_TYPE, "it failed");
const SCHEME: MetricAttribute = on_demand(name::URL_SCHEME, "with_scheme");
const TEMPLATE: MetricAttribute = when(name::URL_TEMPLATE, "the caller tells it");
const WANTED_HOST: MetricAttribute = on_demand(name::SERVER_ADDRESS, "with_server_address");
const WANTED_PORT: MetricAttribute = on_demand(name::SERVER_PORT, "with_server_address");
const URI_HOST: MetricAttribute = when(name::SERVER_ADDRESS, "the URI has it");
const URI_PORT: MetricAttribute = when(name::SERVER_PORT, "the URI has it, or a scheme that is known");

pub(super) const HTTP_SERVER: Set = &[
    FAILED,
    METHOD,
    STATUS,
    when(name::HTTP_ROUTE, "the router tells it"),
    when(name::NETWORK_PROTOCOL_VERSION, "it is 1.0 or later"),
    WANTED_HOST,
    WANTED_PORT,
    always(name::URL_SCHEME),
    on_demand(name::USER_AGENT_SYNTHETIC_TYPE, "with_synthetic_type"),
];

pub(super) const HTTP_SERVER_ACTIVE: Set = &[METHOD, WANTED_HOST, WANTED_PORT, always(name::URL_SCHEME)];

pub(super) const HTTP_CLIENT: Set = &[
    FAILED,
    METHOD,
    STATUS,
    when(name::NETWORK_PROTOCOL_VERSION, "there was the head of a response"),
    URI_HOST,
    URI_PORT,
    SCHEME,
    TEMPLATE,
];

pub(super) const HTTP_CLIENT_ACTIVE: Set = &[METHOD, URI_HOST, URI_PORT, SCHEME, TEMPLATE];

pub(super) const HTTP_CLIENT_OPEN: Set = &[
    always(name::HTTP_CONNECTION_STATE),
    PEER_ADDRESS,
    always(name::NETWORK_PROTOCOL_VERSION),
    URI_HOST,
    URI_PORT,
    SCHEME,
];

pub(super) const HTTP_CLIENT_CONNECTION: Set =
    &[PEER_ADDRESS, always(name::NETWORK_PROTOCOL_VERSION), URI_HOST, URI_PORT, SCHEME];

const PEER_ADDRESS: MetricAttribute = on_demand(name::NETWORK_PEER_ADDRESS, "with_peer_address");

const RPC_METHOD: MetricAttribute = always(name::RPC_METHOD);
const RPC_STATUS: MetricAttribute = when(name::RPC_STATUS_CODE, "the call came to a status");
const RPC_SYSTEM: MetricAttribute = always(name::RPC_SYSTEM_NAME);

pub(super) const RPC_SERVER: Set = &[FAILED, RPC_METHOD, RPC_STATUS, RPC_SYSTEM, WANTED_HOST, WANTED_PORT];
pub(super) const RPC_CLIENT: Set = &[FAILED, RPC_METHOD, RPC_STATUS, RPC_SYSTEM, URI_HOST, URI_PORT];

pub(super) const RUNTIME_WORKER: Set = &[always(name::TOKIO_RUNTIME_WORKER_INDEX)];

const TRANSPORT: MetricAttribute = always(name::NETWORK_TRANSPORT);
const IP_VERSION: MetricAttribute = when(name::NETWORK_TYPE, "there is an IP address");
const NAMED_SERVER: MetricAttribute = when(name::SERVER_ADDRESS, "a listener or a connect names it");
const NAMED_PORT: MetricAttribute = when(name::SERVER_PORT, "a listener or a connect names it");
const DIRECTION: MetricAttribute = always(name::NETWORK_IO_DIRECTION);
const TLS_VERSION: MetricAttribute = when(name::TLS_PROTOCOL_VERSION, "a TLS handshake has come to it");
const ALPN: &str = "TLS has agreed on it by ALPN";

pub(super) const CONNECTION: Set = &[TRANSPORT, IP_VERSION, NAMED_SERVER, NAMED_PORT];

pub(super) const CONNECTION_END: Set = &[
    FAILED,
    when(name::NETWORK_PROTOCOL_NAME, ALPN),
    when(name::NETWORK_PROTOCOL_VERSION, ALPN),
    TRANSPORT,
    IP_VERSION,
    NAMED_SERVER,
    NAMED_PORT,
    TLS_VERSION,
    always(name::TRANSPORT_CLOSE_REASON),
];

pub(super) const CONNECTION_IO: Set = &[DIRECTION, TRANSPORT, IP_VERSION, NAMED_SERVER, NAMED_PORT];

pub(super) const HANDSHAKE: Set = &[
    FAILED,
    TRANSPORT,
    IP_VERSION,
    NAMED_SERVER,
    NAMED_PORT,
    TLS_VERSION,
    when(name::TLS_RESUMED, "a TLS handshake has succeeded"),
];

pub(super) const CONNECT: Set = &[FAILED, TRANSPORT, IP_VERSION, NAMED_SERVER, NAMED_PORT];

pub(super) const ACCEPT_ERRORS: Set = &[always(name::ERROR_TYPE), TRANSPORT, IP_VERSION, NAMED_SERVER, NAMED_PORT];

pub(super) const DATAGRAMS: Set = &[DIRECTION, TRANSPORT, IP_VERSION];
pub(super) const DATAGRAM_ERRORS: Set = &[always(name::ERROR_TYPE), DIRECTION, TRANSPORT, IP_VERSION];

const COMPONENT_NAME: MetricAttribute = always(otel_sdk::COMPONENT_NAME);
const COMPONENT_TYPE: MetricAttribute = always(otel_sdk::COMPONENT_TYPE);
const RECEIVER: MetricAttribute = always(name::SERVER_ADDRESS);
const RECEIVER_PORT: MetricAttribute = always(name::SERVER_PORT);

pub(in crate::semconv) const PROCESSOR: Set = &[COMPONENT_NAME, COMPONENT_TYPE];
pub(in crate::semconv) const PROCESSED: Set =
    &[when(name::ERROR_TYPE, "records were dropped"), COMPONENT_NAME, COMPONENT_TYPE];
pub(in crate::semconv) const EXPORTER: Set = &[COMPONENT_NAME, COMPONENT_TYPE, RECEIVER, RECEIVER_PORT];
pub(in crate::semconv) const EXPORTED: Set = &[FAILED, COMPONENT_NAME, COMPONENT_TYPE, RECEIVER, RECEIVER_PORT];

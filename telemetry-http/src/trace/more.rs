//! Attributes that a layer shows on demand, and those of the caller.

use http::request::Parts;
use telemetry_core::ConnectionInfo;
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::semconv::attribute as name;

use super::description::{address, port};
use super::options::TraceOptions;
use crate::connection::connection_info;
use crate::head::{forwarded, user_agent};
use crate::side::Side;

/// Attributes of a request, one after the other. They go to the sampler as well.
pub(super) fn of_request(options: &TraceOptions, parts: &Parts, mut show: impl FnMut(KeyValue)) {
    // What is in the extensions of a client's request is the connection of another one.
    if options.network_details && options.common.side == Side::Server {
        network(options, parts, &mut show);
    }
    if options.common.synthetic_type
        && let Some(kind) = user_agent::synthetic_type(&parts.headers)
    {
        show(KeyValue::new(name::USER_AGENT_SYNTHETIC_TYPE, kind));
    }
    options.request_headers.visit(&parts.headers, show);
}

fn network(options: &TraceOptions, parts: &Parts, mut show: impl FnMut(KeyValue)) {
    let Some(info) = connection_info(&parts.extensions) else { return };
    show(KeyValue::new(name::NETWORK_TRANSPORT, info.transport().as_str()));
    if let Some(local) = info.local() {
        show(KeyValue::new(name::NETWORK_LOCAL_ADDRESS, address(local)));
        if let Some(port) = port(local) {
            show(KeyValue::new(name::NETWORK_LOCAL_PORT, port));
        }
    }
    if let Some(port) = client_port(options, parts, &info) {
        show(KeyValue::new(name::CLIENT_PORT, port));
    }
}

/// The port that belongs to `client.address`.
fn client_port(options: &TraceOptions, parts: &Parts, info: &ConnectionInfo) -> Option<i64> {
    match options.common.trust_forwarded.then(|| forwarded::client::address(&parts.headers)).flatten() {
        Some(told) => told.and_then(|(_, port)| port).map(i64::from),
        None => info.peer().and_then(port),
    }
}

/// The caller's attributes, the last of each name: the SDK would export all of them. The names that the layer sets itself
/// are left out.
pub(super) fn of_caller(given: &[KeyValue], mut show: impl FnMut(KeyValue)) {
    for (index, attribute) in given.iter().enumerate() {
        let key = attribute.key.as_str();
        let comes_again = given[index + 1..].iter().any(|later| later.key.as_str() == key);
        if !comes_again && !is_ours(key) {
            show(attribute.clone());
        }
    }
}

/// Adds an attribute to those that are to be shown, or replaces the one of its name.
pub(super) fn put(attributes: &mut Vec<KeyValue>, attribute: KeyValue) {
    match attributes.iter_mut().find(|known| known.key == attribute.key) {
        Some(known) => known.value = attribute.value,
        None => attributes.push(attribute),
    }
}

/// The names that the caller's attributes cannot have, even on a request that goes without.
fn is_ours(key: &str) -> bool {
    use name as ours;
    matches!(
        key,
        ours::CLIENT_ADDRESS
            | ours::CLIENT_PORT
            | ours::ERROR_TYPE
            | ours::HTTP_REQUEST_BODY_SIZE
            | ours::HTTP_REQUEST_METHOD
            | ours::HTTP_REQUEST_METHOD_ORIGINAL
            | ours::HTTP_REQUEST_RESEND_COUNT
            | ours::HTTP_RESPONSE_BODY_SIZE
            | ours::HTTP_RESPONSE_STATUS_CODE
            | ours::HTTP_ROUTE
            | ours::NETWORK_LOCAL_ADDRESS
            | ours::NETWORK_LOCAL_PORT
            | ours::NETWORK_PEER_ADDRESS
            | ours::NETWORK_PEER_PORT
            | ours::NETWORK_PROTOCOL_VERSION
            | ours::NETWORK_TRANSPORT
            | ours::SERVER_ADDRESS
            | ours::SERVER_PORT
            | ours::URL_FULL
            | ours::URL_PATH
            | ours::URL_QUERY
            | ours::URL_SCHEME
            | ours::URL_TEMPLATE
            | ours::USER_AGENT_ORIGINAL
            | ours::USER_AGENT_SYNTHETIC_TYPE
    ) || key.starts_with("http.request.header.")
        || key.starts_with("http.response.header.")
}

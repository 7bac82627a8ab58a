//! What a span says of a request before it runs: the conventions' attributes, as far as they are known.

use std::borrow::Cow;

use http::HeaderMap;
use http::header::{HOST, USER_AGENT};
use http::request::Parts;
use telemetry_core::opentelemetry::{KeyValue, StringValue, Value};
use telemetry_core::semconv::attribute as name;
use telemetry_core::{Address, ConnectionInfo};

use super::name::Name;
use super::options::TraceOptions;
use super::recent;
use super::resend::Resends;
use super::value::bounded;
use crate::connection::{Scheme, connection_info};
use crate::head::authority::Authority;
use crate::head::{self, authority, forwarded};
use crate::series::ProtocolVersion;
use crate::side::Side;

/// The attributes that most requests have. What is not known is absent.
#[derive(Debug)]
pub(super) struct Description<'a> {
    pub(super) method: StringValue,
    pub(super) method_original: Option<Cow<'a, str>>,
    /// `http.route`, or `url.template` for a client.
    pub(super) target_name: &'static str,
    pub(super) target: Option<StringValue>,
    pub(super) resend_count: Option<i64>,
    pub(super) path: Option<Cow<'a, str>>,
    pub(super) query: Option<Cow<'a, str>>,
    pub(super) full: Option<Cow<'a, str>>,
    pub(super) scheme: Option<&'static str>,
    pub(super) version: Option<&'static str>,
    pub(super) server_address: Option<StringValue>,
    pub(super) server_port: Option<i64>,
    pub(super) client_address: Option<StringValue>,
    pub(super) peer_address: Option<StringValue>,
    pub(super) peer_port: Option<i64>,
    pub(super) user_agent: Option<StringValue>,
}

impl<'a> Description<'a> {
    pub(super) fn new(options: &TraceOptions, parts: &'a Parts, span: &Name) -> Self {
        let method = parts.method.as_str();
        let common = Self {
            method: span.method.clone(),
            method_original: (method != span.method.as_str()).then(|| bounded(method.into())),
            target_name: target_name(options.common.side),
            target: span.target.clone(),
            resend_count: None,
            path: None,
            query: None,
            full: None,
            scheme: None,
            version: None,
            server_address: None,
            server_port: None,
            client_address: None,
            peer_address: None,
            peer_port: None,
            user_agent: options.user_agent.then(|| agent(&parts.headers)).flatten(),
        };
        match options.common.side {
            Side::Server => common.of_server(options, parts),
            Side::Client => common.of_client(options, parts),
        }
    }

    fn of_server(self, options: &TraceOptions, parts: &'a Parts) -> Self {
        let trusted = options.common.trust_forwarded;
        let server = authority::of_request(parts, trusted);
        let info = connection_info(&parts.extensions);
        let peer = info.as_deref().and_then(ConnectionInfo::peer);
        let peer_address = peer.map(address);
        Self {
            path: Some(bounded(options.redaction.path(&parts.uri))),
            query: options.redaction.query(&parts.uri).map(bounded),
            scheme: Some(head::scheme(&options.common, parts).as_str()),
            version: ProtocolVersion::of(parts.version).map(ProtocolVersion::as_str),
            server_port: server.as_ref().and_then(|server| server.port).map(i64::from),
            server_address: server.map(host),
            client_address: client_address(trusted, &parts.headers, peer_address.as_ref()),
            peer_port: peer.and_then(port),
            peer_address,
            ..self
        }
    }

    fn of_client(self, options: &TraceOptions, parts: &'a Parts) -> Self {
        let scheme = Scheme::of(parts);
        let host_header = || parts.headers.get(HOST)?.to_str().ok();
        let server = authority::of_client_request(parts, scheme);
        Self {
            full: options.redaction.full(&parts.uri, scheme.as_str(), host_header()).map(bounded),
            scheme: options.scheme.then_some(scheme.as_str()),
            resend_count: Resends::count(&parts.extensions),
            server_port: server.as_ref().map(|(_, port)| i64::from(*port)),
            server_address: server.map(|(address, _)| recent::text(&address)),
            ..self
        }
    }
}

/// What the low-cardinality part of a span's name is called.
pub(super) fn target_name(side: Side) -> &'static str {
    match side {
        Side::Server => name::HTTP_ROUTE,
        Side::Client => name::URL_TEMPLATE,
    }
}

impl Description<'_> {
    /// The attributes for a span, with room for those that come late.
    pub(super) fn into_attributes(self) -> Vec<KeyValue> {
        /// All that a request can have, and what its end adds.
        const ROOM: usize = 17;
        let mut attributes = Vec::with_capacity(ROOM);
        let mut show = |name: &'static str, value: Option<Value>| {
            attributes.extend(value.map(|value| KeyValue::new(name, value)));
        };
        let text = |text: Cow<'_, str>| Value::from(text.into_owned());
        show(name::HTTP_REQUEST_METHOD, Some(self.method.into()));
        show(name::HTTP_REQUEST_METHOD_ORIGINAL, self.method_original.map(text));
        show(name::HTTP_REQUEST_RESEND_COUNT, self.resend_count.map(Value::from));
        show(self.target_name, self.target.map(Value::from));
        show(name::URL_PATH, self.path.map(text));
        show(name::URL_QUERY, self.query.map(text));
        show(name::URL_FULL, self.full.map(text));
        show(name::URL_SCHEME, self.scheme.map(Value::from));
        show(name::NETWORK_PROTOCOL_VERSION, self.version.map(Value::from));
        show(name::SERVER_ADDRESS, self.server_address.map(Value::from));
        show(name::SERVER_PORT, self.server_port.map(Value::from));
        show(name::CLIENT_ADDRESS, self.client_address.map(Value::from));
        show(name::NETWORK_PEER_ADDRESS, self.peer_address.map(Value::from));
        show(name::NETWORK_PEER_PORT, self.peer_port.map(Value::from));
        show(name::USER_AGENT_ORIGINAL, self.user_agent.map(Value::from));
        attributes
    }
}

/// An IP address without its port, or the path of a socket.
pub(super) fn address(address: &Address) -> StringValue {
    match address {
        Address::Path(path) => recent::text(&bounded(path.to_string_lossy())),
        // An address that maps IPv4 into IPv6 is one of IPv4.
        other => other.ip().map_or_else(|| StringValue::from(""), recent::address),
    }
}

pub(super) fn port(address: &Address) -> Option<i64> {
    match address {
        Address::Socket(socket) => Some(socket.port().into()),
        _ => None,
    }
}

fn host(server: Authority<'_>) -> StringValue {
    recent::text(&server.address)
}

/// The client behind all proxies, if a proxy may be believed; else the peer. Where a proxy says what cannot be read, nothing
/// is known: the peer is the proxy then.
fn client_address(trusted: bool, headers: &HeaderMap, peer: Option<&StringValue>) -> Option<StringValue> {
    match forwarded::client::address(headers).filter(|_| trusted) {
        Some(told) => told.map(|(ip, _)| recent::address(ip)),
        None => peer.cloned(),
    }
}

fn agent(headers: &HeaderMap) -> Option<StringValue> {
    let agent = headers.get(USER_AGENT)?;
    Some(recent::text(&bounded(String::from_utf8_lossy(agent.as_bytes()))))
}

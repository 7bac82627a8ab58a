use http::HeaderMap;
use http::request::Parts;
use telemetry_core::ConnectionInfo;
use telemetry_core::opentelemetry::{KeyValue, StringValue};
use telemetry_core::semconv::attribute as name;

use super::super::options::TraceOptions;
use super::super::recent;
use super::{address, port};
use crate::connection::connection_info;
use crate::head::lines::Lines;
use crate::head::{self, forwarded};
use crate::series::ProtocolVersion;

/// What else a server's span says of its client, beside what was asked for.
#[derive(Debug)]
pub(in super::super) struct ServerRest {
    pub(in super::super) scheme: &'static str,
    pub(in super::super) client_address: Option<StringValue>,
    pub(in super::super) user_agent: Option<StringValue>,
    version: Option<&'static str>,
    peer_address: Option<StringValue>,
    peer_port: Option<i64>,
}

impl ServerRest {
    #[inline]
    pub(in super::super) fn new(options: &TraceOptions, parts: &Parts, lines: &Lines<'_>) -> Self {
        let info = connection_info(&parts.extensions);
        let peer = info.as_deref().and_then(ConnectionInfo::peer);
        let peer_address = peer.map(address);
        Self {
            scheme: head::scheme(&options.common, parts).as_str(),
            client_address: client_address(options, &parts.headers, peer_address.as_ref()),
            user_agent: lines.user_agent.map(|agent| recent::text(agent.as_bytes())),
            version: ProtocolVersion::of(parts.version).map(ProtocolVersion::as_str),
            peer_port: peer.and_then(port),
            peer_address,
        }
    }

    /// Shows all of it, or what a sampler hardly goes by.
    #[inline]
    pub(in super::super) fn visit(self, all: bool, mut show: impl FnMut(KeyValue)) {
        if all {
            show(KeyValue::new(name::URL_SCHEME, self.scheme));
            show_if(name::CLIENT_ADDRESS, self.client_address, &mut show);
            show_if(name::USER_AGENT_ORIGINAL, self.user_agent, &mut show);
        }
        if let Some(version) = self.version {
            show(KeyValue::new(name::NETWORK_PROTOCOL_VERSION, version));
        }
        show_if(name::NETWORK_PEER_ADDRESS, self.peer_address, &mut show);
        if let Some(port) = self.peer_port {
            show(KeyValue::new(name::NETWORK_PEER_PORT, port));
        }
    }
}

#[inline]
fn show_if(name: &'static str, text: Option<StringValue>, mut show: impl FnMut(KeyValue)) {
    if let Some(text) = text {
        show(KeyValue::new(name, text));
    }
}

/// The client behind all proxies, if a proxy may be believed; else the peer. Where a proxy says what cannot be read, nothing
/// is known: the peer is the proxy then.
#[inline]
fn client_address(options: &TraceOptions, headers: &HeaderMap, peer: Option<&StringValue>) -> Option<StringValue> {
    let told = if options.common.trust_forwarded { forwarded::client::address(headers) } else { None };
    match told {
        Some(told) => told.map(|(ip, _)| recent::address(ip)),
        None => peer.cloned(),
    }
}

use std::borrow::Cow;

use http::HeaderMap;
use http::request::Parts;
use telemetry_core::ConnectionInfo;
use telemetry_core::opentelemetry::{KeyValue, StringValue};
use telemetry_core::semconv::attribute as name;

use super::super::name::Name;
use super::super::options::TraceOptions;
use super::super::recent;
use super::super::value::bounded;
use super::{Attributes, address, original};
use crate::connection::connection_info;
use crate::head::lines::Lines;
use crate::head::{self, authority, forwarded};

/// A request as its server sees it. What is not known is absent.
#[derive(Debug)]
pub(in super::super) struct ServerRequest<'a> {
    pub(in super::super) method: StringValue,
    pub(in super::super) method_original: Option<Cow<'a, str>>,
    pub(in super::super) route: Option<StringValue>,
    pub(in super::super) path: Cow<'a, str>,
    pub(in super::super) query: Option<Cow<'a, str>>,
    pub(in super::super) scheme: &'static str,
    pub(in super::super) server: Option<recent::Host>,
    pub(in super::super) client_address: Option<StringValue>,
    pub(in super::super) user_agent: Option<StringValue>,
}

impl<'a> ServerRequest<'a> {
    #[inline]
    pub(in super::super) fn new(options: &TraceOptions, parts: &'a Parts, span: &Name) -> Self {
        let trusted = options.common.trust_forwarded;
        let lines = Lines::of(&parts.headers);
        let method = span.method();
        Self {
            method_original: original(parts, &method),
            method,
            route: span.target(),
            path: bounded(options.redaction.path(&parts.uri)),
            query: options.redaction.query(&parts.uri).map(bounded),
            scheme: head::scheme(&options.common, parts).as_str(),
            server: authority::written(parts, trusted, || lines.host()).and_then(|host| recent::host(&host)),
            client_address: client_address(trusted, parts),
            user_agent: lines.user_agent.map(|agent| recent::text(agent.as_bytes())),
        }
    }

    #[inline]
    pub(in super::super) fn into_attributes(self) -> Vec<KeyValue> {
        let mut list = Attributes::new();
        list.show(name::HTTP_REQUEST_METHOD, self.method);
        list.show_if(name::HTTP_REQUEST_METHOD_ORIGINAL, self.method_original.map(Cow::into_owned));
        list.show_if(name::HTTP_ROUTE, self.route);
        list.show(name::URL_PATH, self.path.into_owned());
        list.show_if(name::URL_QUERY, self.query.map(Cow::into_owned));
        list.show(name::URL_SCHEME, self.scheme);
        if let Some((address, port)) = self.server {
            list.show(name::SERVER_ADDRESS, address);
            list.show_if(name::SERVER_PORT, port.map(i64::from));
        }
        list.show_if(name::CLIENT_ADDRESS, self.client_address);
        list.show_if(name::USER_AGENT_ORIGINAL, self.user_agent);
        list.0
    }
}

/// The client behind all proxies, if a proxy may be believed; else the peer. Where a proxy says what cannot be read, nothing
/// is known: the peer is the proxy then.
#[inline]
fn client_address(trusted: bool, parts: &Parts) -> Option<StringValue> {
    match told(trusted, &parts.headers) {
        Some(told) => told,
        None => connection_info(&parts.extensions).as_deref().and_then(ConnectionInfo::peer).map(address),
    }
}

fn told(trusted: bool, headers: &HeaderMap) -> Option<Option<StringValue>> {
    let told = if trusted { forwarded::client::address(headers) } else { None };
    told.map(|told| told.map(|(ip, _)| recent::address(ip)))
}

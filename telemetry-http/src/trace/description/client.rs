use std::borrow::Cow;

use http::request::Parts;
use telemetry_core::opentelemetry::{KeyValue, StringValue};
use telemetry_core::semconv::attribute as name;

use super::super::name::Name;
use super::super::options::TraceOptions;
use super::super::recent;
use super::super::resend::Resends;
use super::super::value::bounded;
use super::{Attributes, original};
use crate::connection::Scheme;
use crate::head::lines::Lines;
use crate::head::{authority, scheme_named};

/// A request as its client sees it. What is not known is absent.
#[derive(Debug)]
pub(in super::super) struct ClientRequest<'a> {
    pub(in super::super) method: StringValue,
    pub(in super::super) method_original: Option<Cow<'a, str>>,
    pub(in super::super) resend_count: Option<i64>,
    pub(in super::super) template: Option<StringValue>,
    pub(in super::super) full: Option<Cow<'a, str>>,
    pub(in super::super) scheme: Option<&'static str>,
    pub(in super::super) server: Option<(StringValue, u16)>,
    pub(in super::super) user_agent: Option<StringValue>,
}

impl<'a> ClientRequest<'a> {
    pub(in super::super) fn new(options: &TraceOptions, parts: &'a Parts, lines: &Lines<'a>, span: &Name) -> Self {
        let scheme = scheme(parts);
        let server = authority::written_by_client(parts, || lines.host()).and_then(recent::host);
        let method = span.method();
        Self {
            method_original: original(parts, &method),
            method,
            resend_count: Resends::count(&parts.extensions),
            template: span.target(),
            full: options.redaction.full(&parts.uri, scheme.as_str(), lines.host()).map(bounded),
            scheme: options.scheme.then_some(scheme.as_str()),
            server: server.map(|(address, port)| {
                let port = port.unwrap_or_else(|| authority::default_port(parts, scheme));
                (address, port)
            }),
            user_agent: lines.user_agent.filter(|_| options.user_agent).map(|agent| recent::text(agent.as_bytes())),
        }
    }

    pub(in super::super) fn into_attributes(self) -> Vec<KeyValue> {
        let mut list = Attributes::new();
        list.show(name::HTTP_REQUEST_METHOD, self.method);
        list.show_if(name::HTTP_REQUEST_METHOD_ORIGINAL, self.method_original.map(Cow::into_owned));
        list.show_if(name::HTTP_REQUEST_RESEND_COUNT, self.resend_count);
        list.show_if(name::URL_FULL, self.full.map(Cow::into_owned));
        list.show_if(name::URL_SCHEME, self.scheme);
        list.show_if(name::URL_TEMPLATE, self.template);
        if let Some((address, port)) = self.server {
            list.show(name::SERVER_ADDRESS, address);
            list.show(name::SERVER_PORT, i64::from(port));
        }
        list.show_if(name::USER_AGENT_ORIGINAL, self.user_agent);
        list.0
    }
}

/// What the target names comes first: a connection in the extensions may be that of the request which this one answers.
fn scheme(parts: &Parts) -> Scheme {
    parts.uri.scheme_str().and_then(scheme_named).unwrap_or_else(|| Scheme::of(parts))
}

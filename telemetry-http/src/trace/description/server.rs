use std::borrow::Cow;

use http::request::Parts;
use telemetry_core::opentelemetry::{KeyValue, StringValue};
use telemetry_core::semconv::attribute as name;

use super::super::name::Name;
use super::super::options::TraceOptions;
use super::super::recent;
use super::super::value::bounded;
use super::{Attributes, original};
use crate::head::authority;
use crate::head::lines::Lines;

/// A request as its server sees it. What is not known is absent.
#[derive(Debug)]
pub(in super::super) struct ServerRequest<'a> {
    pub(in super::super) method: StringValue,
    pub(in super::super) method_original: Option<Cow<'a, str>>,
    pub(in super::super) route: Option<StringValue>,
    pub(in super::super) path: Cow<'a, str>,
    pub(in super::super) query: Option<Cow<'a, str>>,
    pub(in super::super) server: Option<recent::Host>,
}

impl<'a> ServerRequest<'a> {
    #[inline]
    pub(in super::super) fn new(options: &TraceOptions, parts: &'a Parts, lines: &Lines<'a>, span: &Name) -> Self {
        let trusted = options.common.trust_forwarded;
        let method = span.method();
        Self {
            method_original: original(parts, &method),
            method,
            route: span.target(),
            path: bounded(options.redaction.path(&parts.uri)),
            query: options.redaction.query(&parts.uri).map(bounded),
            server: authority::written(parts, trusted, || lines.host()).and_then(|host| recent::host(&host)),
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
        if let Some((address, port)) = self.server {
            list.show(name::SERVER_ADDRESS, address);
            list.show_if(name::SERVER_PORT, port.map(i64::from));
        }
        list.0
    }
}

//! Any request, with any options: both ways export the same.

use http::header::{ACCEPT, CACHE_CONTROL};
use http::{Request, Response};
use proptest::prelude::*;
use proptest::sample::select;
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::opentelemetry::trace::{SpanKind, Status};
use telemetry_http::{ClientTraceLayer, HttpRoute, RequestLabels, RequestTraceLayer, UrlTemplate};

use crate::attributes::peer;
use crate::{Body, Spans, Way, exchange, traceparent};

const METHODS: [&str; 7] = ["GET", "POST", "HEAD", "OPTIONS", "QUERY", "get", "PURGE"];
const TARGETS: [&str; 8] = [
    "/",
    "/users/42",
    "/a%20b/?",
    "/x?sig=s3cret&b=c&sig",
    "http://me:pw@Shop.Example:81/p?q",
    "https://[::1]",
    "https://shop.example/users/42?token=a",
    "*",
];
const HOSTS: [&str; 6] = ["shop.example", "Shop.Example:81", "[::1]:80", "a b", "me:pw@shop.example", ""];
const AGENTS: [&str; 3] = ["curl/8", "Googlebot/2.1", ""];
const FORWARDED: [&str; 4] =
    ["for=198.51.100.9", "for=\"[2001:db8::9]:81\";proto=https;host=outer.example", "for=_x;host=\"a", "proto=gopher"];
const STATUSES: [u16; 7] = [200, 204, 302, 304, 404, 500, 503];

/// What is sent, and by which layer.
#[derive(Clone, Debug)]
struct Case {
    method: &'static str,
    target: &'static str,
    host: Option<&'static str>,
    agent: Option<&'static str>,
    forwarded: Option<&'static str>,
    has_peer: bool,
    /// Sampled or not.
    caller: Option<bool>,
    status: u16,
    is_server: bool,
    /// One bit for each option.
    options: u16,
}

fn cases() -> impl Strategy<Value = Case> {
    let request = (
        select(&METHODS[..]),
        select(&TARGETS[..]),
        prop::option::of(select(&HOSTS[..])),
        prop::option::of(select(&AGENTS[..])),
        prop::option::of(select(&FORWARDED[..])),
    );
    let rest = (any::<bool>(), any::<Option<bool>>(), select(&STATUSES[..]), any::<bool>(), any::<u16>());
    (request, rest).prop_map(
        |((method, target, host, agent, forwarded), (has_peer, caller, status, is_server, options))| Case {
            method,
            target,
            host,
            agent,
            forwarded,
            has_peer,
            caller,
            status,
            is_server,
            options,
        },
    )
}

/// All that an exporter is to get, whatever made it.
type Exported = (String, SpanKind, Status, Vec<String>, bool, usize);

impl Case {
    fn has(&self, option: u16) -> bool {
        self.options & (1 << option) != 0
    }

    fn request(&self) -> http::request::Builder {
        let mut request = Request::builder().method(self.method).uri(self.target).header("accept", "*/*");
        let headers = [("host", self.host), ("user-agent", self.agent), ("forwarded", self.forwarded)];
        for (name, value) in headers {
            request = value.into_iter().fold(request, |request, value| request.header(name, value));
        }
        if self.has_peer {
            request = request.extension(peer());
        }
        if let Some(is_sampled) = self.caller {
            request = request.header("traceparent", traceparent(is_sampled));
        }
        if self.has(0) { request.extension(UrlTemplate::new("/users/{id}")) } else { request }
    }

    fn answer(&self, parts: &http::request::Parts) -> Response<Body> {
        if let Some(labels) = parts.extensions.get::<RequestLabels>() {
            labels.add(KeyValue::new("shop.plan", "gold"));
        }
        let mut response = Response::builder().status(self.status).header("cache-control", "no-store");
        if self.has(1) {
            response = response.extension(HttpRoute::new("/late/{id}"));
        }
        response.body("hello".into()).unwrap()
    }

    fn server(&self, mut layer: RequestTraceLayer) -> RequestTraceLayer {
        let options: [fn(RequestTraceLayer) -> RequestTraceLayer; 12] = [
            RequestTraceLayer::with_forwarded_headers,
            RequestTraceLayer::with_network_details,
            RequestTraceLayer::with_synthetic_type,
            RequestTraceLayer::with_sampler_attributes,
            RequestTraceLayer::with_linked_parent,
            RequestTraceLayer::with_body_sizes,
            RequestTraceLayer::with_labels,
            |layer| layer.with_route(|_| Some("/given/{id}".into())),
            |layer| layer.with_request_headers([ACCEPT]).with_response_headers([CACHE_CONTROL]),
            |layer| layer.with_span_name(|_| Some("given".into())),
            |layer| layer.with_attributes([KeyValue::new("shop.n", 7)]),
            |layer| layer.with_response_attributes(|_| vec![KeyValue::new("shop.answer", true)]),
        ];
        for (bit, option) in (2..).zip(options) {
            layer = if self.has(bit) { option(layer) } else { layer };
        }
        layer
    }

    fn client(&self, mut layer: ClientTraceLayer) -> ClientTraceLayer {
        let options: [fn(ClientTraceLayer) -> ClientTraceLayer; 10] = [
            ClientTraceLayer::with_scheme,
            ClientTraceLayer::with_user_agent,
            ClientTraceLayer::with_network_details,
            ClientTraceLayer::with_synthetic_type,
            ClientTraceLayer::with_sampler_attributes,
            ClientTraceLayer::with_body_sizes,
            |layer| layer.with_redacted_query_keys(["token"]),
            |layer| layer.with_request_headers([ACCEPT]).with_response_headers([CACHE_CONTROL]),
            |layer| layer.with_span_name(|_| Some("given".into())),
            |layer| layer.with_attributes([KeyValue::new("shop.n", 7)]),
        ];
        for (bit, option) in (2..).zip(options) {
            layer = if self.has(bit) { option(layer) } else { layer };
        }
        layer
    }

    fn exported(&self, way: Way) -> Option<Exported> {
        let spans = Spans::new(way);
        if self.is_server {
            exchange(&self.server(spans.server()), self.request(), |parts| self.answer(&parts));
        } else {
            exchange(&self.client(spans.client()), self.request(), |parts| self.answer(&parts));
        }
        let mut finished = spans.kept.finished();
        let span = finished.pop()?;
        assert!(finished.is_empty(), "one span at most");
        let attributes = span.attributes();
        for attribute in &span.attributes {
            // It panics if one is there twice.
            assert!(span.attribute(attribute.key.as_str()).is_some());
        }
        assert!(!attributes.iter().any(|text| text.contains("pw@")), "{attributes:?}");
        let (links, is_root) = (span.links.links.len(), span.is_root());
        Some((span.name.to_string(), span.span_kind.clone(), span.status.clone(), attributes, is_root, links))
    }
}

proptest! {
    #[test]
    fn sp_20_sp_51_both_ways_export_the_same(case in cases()) {
        let [api, tracing] = Way::ALL.map(|way| case.exported(way));
        prop_assert_eq!(&api, &tracing);
        let is_dropped = case.is_server && case.caller == Some(false) && !case.has(6);
        prop_assert_eq!(api.is_none(), is_dropped);
    }
}

//! Name, kind, parent and attributes.

use anyhow::Result;
use axum::body::Body;
use http::{Method, Request, StatusCode, Version};
use telemetry_core::opentelemetry::trace::SpanKind;

use super::run::{Build, PARENT, TRACE, attribute, span, traced};
use crate::conformance::drive::Handler;
use crate::conformance::finding::Finding;
use crate::conformance::table::Probe;

pub(super) const NAME: Probe<Build> = Probe {
    id: "name",
    asks: "GET /users/42, whose route is /users/{id}: the span's name",
    wants: "GET /users/{id}: conventions, method and route",
    run: |build| {
        let span = span(build, Handler::status(StatusCode::OK), traced()?)?;
        Ok(Finding::judged(&span.name, span.name == "GET /users/{id}"))
    },
};

pub(super) const KIND: Probe<Build> = Probe {
    id: "kind",
    asks: "the same: the span's kind",
    wants: "Server: conventions",
    run: |build| {
        let span = span(build, Handler::status(StatusCode::OK), traced()?)?;
        Ok(Finding::judged(format!("{:?}", span.span_kind), span.span_kind == SpanKind::Server))
    },
};

pub(super) const CLIENT: Probe<Build> = Probe {
    id: "parent",
    asks: "the same with a traceparent: the span's parent",
    wants: "the client's: W3C Trace Context",
    run: |build| {
        let span = span(build, Handler::status(StatusCode::OK), traced()?)?;
        let (trace, parent) = (span.span_context.trace_id().to_string(), span.parent_span_id.to_string());
        let is_right = (trace.as_str(), parent.as_str()) == (TRACE, PARENT);
        Ok(Finding::judged(if is_right { "the client's" } else { "another, or none" }, is_right))
    },
};

pub(super) const ROUTE: Probe<Build> = Probe {
    id: "route",
    asks: "the same: http.route",
    wants: "/users/{id}: conventions, required if it is known",
    run: |build| value(build, traced()?, "http.route", "/users/{id}"),
};

pub(super) const SCHEME: Probe<Build> = Probe {
    id: "scheme-origin-form",
    asks: "the same, in origin form: url.scheme",
    wants: "http: conventions, required",
    run: |build| value(build, traced()?, "url.scheme", "http"),
};

pub(super) const HTTP_2: Probe<Build> = Probe {
    id: "http-2-version",
    asks: "a request of HTTP/2: network.protocol.version",
    wants: "2: conventions, recommended, and 2 is HTTP/2's version",
    run: |build| {
        let mut request = traced()?;
        *request.version_mut() = Version::HTTP_2;
        *request.uri_mut() = "http://example.com/users/42".parse()?;
        value(build, request, "network.protocol.version", "2")
    },
};

pub(super) const METHOD: Probe<Build> = Probe {
    id: "unknown-method",
    asks: "a method that nobody knows, BREW: http.request.method, and the span's name",
    wants: "_OTHER, and a name without BREW: conventions",
    run: |build| {
        let mut request = traced()?;
        *request.method_mut() = Method::from_bytes(b"BREW")?;
        let span = span(build, Handler::status(StatusCode::OK), request)?;
        let method = attribute(&span, "http.request.method");
        let is_right = method == "_OTHER" && !span.name.contains("BREW");
        Ok(Finding::judged(format!("{method}, name {}", span.name), is_right))
    },
};

fn value(build: Build, request: Request<Body>, name: &str, wanted: &str) -> Result<Finding> {
    let value = attribute(&span(build, Handler::status(StatusCode::OK), request)?, name);
    Ok(Finding::judged(&value, value == wanted))
}

//! The layers of other crates, as their documentation sets them up.

use axum_tracing_opentelemetry::middleware::OtelAxumLayer;
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use opentelemetry_http::HeaderExtractor;
use opentelemetry_instrumentation_tower::http::server::LayerBuilder;
use telemetry_benches::request::answer;
use telemetry_benches::spans::{Entry, Expected, SERVER_SPAN, sender};
use telemetry_core::opentelemetry::global;
use telemetry_core::opentelemetry::trace::SpanKind;
use tower::{Layer, service_fn};
use tower_http::trace::{DefaultMakeSpan, TraceLayer};
use tower_otel::trace::HttpLayer;
use tracing::{Level, Span, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// With its spans alone.
pub(super) const INSTRUMENTATION_TOWER: Entry = Entry {
    name: "opentelemetry-instrumentation-tower",
    on_tracing: false,
    span: Some(SERVER_SPAN),
    build: |request| {
        let layer = LayerBuilder::builder().with_metrics(false).build()?;
        Ok(sender(request, layer.layer(service_fn(answer))))
    },
};

/// Its spans have the name `request`, are internal, and begin a trace of their own.
pub(super) const TOWER_HTTP: Entry = Entry {
    name: "tower-http",
    on_tracing: true,
    span: Some(Expected { has_parent: false, ..TOWER_HTTP_SPAN }),
    build: |request| {
        let layer = TraceLayer::new_for_http().make_span_with(DefaultMakeSpan::new().level(Level::INFO));
        Ok(sender(request, layer.layer(service_fn(answer))))
    },
};

/// The same with a function that makes the same span and gives it the client's as its parent.
pub(super) const TOWER_HTTP_PARENT: Entry = Entry {
    name: "tower-http-parent",
    on_tracing: true,
    span: Some(TOWER_HTTP_SPAN),
    build: |request| {
        let layer = TraceLayer::new_for_http().make_span_with(with_parent);
        Ok(sender(request, layer.layer(service_fn(answer))))
    },
};

const TOWER_HTTP_SPAN: Expected = Expected { name: "request", kind: SpanKind::Internal, has_parent: true };

fn with_parent(request: &Request<Full<Bytes>>) -> Span {
    let span = info_span!(
        "request",
        method = %request.method(),
        uri = %request.uri(),
        version = ?request.version(),
    );
    let parent = global::get_text_map_propagator(|format| format.extract(&HeaderExtractor(request.headers())));
    // It fails where no span is recorded.
    let _ = span.set_parent(parent);
    span
}

pub(super) const TOWER_OTEL: Entry = Entry {
    name: "tower-otel",
    on_tracing: true,
    span: Some(SERVER_SPAN),
    build: |request| Ok(sender(request, HttpLayer::server(Level::INFO).layer(service_fn(answer)))),
};

/// With its feature `tracing_level_info`: its spans are of the level TRACE otherwise.
pub(super) const AXUM_TRACING_OPENTELEMETRY: Entry = Entry {
    name: "axum-tracing-opentelemetry",
    on_tracing: true,
    span: Some(SERVER_SPAN),
    build: |request| Ok(sender(request, OtelAxumLayer::default().layer(service_fn(answer)))),
};

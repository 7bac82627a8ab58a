//! Our layer, with its spans on the API of OpenTelemetry and as those of `tracing`.

use telemetry_http::RequestTraceLayer;
use tower::{Layer, service_fn};

use super::arrivals::SERVER_SPAN;
use super::request::sender;
use super::systems::Entry;
use crate::request::answer;

/// Spans on the API of OpenTelemetry.
pub const OURS_OTEL: Entry = Entry {
    name: "ours-otel",
    on_tracing: false,
    span: Some(SERVER_SPAN),
    build: |request| Ok(sender(request, RequestTraceLayer::new().layer(service_fn(answer)))),
};

/// Spans of `tracing`.
pub const OURS_TRACING: Entry = Entry {
    name: "ours-tracing",
    on_tracing: true,
    span: Some(SERVER_SPAN),
    build: |request| Ok(sender(request, RequestTraceLayer::tracing().layer(service_fn(answer)))),
};

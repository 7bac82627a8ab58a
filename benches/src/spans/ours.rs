//! Our layer, with its spans on the API of OpenTelemetry and as those of `tracing`.

use telemetry_http::{RequestMetricsLayer, RequestTraceLayer};
use tower::{Layer, service_fn};

use super::arrivals::SERVER_SPAN;
use super::systems::Entry;
use crate::request::{answer, sender};

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

/// Spans on the API of OpenTelemetry inside of the layer for metrics, whose provider is the process's.
pub const METRICS_AND_TRACE: Entry = Entry {
    name: "metrics-and-trace",
    on_tracing: false,
    span: Some(SERVER_SPAN),
    build: |request| {
        let traced = RequestTraceLayer::new().layer(service_fn(answer));
        Ok(sender(request, RequestMetricsLayer::new().layer(traced)))
    },
};

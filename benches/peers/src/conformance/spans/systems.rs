//! Our layer and those of other crates, as their documentation sets them up.

use axum_tracing_opentelemetry::middleware::OtelAxumLayer;
use opentelemetry_instrumentation_tower::http::server::LayerBuilder;
use telemetry_http::RequestTraceLayer;
use tower::Layer;
use tower_http::trace::{DefaultMakeSpan, TraceLayer};
use tracing::Level;

use super::run::Build;
use crate::conformance::drive::Client;
use crate::conformance::table::System;

pub(super) const SYSTEMS: &[System<Build>] = &[
    System {
        name: "ours-otel",
        packages: &["telemetry-http"],
        is_ours: true,
        build: |handler| Ok(Client::new(RequestTraceLayer::new().layer(handler))),
    },
    System {
        name: "ours-tracing",
        packages: &["telemetry-http", "tracing-opentelemetry"],
        is_ours: true,
        build: |handler| Ok(Client::new(RequestTraceLayer::tracing().layer(handler))),
    },
    System {
        name: "opentelemetry-instrumentation-tower",
        packages: &["opentelemetry-instrumentation-tower"],
        is_ours: false,
        build: |handler| Ok(Client::new(LayerBuilder::builder().with_metrics(false).build()?.layer(handler))),
    },
    System {
        name: "tower-http",
        packages: &["tower-http", "tracing-opentelemetry"],
        is_ours: false,
        build: |handler| {
            let layer = TraceLayer::new_for_http().make_span_with(DefaultMakeSpan::new().level(Level::INFO));
            Ok(Client::new(layer.layer(handler)))
        },
    },
    System {
        name: "tower-otel",
        packages: &["tower-otel", "tracing-opentelemetry"],
        is_ours: false,
        build: |handler| Ok(Client::new(tower_otel::trace::HttpLayer::server(Level::INFO).layer(handler))),
    },
    System {
        name: "axum-tracing-opentelemetry",
        packages: &["axum-tracing-opentelemetry", "tracing-opentelemetry"],
        is_ours: false,
        build: |handler| Ok(Client::new(OtelAxumLayer::default().layer(handler))),
    },
];

//! Our layer and those of other crates, as their documentation sets them up.

use std::sync::Arc;

use anyhow::Result;
use axum_otel_metrics::HttpMetricsLayerBuilder;
use axum_prometheus::utils::SECONDS_DURATION_BUCKETS;
use axum_prometheus::{AXUM_HTTP_REQUESTS_DURATION_SECONDS, BaseMetricLayer};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};
use opentelemetry_instrumentation_tower::http::server::LayerBuilder;
use prometheus::{Registry, TextEncoder};
use telemetry_core::MeterOptions;
use telemetry_core::opentelemetry::global;
use telemetry_core::opentelemetry::metrics::MeterProvider;
use telemetry_core::opentelemetry_sdk::metrics::SdkMeterProvider;
use telemetry_http::RequestMetricsLayer;
use telemetry_prometheus::{Format, PrometheusExporter};
use tower::Layer;

use super::run::{Build, Subject};
use crate::conformance::drive::{Client, Handler};
use crate::conformance::table::System;
use crate::request::provider;

pub(super) const SYSTEMS: &[System<Build>] = &[
    System { name: "ours", packages: &["telemetry-http"], is_ours: true, build: ours },
    System {
        name: "opentelemetry-instrumentation-tower",
        packages: &["opentelemetry-instrumentation-tower"],
        is_ours: false,
        build: instrumentation_tower,
    },
    System { name: "tower-otel", packages: &["tower-otel"], is_ours: false, build: tower_otel },
    System { name: "axum-otel-metrics", packages: &["axum-otel-metrics"], is_ours: false, build: axum_otel_metrics },
    System {
        name: "axum-prometheus",
        packages: &["axum-prometheus", "metrics-exporter-prometheus"],
        is_ours: false,
        build: axum_prometheus,
    },
];

pub(super) fn ours(handler: Handler) -> Result<Subject> {
    let exporter = PrometheusExporter::new();
    let provider = SdkMeterProvider::builder().with_reader(exporter.clone()).build();
    let layer = RequestMetricsLayer::custom(MeterOptions::default().with_meter_provider(provider));
    let client = Client::new(layer.layer(handler));
    Ok(Subject::new(client, move || Ok(String::from_utf8(exporter.render(Format::PrometheusText)?.into())?)))
}

fn instrumentation_tower(handler: Handler) -> Result<Subject> {
    let (provider, page) = provider()?;
    // It takes its meter from here and nowhere else.
    global::set_meter_provider(provider);
    let layer = LayerBuilder::builder().with_tracing(false).build()?;
    Ok(Subject::new(Client::new(layer.layer(handler)), page))
}

fn tower_otel(handler: Handler) -> Result<Subject> {
    let (provider, page) = provider()?;
    let layer = tower_otel::metrics::HttpLayer::server(&provider.meter("tower-otel"));
    Ok(Subject::new(Client::new(layer.layer(handler)), page))
}

/// On OpenTelemetry 0.32.
fn axum_otel_metrics(handler: Handler) -> Result<Subject> {
    use opentelemetry_sdk_0_32::metrics::SdkMeterProvider;

    let registry = Registry::new();
    let exporter = opentelemetry_prometheus_0_32::exporter().with_registry(registry.clone()).build()?;
    let provider = SdkMeterProvider::builder().with_reader(exporter).build();
    let layer = HttpMetricsLayerBuilder::new().with_provider(provider.clone()).build();
    Ok(Subject::new(Client::new(layer.layer(handler)), move || {
        let _provider = &provider;
        Ok(TextEncoder::new().encode_to_string(&registry.gather())?)
    }))
}

/// With the size of responses, which it has on demand.
fn axum_prometheus(handler: Handler) -> Result<Subject> {
    let duration = Matcher::Full(AXUM_HTTP_REQUESTS_DURATION_SECONDS.to_owned());
    let builder = PrometheusBuilder::new().set_buckets_for_metric(duration, SECONDS_DURATION_BUCKETS)?;
    let recorder = Arc::new(builder.build_recorder());
    let page = recorder.handle();
    metrics::set_global_recorder(recorder)?;
    let layer = BaseMetricLayer::with_response_body_size();
    Ok(Subject::new(Client::new(layer.layer(handler)), move || Ok(page.render())))
}

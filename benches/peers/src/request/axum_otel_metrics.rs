//! `axum-otel-metrics`, which records to OpenTelemetry 0.32: with the SDK and the reader of that version.

use anyhow::Result;
use axum_otel_metrics::HttpMetricsLayerBuilder;
use opentelemetry_sdk_0_32::metrics::SdkMeterProvider;
use prometheus::{Registry, TextEncoder};
use telemetry_benches::request::{Parts, Workload, answer};
use tower::{Layer, service_fn};

use super::otel::{ACTIVE, DURATION, RESPONSE_SIZE, request_size};

pub(super) fn build(workload: Workload) -> Result<Parts> {
    let registry = Registry::new();
    let exporter = opentelemetry_prometheus_0_32::exporter().with_registry(registry.clone()).build()?;
    let provider = SdkMeterProvider::builder().with_reader(exporter).build();
    let layer = HttpMetricsLayerBuilder::new().with_provider(provider.clone()).build();
    let samples = vec![DURATION, ACTIVE, request_size(workload), RESPONSE_SIZE];
    let parts = Parts::new(workload, layer.layer(service_fn(answer)));
    Ok(parts.recording(samples, move || {
        let _provider = &provider;
        Ok(TextEncoder::new().encode_to_string(&registry.gather())?)
    }))
}

//! The peers on the OpenTelemetry that our own layer uses, with `opentelemetry-prometheus` as the reader.

use anyhow::Result;
use opentelemetry_instrumentation_tower::http::server::LayerBuilder;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::{Registry, TextEncoder};
use telemetry_benches::request::{Parts, RESPONSE, ROUTE_AND_STATUS, Sample, Workload, answer};
use telemetry_core::opentelemetry::global;
use telemetry_core::opentelemetry::metrics::MeterProvider;
use tower::{Layer, service_fn};

/// The names of the semantic conventions, as OpenTelemetry shows them to Prometheus.
pub(super) const DURATION: Sample =
    Sample { name: "http_server_request_duration_seconds_count", each: 1, labels: ROUTE_AND_STATUS };
pub(super) const ACTIVE: Sample = Sample { name: "http_server_active_requests", each: 0, labels: &[] };
pub(super) const RESPONSE_SIZE: Sample =
    Sample { name: "http_server_response_body_size_bytes_sum", each: RESPONSE.len(), labels: ROUTE_AND_STATUS };

pub(super) fn request_size(workload: Workload) -> Sample {
    let each = workload.body().len();
    Sample { name: "http_server_request_body_size_bytes_sum", each, labels: ROUTE_AND_STATUS }
}

/// With its metrics alone. It builds a span for every request all the same, of a tracer that records nothing.
pub(super) fn instrumentation_tower(workload: Workload) -> Result<Parts> {
    let (provider, page) = provider()?;
    // It takes its meter from here and nowhere else.
    global::set_meter_provider(provider);
    let layer = LayerBuilder::builder().with_tracing(false).build()?;
    let mut samples = vec![DURATION, ACTIVE, RESPONSE_SIZE];
    // It knows a request's size by `Content-Length` alone.
    samples.extend((workload == Workload::Upload).then(|| request_size(workload)));
    Ok(Parts::new(workload, layer.layer(service_fn(answer))).recording(samples, page))
}

pub(super) fn tower_otel(workload: Workload) -> Result<Parts> {
    let (provider, page) = provider()?;
    let layer = tower_otel::metrics::HttpLayer::server(&provider.meter("tower-otel"));
    let samples = vec![DURATION, ACTIVE, request_size(workload), RESPONSE_SIZE];
    Ok(Parts::new(workload, layer.layer(service_fn(answer))).recording(samples, page))
}

/// A provider, and the page of its metrics.
pub(crate) fn provider() -> Result<(SdkMeterProvider, impl Fn() -> Result<String>)> {
    let registry = Registry::new();
    let exporter = opentelemetry_prometheus::exporter().with_registry(registry.clone()).build()?;
    let provider = SdkMeterProvider::builder().with_reader(exporter).build();
    let kept = provider.clone();
    let page = move || {
        let _provider = &kept;
        Ok(TextEncoder::new().encode_to_string(&registry.gather())?)
    };
    Ok((provider, page))
}

//! What the beginning of a process costs.

use std::convert::Infallible;

use anyhow::{Result, ensure};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use telemetry_core::Telemetry;
use telemetry_core::opentelemetry::metrics::MeterProvider;
use telemetry_http::{RequestMetricsLayer, ResponseBody};
use telemetry_prometheus::{Format, PrometheusExporter};
use tower::{Layer, Service, service_fn};

use super::calls::{Makes, Steps};
use crate::case::Case;
use crate::metrics::Metrics;
use crate::page::sum;
use crate::request::{Workload, answer, matched_path};

pub(super) fn cases() -> Vec<Case> {
    vec![
        of(
            "telemetry-core/setup/metrics",
            Steps {
                prepare: no_preparation,
                make: |()| telemetry(false),
                works: |(), (telemetry, exporter)| counts(telemetry.meter_provider(), &exporter),
            },
        ),
        of(
            "telemetry-core/setup/metrics-detected",
            Steps {
                prepare: no_preparation,
                make: |()| telemetry(true),
                works: |(), (telemetry, exporter)| counts(telemetry.meter_provider(), &exporter),
            },
        ),
        of(
            "telemetry-prometheus/setup/exporter",
            Steps {
                prepare: no_preparation,
                make: |()| Ok(Metrics::new()),
                works: |(), metrics| counts(&metrics.provider, &metrics.exporter),
            },
        ),
        of(
            "telemetry-http/setup/layer",
            Steps {
                prepare: || Ok(Metrics::new()),
                make: |metrics| Ok(layered(metrics)),
                works: |metrics, mut service| {
                    send(&mut service)?;
                    one_request(&metrics)
                },
            },
        ),
        of(
            "telemetry-http/setup/first-request",
            Steps {
                prepare: prepared_layer,
                make: |(_, service)| send(service),
                works: |(metrics, _), ()| one_request(&metrics),
            },
        ),
    ]
}

fn of<P: 'static, T: 'static>(id: &str, steps: Steps<P, T>) -> Case {
    Case::new(id, move || Makes::new(steps)).apart().times(100)
}

fn no_preparation() -> Result<()> {
    Ok(())
}

fn telemetry(is_detecting: bool) -> Result<(Telemetry, PrometheusExporter)> {
    let exporter = PrometheusExporter::new();
    let reader = exporter.clone();
    let environment: [(String, String); 0] = [];
    let builder = Telemetry::builder().with_environment(environment).with_service_name("bench").without_global();
    let builder = builder.configure_metrics(move |metrics| metrics.with_reader(reader));
    let builder = if is_detecting { builder } else { builder.without_resource_detection() };
    Ok((builder.build()?, exporter))
}

/// Whether a counter of `provider` is on the page.
fn counts(provider: &impl MeterProvider, exporter: &PrometheusExporter) -> Result<()> {
    provider.meter("bench").u64_counter("made").build().add(7, &[]);
    let page = String::from_utf8(exporter.render(Format::PrometheusText)?.into())?;
    ensure!(sum(&page, "made_total")? == (1, 7.0), "the counter is not on the page: {page}");
    Ok(())
}

trait Measured: Service<Request<Full<Bytes>>, Response = Response<ResponseBody<Full<Bytes>>>, Error = Infallible> {}

impl<S> Measured for S where
    S: Service<Request<Full<Bytes>>, Response = Response<ResponseBody<Full<Bytes>>>, Error = Infallible>
{
}

fn layered(metrics: &Metrics) -> impl Measured + use<> {
    RequestMetricsLayer::custom(metrics.options()).layer(service_fn(answer))
}

fn prepared_layer() -> Result<(Metrics, impl Measured)> {
    let metrics = Metrics::new();
    let service = layered(&metrics);
    Ok((metrics, service))
}

fn send(service: &mut impl Measured) -> Result<()> {
    Workload::Get.send(service, &matched_path()?);
    Ok(())
}

fn one_request(metrics: &Metrics) -> Result<()> {
    let (series, requests) = sum(&metrics.page()?, "http_server_request_duration_seconds_count")?;
    ensure!((series, requests) == (1, 1.0), "{requests} requests of {series} series are on the page");
    Ok(())
}

//! The exporters of OpenTelemetry's SDK, ours among them, with the settings that they come with.

use anyhow::Result;
use opentelemetry_prometheus_text_exporter::PrometheusExporter as TextExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::data::{ResourceMetrics, ScopeMetrics};
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{Aggregation, Instrument, SdkMeterProvider, Stream};
use prometheus::{Registry, TextEncoder};
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::opentelemetry::metrics::MeterProvider;
use telemetry_prometheus::{Format, PrometheusExporter};

use super::metric::{Kind, Metric, Outcome};
use super::warnings;
use crate::scrape::Reader;

pub(super) fn ours(metrics: &[Metric], format: Format) -> Result<Outcome> {
    let exporter = PrometheusExporter::new();
    written(metrics, format, exporter.clone(), || Ok(String::from_utf8(exporter.render(format)?.into())?))
}

pub(super) fn opentelemetry_prometheus(metrics: &[Metric]) -> Result<Outcome> {
    let registry = Registry::new();
    let exporter = opentelemetry_prometheus::exporter().with_registry(registry.clone()).build()?;
    let page = || Ok(TextEncoder::new().encode_to_string(&registry.gather())?);
    written(metrics, Format::PrometheusText, exporter, page)
}

pub(super) fn text_exporter(metrics: &[Metric]) -> Result<Outcome> {
    let exporter = TextExporter::new();
    written(metrics, Format::PrometheusText, exporter.clone(), || {
        let mut page = Vec::new();
        exporter.export(&mut page)?;
        Ok(String::from_utf8(page)?)
    })
}

/// Records `metrics` for `exporter`, and beside it for a reader of the SDK's: an exporter cannot be asked for what the SDK
/// does not give it.
fn written(
    metrics: &[Metric],
    format: Format,
    exporter: impl MetricReader,
    page: impl FnOnce() -> Result<String>,
) -> Result<Outcome> {
    let (page, warnings) = warnings::during(|| {
        let reader = Reader::default();
        let provider = record(metrics, exporter, reader.clone());
        let mut kept = ResourceMetrics::default();
        reader.collect(&mut kept)?;
        let page = page();
        drop(provider);
        let is_kept = kept.scope_metrics().flat_map(ScopeMetrics::metrics).next().is_some();
        anyhow::Ok(is_kept.then_some(page?))
    });
    Ok(match page? {
        Some(page) => Outcome::Written(page, format, warnings),
        None => Outcome::NoSuch("the SDK does not keep it"),
    })
}

fn record(metrics: &[Metric], exporter: impl MetricReader, reader: Reader) -> SdkMeterProvider {
    let exponential: Vec<_> = metrics.iter().filter(|metric| metric.kind == Kind::Exponential).collect();
    let names: Vec<_> = exponential.iter().map(|metric| metric.name).collect();
    let view = move |instrument: &Instrument| {
        let aggregation = Aggregation::Base2ExponentialHistogram { max_size: 160, max_scale: 20, record_min_max: true };
        let stream = Stream::builder().with_aggregation(aggregation).build();
        names.contains(&instrument.name()).then_some(stream)?.ok()
    };
    let provider = SdkMeterProvider::builder()
        .with_resource(Resource::builder_empty().build())
        .with_reader(exporter)
        .with_reader(reader)
        .with_view(view)
        .build();
    let meter = provider.meter("conformance");
    for metric in metrics {
        let labels: Vec<_> = metric.labels.iter().map(|(name, value)| KeyValue::new(*name, *value)).collect();
        let unit = if metric.in_bytes { "By" } else { "" };
        let (name, help, values) = (metric.name, metric.help, metric.values);
        match metric.kind {
            Kind::Counter => {
                let counter = meter.f64_counter(name).with_description(help).with_unit(unit).build();
                values.iter().for_each(|value| counter.add(*value, &labels));
            }
            Kind::Gauge => {
                let gauge = meter.f64_gauge(name).with_description(help).with_unit(unit).build();
                values.iter().for_each(|value| gauge.record(*value, &labels));
            }
            Kind::Exponential => {
                let histogram = meter.f64_histogram(name).with_description(help).with_unit(unit).build();
                values.iter().for_each(|value| histogram.record(*value, &labels));
            }
        }
    }
    provider
}

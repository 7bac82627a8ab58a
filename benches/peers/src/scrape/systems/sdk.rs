//! The systems that read the OpenTelemetry SDK's data. Each has a provider of its own, with nothing on the page but
//! the series: no scope labels, no resource.

use std::sync::{Arc, Weak};
use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use opentelemetry_prometheus_text_exporter::PrometheusExporter as TextExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{
    Instrument, InstrumentKind, ManualReader, Pipeline, SdkMeterProvider, Stream, Temporality,
};
use prometheus::Registry;
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::opentelemetry::metrics::MeterProvider;
use telemetry_prometheus::{Format, PrometheusExporter};

use crate::scrape::system::{Page, Scrape};
use crate::scrape::systems::prometheus::encode;
use crate::scrape::workload::{BOUNDS, COUNTER, HELP, HISTOGRAM, Scenario, Series, Workload};

pub(crate) fn ours(workload: &Workload, format: Format, page: fn(Bytes) -> Page) -> Result<Scrape> {
    let exporter = PrometheusExporter::builder().without_scope_labels().without_target_info().build();
    let provider = record(workload, exporter.clone());
    Ok(keeping(provider, move || page(exporter.render(format).expect("a scrape"))))
}

pub(crate) fn opentelemetry_prometheus(workload: &Workload) -> Result<Scrape> {
    let registry = Registry::new();
    let exporter = opentelemetry_prometheus::exporter().with_registry(registry.clone());
    let provider = record(workload, exporter.scope_info_enabled(false).without_target_info().build()?);
    Ok(keeping(provider, move || encode(&registry)))
}

pub(crate) fn text_exporter(workload: &Workload) -> Result<Scrape> {
    let exporter = TextExporter::builder().without_scope_info().without_target_info().build();
    let provider = record(workload, exporter.clone());
    Ok(keeping(provider, move || {
        let mut page = Vec::new();
        exporter.export(&mut page).expect("a scrape");
        Page::Bytes(page)
    }))
}

pub(crate) fn collection(workload: &Workload) -> Result<Scrape> {
    let reader = Reader::default();
    let provider = record(workload, reader.clone());
    Ok(keeping(provider, move || {
        let mut metrics = ResourceMetrics::default();
        reader.collect(&mut metrics).expect("a collection");
        Page::Collected(metrics)
    }))
}

/// A scrape that keeps the provider, without which the readers have nothing to read.
fn keeping(provider: SdkMeterProvider, scrape: impl Fn() -> Page + 'static) -> Scrape {
    Box::new(move || {
        let _provider = &provider;
        scrape()
    })
}

fn record(workload: &Workload, reader: impl MetricReader) -> SdkMeterProvider {
    // The SDK alone would put all series after the 2000th into one.
    let limit = workload.series.len() + 1;
    let provider = SdkMeterProvider::builder()
        .with_resource(Resource::builder_empty().build())
        .with_reader(reader)
        .with_view(move |_: &Instrument| Stream::builder().with_cardinality_limit(limit).build().ok())
        .build();
    let meter = provider.meter("peers");
    match workload.scenario {
        Scenario::Counters => {
            let counter = meter.u64_counter(COUNTER).with_description(HELP).build();
            workload.series.iter().for_each(|series| counter.add(series.counter, &attributes(series)));
        }
        Scenario::Histograms => {
            let histogram = meter.f64_histogram(HISTOGRAM).with_description(HELP);
            let histogram = histogram.with_boundaries(BOUNDS.to_vec()).build();
            for series in &workload.series {
                let attributes = attributes(series);
                series.observations.iter().for_each(|seconds| histogram.record(*seconds, &attributes));
            }
        }
    }
    provider
}

/// Sorted by key: the SDK keeps a second copy of attributes that are not.
fn attributes(series: &Series) -> [KeyValue; 3] {
    [
        KeyValue::new("method", series.method),
        KeyValue::new("route", series.route.clone()),
        KeyValue::new("status", i64::from(series.status)),
    ]
}

/// The SDK's own reader, shared with the provider.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reader(Arc<ManualReader>);

impl MetricReader for Reader {
    fn register_pipeline(&self, pipeline: Weak<Pipeline>) {
        self.0.register_pipeline(pipeline);
    }

    fn collect(&self, metrics: &mut ResourceMetrics) -> OTelSdkResult {
        self.0.collect(metrics)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn temporality(&self, kind: InstrumentKind) -> Temporality {
        self.0.temporality(kind)
    }
}

//! What the SDK has collected, with the types that values have.

use std::collections::BTreeMap;
use std::time::Duration;

use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ResourceMetrics, ScopeMetrics};
use telemetry_core::opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};

pub(crate) struct Metrics {
    pub(crate) provider: SdkMeterProvider,
    exporter: InMemoryMetricExporter,
}

/// One metric with the attributes of each of its series.
#[derive(Debug)]
pub(crate) struct Metric {
    pub(crate) instrument: &'static str,
    pub(crate) unit: String,
    pub(crate) series: Vec<Vec<KeyValue>>,
}

pub(crate) type Collected = BTreeMap<String, Metric>;

impl Metrics {
    pub(crate) fn new() -> Self {
        let exporter = InMemoryMetricExporter::default();
        // Longer than any test.
        let reader = PeriodicReader::builder(exporter.clone()).with_interval(Duration::from_secs(1 << 20)).build();
        Self { provider: SdkMeterProvider::builder().with_reader(reader).build(), exporter }
    }

    pub(crate) fn collect(&self) -> Collected {
        self.exporter.reset();
        self.provider.force_flush().unwrap();
        self.exporter.get_finished_metrics().unwrap().iter().flat_map(metrics).collect()
    }
}

fn metrics(collected: &ResourceMetrics) -> Vec<(String, Metric)> {
    let metrics = collected.scope_metrics().flat_map(ScopeMetrics::metrics);
    metrics
        .map(|metric| {
            let (instrument, series) = match metric.data() {
                AggregatedMetrics::F64(data) => series(data),
                AggregatedMetrics::U64(data) => series(data),
                AggregatedMetrics::I64(data) => series(data),
            };
            (metric.name().to_owned(), Metric { instrument, unit: metric.unit().to_owned(), series })
        })
        .collect()
}

fn series<T: Copy>(data: &MetricData<T>) -> (&'static str, Vec<Vec<KeyValue>>) {
    match data {
        MetricData::Gauge(gauge) => ("gauge", gauge.data_points().map(|p| p.attributes().cloned().collect()).collect()),
        MetricData::Sum(sum) => {
            let instrument = if sum.is_monotonic() { "counter" } else { "up-down counter" };
            (instrument, sum.data_points().map(|p| p.attributes().cloned().collect()).collect())
        }
        MetricData::Histogram(histogram) => {
            ("histogram", histogram.data_points().map(|p| p.attributes().cloned().collect()).collect())
        }
        MetricData::ExponentialHistogram(_) => panic!("nobody has asked for one"),
    }
}

/// The value of an attribute, as text.
pub(crate) fn value(series: &[KeyValue], name: &str) -> Option<String> {
    series.iter().find(|attribute| attribute.key.as_str() == name).map(|attribute| attribute.value.to_string())
}

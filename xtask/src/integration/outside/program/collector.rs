//! What the SDK exports, added up. Only what is stable in the SDK.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ResourceMetrics};
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider, Temporality};
use telemetry_core::opentelemetry::KeyValue;

/// Longer than the program runs: collections come when it asks for them.
const NEVER: Duration = Duration::from_secs(24 * 60 * 60);

type Series = (String, BTreeMap<String, String>);

/// The count and the sum of a histogram; of other metrics, the sum alone.
#[derive(Clone, Copy, Debug, Default)]
struct Value {
    count: u64,
    sum: f64,
}

#[derive(Clone, Debug, Default)]
pub struct Totals(BTreeMap<Series, Value>);

pub struct Collector {
    pub provider: SdkMeterProvider,
    totals: Arc<Mutex<Totals>>,
}

impl Collector {
    pub fn new(temporality: Temporality) -> Self {
        let totals = Arc::default();
        let exporter = Exporter { temporality, totals: Arc::clone(&totals) };
        let reader = PeriodicReader::builder(exporter).with_interval(NEVER).build();
        Self { provider: SdkMeterProvider::builder().with_reader(reader).build(), totals }
    }

    pub fn collect(&self) -> Totals {
        self.provider.force_flush().unwrap();
        self.totals.lock().unwrap().clone()
    }

    /// What there is after the last collection, which the SDK makes by itself.
    pub fn shutdown(self) -> Totals {
        self.provider.shutdown().unwrap();
        self.totals.lock().unwrap().clone()
    }
}

impl Totals {
    /// How many values a histogram has with these attributes; an empty value stands for an absent one.
    pub fn count(&self, metric: &str, attributes: &[(&str, &str)]) -> u64 {
        self.values(metric, attributes).map(|value| value.count).sum()
    }

    /// What the values of a metric come to, of those series that have these attributes.
    pub fn sum(&self, metric: &str, attributes: &[(&str, &str)]) -> f64 {
        self.values(metric, attributes).map(|value| value.sum).sum()
    }

    fn values(&self, metric: &str, wanted: &[(&str, &str)]) -> impl Iterator<Item = &Value> {
        let has = |have: &BTreeMap<String, String>, (name, value): &(&str, &str)| {
            have.get(*name).map_or("", String::as_str) == *value
        };
        let series = self.0.iter().filter(move |((name, _), _)| name == metric);
        series.filter(move |((_, have), _)| wanted.iter().all(|one| has(have, one))).map(|(_, value)| value)
    }

    fn take(&mut self, metrics: &ResourceMetrics) {
        for metric in metrics.scope_metrics().flat_map(|scope| scope.metrics()) {
            match metric.data() {
                AggregatedMetrics::F64(data) => self.add(metric.name(), data, |value| value),
                AggregatedMetrics::U64(data) => self.add(metric.name(), data, |value| value as f64),
                AggregatedMetrics::I64(data) => self.add(metric.name(), data, |value| value as f64),
            }
        }
    }

    fn add<T: Copy>(&mut self, metric: &str, data: &MetricData<T>, number: fn(T) -> f64) {
        let mut add = |temporality, attributes: &mut dyn Iterator<Item = &KeyValue>, new: Value| {
            let attributes = attributes.map(|one| (one.key.to_string(), one.value.to_string())).collect();
            let value = self.0.entry((metric.to_owned(), attributes)).or_default();
            match temporality {
                Temporality::Delta => *value = Value { count: value.count + new.count, sum: value.sum + new.sum },
                _ => *value = new,
            }
        };
        match data {
            MetricData::Histogram(data) => data.data_points().for_each(|point| {
                let value = Value { count: point.count(), sum: number(point.sum()) };
                add(data.temporality(), &mut point.attributes(), value);
            }),
            MetricData::Sum(data) => data.data_points().for_each(|point| {
                let value = Value { count: 0, sum: number(point.value()) };
                add(data.temporality(), &mut point.attributes(), value);
            }),
            _ => panic!("{metric} is neither a histogram nor a sum"),
        }
    }
}

struct Exporter {
    temporality: Temporality,
    totals: Arc<Mutex<Totals>>,
}

impl PushMetricExporter for Exporter {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        self.totals.lock().unwrap().take(metrics);
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        self.temporality
    }
}

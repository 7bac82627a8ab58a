use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Meter, MeterProvider};
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ResourceMetrics};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};

/// A meter provider of its own that keeps everything in memory.
#[derive(Debug)]
pub struct InMemoryMetrics {
    provider: SdkMeterProvider,
    exporter: InMemoryMetricExporter,
    one_at_a_time: Mutex<()>,
}

/// Longer than any test.
const NEVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

impl InMemoryMetrics {
    /// Starts with nothing recorded.
    #[must_use]
    pub fn new() -> Self {
        let exporter = InMemoryMetricExporter::default();
        // Exports by the clock would come between those of the snapshots.
        let reader = PeriodicReader::builder(exporter.clone()).with_interval(NEVER).build();
        let provider = SdkMeterProvider::builder().with_reader(reader).build();
        Self { provider, exporter, one_at_a_time: Mutex::new(()) }
    }

    /// The provider, for [`MeterOptions::with_meter_provider`](crate::MeterOptions::with_meter_provider).
    #[must_use]
    pub fn provider(&self) -> SdkMeterProvider {
        self.provider.clone()
    }

    /// A meter of the provider.
    #[must_use]
    pub fn meter(&self, name: &'static str) -> Meter {
        self.provider.meter(name)
    }

    /// Everything recorded since the start.
    ///
    /// # Panics
    ///
    /// When the provider was shut down.
    #[must_use]
    #[allow(clippy::expect_used)] // A test that cannot read its metrics has to fail.
    pub fn snapshot(&self) -> Snapshot {
        let _guard = self.one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
        self.exporter.reset();
        self.provider.force_flush().expect("the provider of this test is running");
        let collected = self.exporter.get_finished_metrics().expect("the exporter of this test is running");
        Snapshot { points: collected.iter().flat_map(points).collect() }
    }
}

/// What a reader of one's own has collected.
impl From<&ResourceMetrics> for Snapshot {
    fn from(collected: &ResourceMetrics) -> Self {
        Self { points: points(collected) }
    }
}

impl Default for InMemoryMetrics {
    fn default() -> Self {
        Self::new()
    }
}

/// All points of one collection.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    points: Vec<Point>,
}

/// One series at the time of the snapshot.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// The metric's name.
    pub metric: String,
    /// The metric's unit.
    pub unit: String,
    /// The attributes, with their values as text.
    pub attributes: BTreeMap<String, String>,
    /// The value.
    pub value: Value,
}

/// The value of a [`Point`]. Numbers of all instruments are given as `f64`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// A sum or a gauge.
    Number(f64),
    /// A histogram.
    Histogram {
        /// How many values were recorded.
        count: u64,
        /// Their sum.
        sum: f64,
        /// The upper bounds of the buckets.
        bounds: Vec<f64>,
    },
}

impl Snapshot {
    /// All points of a metric.
    #[must_use]
    pub fn points(&self, metric: &str) -> Vec<&Point> {
        self.points.iter().filter(|point| point.metric == metric).collect()
    }

    /// The names of all metrics that have a point.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.points.iter().map(|point| point.metric.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The value of a counter or gauge, or the sum of a histogram, added up over all points that have these
    /// attributes; 0 without any.
    #[must_use]
    pub fn sum(&self, metric: &str, attributes: &[(&str, &str)]) -> f64 {
        self.matching(metric, attributes)
            .map(|point| match point.value {
                Value::Number(number) => number,
                Value::Histogram { sum, .. } => sum,
            })
            .sum()
    }

    /// How many values a histogram holds, added up over all points that have these attributes; 0 without any.
    #[must_use]
    pub fn count(&self, metric: &str, attributes: &[(&str, &str)]) -> u64 {
        self.matching(metric, attributes)
            .map(|point| match point.value {
                Value::Number(_) => 0,
                Value::Histogram { count, .. } => count,
            })
            .sum()
    }

    fn matching(&self, metric: &str, attributes: &[(&str, &str)]) -> impl Iterator<Item = &Point> {
        self.points(metric).into_iter().filter(|point| {
            attributes.iter().all(|(key, value)| point.attributes.get(*key).is_some_and(|have| have == value))
        })
    }
}

fn points(collected: &ResourceMetrics) -> Vec<Point> {
    let metrics = collected.scope_metrics().flat_map(opentelemetry_sdk::metrics::data::ScopeMetrics::metrics);
    metrics
        .flat_map(|metric| {
            let values = match metric.data() {
                AggregatedMetrics::F64(data) => values(data, |value| value),
                AggregatedMetrics::U64(data) => values(data, |value| value as f64),
                AggregatedMetrics::I64(data) => values(data, |value| value as f64),
            };
            values.into_iter().map(|(attributes, value)| Point {
                metric: metric.name().to_owned(),
                unit: metric.unit().to_owned(),
                attributes,
                value,
            })
        })
        .collect()
}

type Values = Vec<(BTreeMap<String, String>, Value)>;

fn values<T: Copy>(data: &MetricData<T>, number: impl Fn(T) -> f64) -> Values {
    match data {
        MetricData::Gauge(gauge) => {
            gauge.data_points().map(|p| (text(p.attributes()), Value::Number(number(p.value())))).collect()
        }
        MetricData::Sum(sum) => {
            sum.data_points().map(|p| (text(p.attributes()), Value::Number(number(p.value())))).collect()
        }
        MetricData::Histogram(histogram) => histogram
            .data_points()
            .map(|p| {
                let bounds = p.bounds().collect();
                (text(p.attributes()), Value::Histogram { count: p.count(), sum: number(p.sum()), bounds })
            })
            .collect(),
        MetricData::ExponentialHistogram(histogram) => histogram
            .data_points()
            .map(|p| {
                let value = Value::Histogram { count: p.count() as u64, sum: number(p.sum()), bounds: Vec::new() };
                (text(p.attributes()), value)
            })
            .collect(),
    }
}

fn text<'a>(attributes: impl Iterator<Item = &'a KeyValue>) -> BTreeMap<String, String> {
    attributes.map(|attribute| (attribute.key.to_string(), attribute.value.to_string())).collect()
}

//! The SDK's data as sources of series.

use std::collections::BTreeMap;
use std::time::SystemTime;

use telemetry_core::exemplar::ExemplarReservoir;
use telemetry_core::opentelemetry::{InstrumentationScope, KeyValue, Value};
use telemetry_core::opentelemetry_sdk::metrics::Temporality;
use telemetry_core::opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, ExponentialHistogramDataPoint, GaugeDataPoint, HistogramDataPoint, Metric, MetricData,
    SumDataPoint,
};

use crate::histogram::Exponential;
use crate::kind::Kind;
use crate::label::{Attribute, FixedLabel};
use crate::number::Number;
use crate::page::{Column, KnownAttributes};
use crate::source::{ExemplarKey, ExponentialPoint, PointValue, Points};
use crate::warning::Warning;

/// What kind of data a metric has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Shape {
    number: NumberType,
    aggregation: Aggregation,
    is_cumulative: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum NumberType {
    F64,
    U64,
    I64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Aggregation {
    Gauge,
    MonotonicSum,
    Sum,
    Histogram,
    ExponentialHistogram,
}

impl Shape {
    pub(crate) fn of(metric: &Metric) -> Self {
        match metric.data() {
            AggregatedMetrics::F64(data) => Self::new(NumberType::F64, data),
            AggregatedMetrics::U64(data) => Self::new(NumberType::U64, data),
            AggregatedMetrics::I64(data) => Self::new(NumberType::I64, data),
        }
    }

    fn new<T>(number: NumberType, data: &MetricData<T>) -> Self {
        let (aggregation, temporality) = match data {
            MetricData::Gauge(_) => (Aggregation::Gauge, Temporality::Cumulative),
            MetricData::Sum(sum) if sum.is_monotonic() => (Aggregation::MonotonicSum, sum.temporality()),
            MetricData::Sum(sum) => (Aggregation::Sum, sum.temporality()),
            MetricData::Histogram(histogram) => (Aggregation::Histogram, histogram.temporality()),
            MetricData::ExponentialHistogram(histogram) => (Aggregation::ExponentialHistogram, histogram.temporality()),
        };
        Self { number, aggregation, is_cumulative: temporality == Temporality::Cumulative }
    }

    /// The type for Prometheus, or why there is none.
    pub(crate) fn kind(self, instrument: &str) -> Result<Kind, Warning<'_>> {
        if !self.is_cumulative {
            return Err(Warning::NotCumulative { instrument });
        }
        Ok(match self.aggregation {
            Aggregation::Gauge | Aggregation::Sum => Kind::Gauge,
            Aggregation::MonotonicSum => Kind::Counter,
            Aggregation::Histogram | Aggregation::ExponentialHistogram => Kind::Histogram,
        })
    }

    pub(crate) fn is_exponential(self) -> bool {
        self.aggregation == Aggregation::ExponentialHistogram
    }
}

pub(crate) fn points(metric: &Metric) -> &dyn Points {
    match metric.data() {
        AggregatedMetrics::F64(data) => data,
        AggregatedMetrics::U64(data) => data,
        AggregatedMetrics::I64(data) => data,
    }
}

/// Calls `$with` with an iterator over the points, which have a type of their own for each aggregation.
macro_rules! with_points {
    ($data:expr, |$points:ident| $with:expr) => {
        match $data {
            MetricData::Gauge(data) => {
                let $points = data.data_points();
                $with
            }
            MetricData::Sum(data) => {
                let $points = data.data_points();
                $with
            }
            MetricData::Histogram(data) => {
                let $points = data.data_points();
                $with
            }
            MetricData::ExponentialHistogram(data) => {
                let $points = data.data_points();
                $with
            }
        }
    };
}

impl<T: Copy + Into<Number>> Points for MetricData<T> {
    fn len(&self) -> usize {
        with_points!(self, |points| points.count())
    }

    fn each_attributes<'a>(&'a self, visit: &mut dyn FnMut(&[Attribute<'a>])) {
        let mut attributes = Vec::new();
        with_points!(self, |points| {
            for point in points {
                attributes.clear();
                attributes.extend(point.attributes().map(Attribute::from));
                visit(&attributes);
            }
        });
    }

    fn read(&self, mut known: KnownAttributes<'_>, column: &mut Column) -> bool {
        let mut are_known = true;
        with_points!(self, |points| {
            for point in points {
                are_known = are_known && known.next_are(point.attributes().map(Attribute::from));
                point.push_to(column);
            }
        });
        are_known
    }

    fn complex(&self, position: usize) -> Option<PointValue<'_>> {
        let Self::ExponentialHistogram(histogram) = self else {
            return None;
        };
        Some(PointValue::Exponential(histogram.data_points().nth(position)?))
    }

    fn start_time(&self) -> Option<SystemTime> {
        match self {
            Self::Sum(sum) if sum.is_monotonic() => Some(sum.start_time()),
            Self::Histogram(histogram) => Some(histogram.start_time()),
            Self::ExponentialHistogram(histogram) => Some(histogram.start_time()),
            Self::Sum(_) | Self::Gauge(_) => None,
        }
    }

    fn reservoir(&self, position: usize, key: &ExemplarKey<'_>) -> Option<ExemplarReservoir> {
        with_points!(self, |points| {
            let mut points = points;
            let attributes = points.nth(position)?.attributes();
            key.store.find(key.scope, key.metric, attributes)
        })
    }
}

impl<'a> From<&'a KeyValue> for Attribute<'a> {
    fn from(attribute: &'a KeyValue) -> Self {
        Self { key: attribute.key.as_str(), origin: Some(&attribute.key), value: (&attribute.value).into() }
    }
}

/// A point whose value fits into a column, if it does.
trait DataPoint {
    fn push_to(&self, column: &mut Column);
}

impl<T: Copy + Into<Number>> DataPoint for GaugeDataPoint<T> {
    fn push_to(&self, column: &mut Column) {
        column.push_number(self.value().into());
    }
}

impl<T: Copy + Into<Number>> DataPoint for SumDataPoint<T> {
    fn push_to(&self, column: &mut Column) {
        column.push_number(self.value().into());
    }
}

impl<T: Copy + Into<Number>> DataPoint for HistogramDataPoint<T> {
    fn push_to(&self, column: &mut Column) {
        // The last count has no bound: it is the infinite bucket.
        let counts = self.bounds().zip(self.bucket_counts()).scan(0, |sum, (_, count)| {
            *sum += count;
            Some(*sum)
        });
        column.push_histogram(self.sum().into(), self.count(), || self.bounds(), counts);
    }
}

impl<T> DataPoint for ExponentialHistogramDataPoint<T> {
    fn push_to(&self, _: &mut Column) {}
}

impl<T: Copy + Into<Number>> ExponentialPoint for ExponentialHistogramDataPoint<T> {
    fn sum(&self) -> Number {
        self.sum().into()
    }

    fn fill(&self, histogram: &mut Exponential) {
        histogram.count = self.count() as u64;
        histogram.scale = self.scale();
        histogram.zero_count = self.zero_count();
        histogram.zero_threshold = self.zero_threshold();
        for (buckets, own) in
            [(&mut histogram.positive, self.positive_bucket()), (&mut histogram.negative, self.negative_bucket())]
        {
            buckets.offset = own.offset();
            buckets.counts.clear();
            buckets.counts.extend(own.counts());
        }
    }
}

/// The resource, whose attributes are labels of the family, as the one series of an info metric.
pub(crate) struct TargetInfo;

impl Points for TargetInfo {
    fn len(&self) -> usize {
        1
    }

    fn each_attributes<'a>(&'a self, visit: &mut dyn FnMut(&[Attribute<'a>])) {
        visit(&[]);
    }

    fn read(&self, mut known: KnownAttributes<'_>, column: &mut Column) -> bool {
        column.push_number(Number::U64(1));
        known.next_are(std::iter::empty())
    }
}

/// The labels of every scope, by the keys that they would have as attributes.
const OWN_KEYS: [&str; 3] = ["otel_scope_name", "otel_scope_version", "otel_scope_schema_url"];

/// What the specification puts on every point of a scope; parts that are not set are left out.
pub(crate) fn scope_labels(scope: &InstrumentationScope) -> Vec<FixedLabel> {
    let own = [Some(scope.name()), scope.version(), scope.schema_url()];
    let own = OWN_KEYS.into_iter().zip(own).filter_map(|(key, value)| {
        let value = value.filter(|value| !value.is_empty())?;
        Some(FixedLabel::new(key, &Value::from(value.to_owned())))
    });
    // A key that was given several times has the value that was given last.
    let attributes: BTreeMap<&str, &Value> =
        scope.attributes().map(|attribute| (attribute.key.as_str(), &attribute.value)).collect();
    let attributes = attributes.into_iter().filter_map(|(key, value)| {
        let key = format!("otel_scope_{key}");
        // An attribute must not pass for the scope's name, version or schema.
        (!is_own_key(&key)).then(|| FixedLabel::new(key, value))
    });
    own.chain(attributes).collect()
}

/// Whether the translation to the strictest names would make `key` one of the scope's own.
fn is_own_key(key: &str) -> bool {
    let mut name = String::with_capacity(key.len());
    for c in key.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }) {
        if c != '_' || !name.ends_with('_') {
            name.push(c);
        }
    }
    OWN_KEYS.contains(&name.as_str())
}

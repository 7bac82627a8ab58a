//! Families of a `prometheus` registry as sources of series.

use prometheus::Registry;
use prometheus::proto::{Bucket, Histogram, LabelPair, MetricFamily, MetricType, Summary};

use super::Identity;
#[allow(unused_imports, reason = "the generated types have the method themselves")]
use super::compat::Value;
use super::compat::untyped_value;
use crate::histogram::ClassicBuckets;
use crate::kind::Kind;
use crate::label::{Attribute, AttributeValue};
use crate::number::Number;
use crate::page::KnownAttributes;
use crate::source::{HistogramPoint, Point, PointValue, Points, SummaryPoint};

/// The families of each registry, for one exporter, whose own metrics they leave out.
pub(crate) fn gather<'r>(
    identity: &Identity,
    registries: impl Iterator<Item = &'r Registry>,
) -> Vec<Vec<MetricFamily>> {
    let _gathering = identity.gathering();
    registries.map(Registry::gather).collect()
}

pub(crate) fn kind(family: &MetricFamily) -> Kind {
    match family.get_field_type() {
        MetricType::COUNTER => Kind::Counter,
        MetricType::GAUGE => Kind::Gauge,
        MetricType::HISTOGRAM => Kind::Histogram,
        MetricType::SUMMARY => Kind::Summary,
        MetricType::UNTYPED => Kind::Untyped,
    }
}

impl Points for MetricFamily {
    fn len(&self) -> usize {
        self.get_metric().len()
    }

    fn each_attributes<'a>(&'a self, visit: &mut dyn FnMut(&[Attribute<'a>])) {
        let mut attributes = Vec::new();
        for metric in self.get_metric() {
            attributes.clear();
            attributes.extend(metric.get_label().iter().map(Attribute::from));
            visit(&attributes);
        }
    }

    fn have_attributes(&self, mut known: KnownAttributes<'_>) -> bool {
        self.get_metric().iter().all(|metric| known.next_are(metric.get_label().iter().map(Attribute::from)))
    }

    fn point(&self, position: usize) -> Option<Point<'_>> {
        let metric = self.get_metric().get(position)?;
        let histogram: &Histogram = metric.get_histogram();
        let summary: &Summary = metric.get_summary();
        let value = match kind(self) {
            Kind::Counter => PointValue::Number(metric.get_counter().value().into()),
            Kind::Histogram => PointValue::Histogram(histogram),
            Kind::Summary => PointValue::Summary(summary),
            Kind::Untyped => PointValue::Number(untyped_value(metric).into()),
            Kind::Gauge | Kind::Info => PointValue::Number(metric.get_gauge().value().into()),
        };
        Some(Point { value, timestamp_ms: metric.timestamp_ms() })
    }
}

impl<'a> From<&'a LabelPair> for Attribute<'a> {
    fn from(label: &'a LabelPair) -> Self {
        Self { key: label.name(), origin: None, value: AttributeValue::Text(label.value()) }
    }
}

impl HistogramPoint for Histogram {
    fn count(&self) -> u64 {
        self.get_sample_count()
    }

    fn sum(&self) -> Number {
        self.get_sample_sum().into()
    }

    fn fill(&self, buckets: &mut ClassicBuckets) {
        // The infinite bucket is the count of all.
        let finite = || self.get_bucket().iter().filter(|bucket| bucket.upper_bound() < f64::INFINITY);
        buckets.bounds.clear();
        buckets.bounds.extend(finite().map(Bucket::upper_bound));
        buckets.cumulative.clear();
        buckets.cumulative.extend(finite().map(Bucket::cumulative_count));
    }
}

impl SummaryPoint for Summary {
    fn count(&self) -> u64 {
        self.sample_count()
    }

    fn sum(&self) -> Number {
        self.sample_sum().into()
    }

    fn each_quantile(&self, visit: &mut dyn FnMut(f64, f64)) {
        for quantile in self.get_quantile() {
            visit(quantile.quantile(), quantile.value());
        }
    }
}

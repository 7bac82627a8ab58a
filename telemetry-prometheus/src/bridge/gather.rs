//! Families of a `prometheus` registry as sources of series.

use prometheus::Registry;
use prometheus::proto::{Bucket, Histogram, LabelPair, MetricFamily, MetricType, Summary};

use super::Identity;
#[allow(unused_imports, reason = "the generated types have the method themselves")]
use super::compat::Value;
use super::compat::untyped_value;
use crate::kind::Kind;
use crate::label::{Attribute, AttributeValue};
use crate::number::Number;
use crate::page::{Column, KnownAttributes};
use crate::source::{PointValue, Points, SummaryPoint};

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

    fn read(&self, mut known: KnownAttributes<'_>, column: &mut Column) -> bool {
        let kind = kind(self);
        let mut are_known = true;
        for metric in self.get_metric() {
            are_known = are_known && known.next_are(metric.get_label().iter().map(Attribute::from));
            column.push_timestamp(metric.timestamp_ms());
            match kind {
                Kind::Counter => column.push_number(metric.get_counter().value().into()),
                Kind::Histogram => push_histogram(metric.get_histogram(), column),
                Kind::Summary => {}
                Kind::Untyped => column.push_number(untyped_value(metric).into()),
                Kind::Gauge | Kind::Info => column.push_number(metric.get_gauge().value().into()),
            }
        }
        are_known
    }

    fn complex(&self, position: usize) -> Option<PointValue<'_>> {
        let summary: &Summary = self.get_metric().get(position)?.get_summary();
        (kind(self) == Kind::Summary).then_some(PointValue::Summary(summary))
    }
}

fn push_histogram(histogram: &Histogram, column: &mut Column) {
    // The infinite bucket is the count of all.
    let finite = histogram.get_bucket().iter().filter(|bucket| bucket.upper_bound() < f64::INFINITY);
    column.push_histogram(
        histogram.get_sample_sum().into(),
        histogram.get_sample_count(),
        || finite.clone().map(Bucket::upper_bound),
        finite.clone().map(Bucket::cumulative_count),
    );
}

impl<'a> From<&'a LabelPair> for Attribute<'a> {
    fn from(label: &'a LabelPair) -> Self {
        Self { key: label.name(), origin: None, value: AttributeValue::Text(label.value()) }
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

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
            // Text has no room for times before 1970, and a scrape is not one.
            column.push_timestamp(metric.timestamp_ms().max(0));
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
    let (sum, count) = (histogram.get_sample_sum().into(), histogram.get_sample_count());
    // The infinite bucket is the count of all.
    let buckets = || histogram.get_bucket().iter().filter(|bucket| bucket.upper_bound() != f64::INFINITY);
    if is_well_formed(buckets(), count) {
        let cumulative = buckets().map(Bucket::cumulative_count);
        column.push_histogram(sum, count, || buckets().map(Bucket::upper_bound), cumulative);
    } else {
        let buckets = repaired(buckets(), count);
        let cumulative = buckets.iter().map(|(_, count)| *count);
        column.push_histogram(sum, count, || buckets.iter().map(|(bound, _)| *bound), cumulative);
    }
}

/// Whether bounds ascend, and counts do not fall. A collector that somebody wrote by hand may give anything.
fn is_well_formed<'a>(buckets: impl Iterator<Item = &'a Bucket> + Clone, count: u64) -> bool {
    let bounds = buckets.clone().map(Bucket::upper_bound);
    let counts = buckets.map(Bucket::cumulative_count);
    bounds.clone().all(f64::is_finite) && bounds.is_sorted_by(|a, b| a < b) && counts.chain([count]).is_sorted()
}

/// Bounds and counts as near to what was given as a histogram can be: one bad one would spoil the page.
fn repaired<'a>(buckets: impl Iterator<Item = &'a Bucket>, count: u64) -> Vec<(f64, u64)> {
    let buckets = buckets.map(|bucket| (bucket.upper_bound(), bucket.cumulative_count()));
    let mut buckets: Vec<_> = buckets.filter(|(bound, _)| bound.is_finite()).collect();
    buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
    buckets.dedup_by(|later, kept| later.0 == kept.0);
    let mut highest = 0;
    for (_, cumulative) in &mut buckets {
        highest = highest.max(*cumulative).min(count);
        *cumulative = highest;
    }
    buckets
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
        let mut last = f64::NEG_INFINITY;
        for quantile in self.get_quantile() {
            // One that is out of order or there twice would spoil the page.
            if (0.0..=1.0).contains(&quantile.quantile()) && quantile.quantile() > last {
                last = quantile.quantile();
                visit(last, quantile.value());
            }
        }
    }
}

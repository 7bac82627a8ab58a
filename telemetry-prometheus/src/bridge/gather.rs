//! Families of a `prometheus` registry as entries of ours.

use std::rc::Rc;

use prometheus::Registry;
use prometheus::proto::{Histogram, MetricFamily, MetricType, Summary};

use super::Identity;
#[allow(unused_imports, reason = "the generated types have the method themselves")]
use super::compat::Value;
use super::compat::untyped_value;
use crate::family::{Entry, Kind, Part};
use crate::label::{Attribute, AttributeValue, Origin};
use crate::memory::source_id;
use crate::name::repaired;
use crate::number::Number;
use crate::series::{HistogramPoint, Point, Points, SummaryPoint, Visit};

/// The families of each registry, for one exporter, whose own metrics they leave out.
pub(crate) fn gather<'r>(
    identity: &Identity,
    registries: impl Iterator<Item = &'r Registry>,
) -> Vec<Vec<MetricFamily>> {
    let _gathering = identity.gathering();
    registries.map(Registry::gather).collect()
}

pub(crate) fn add_entries<'a>(registries: &'a [Vec<MetricFamily>], entries: &mut Vec<Entry<'a>>) {
    for (registry, families) in registries.iter().enumerate() {
        entries.extend(families.iter().map(|family| entry(registry, family)));
    }
}

fn entry(registry: usize, family: &MetricFamily) -> Entry<'_> {
    Entry {
        source: source_id((registry, family.name())),
        name: repaired(family.name()),
        unit: "".into(),
        help: family.help(),
        kind: kind(family),
        part: Part { points: family, fixed_labels: Rc::new([]), origin: Origin::Prometheus },
    }
}

fn kind(family: &MetricFamily) -> Kind {
    match family.get_field_type() {
        MetricType::COUNTER => Kind::Counter,
        MetricType::GAUGE => Kind::Gauge,
        MetricType::HISTOGRAM => Kind::Histogram,
        MetricType::SUMMARY => Kind::Summary,
        MetricType::UNTYPED => Kind::Untyped,
    }
}

impl Points for MetricFamily {
    fn each_point<'a>(&'a self, attributes: &mut Vec<Attribute<'a>>, visit: &mut Visit<'a, '_>) {
        let kind = kind(self);
        for metric in self.get_metric() {
            attributes.clear();
            attributes.extend(
                metric
                    .get_label()
                    .iter()
                    .map(|label| Attribute { key: label.name(), value: AttributeValue::Text(label.value()) }),
            );
            let histogram: &Histogram = metric.get_histogram();
            let summary: &Summary = metric.get_summary();
            let point = match kind {
                Kind::Counter => Point::Number(metric.get_counter().value().into()),
                Kind::Histogram => Point::Histogram(histogram),
                Kind::Summary => Point::Summary(summary),
                Kind::Untyped => Point::Number(untyped_value(metric).into()),
                Kind::Gauge | Kind::Info => Point::Number(metric.get_gauge().value().into()),
            };
            visit(attributes, point, metric.timestamp_ms());
        }
    }
}

impl HistogramPoint for Histogram {
    fn count(&self) -> u64 {
        self.get_sample_count()
    }

    fn sum(&self) -> Number {
        self.get_sample_sum().into()
    }

    fn each_bucket(&self, visit: &mut dyn FnMut(f64, u64)) {
        for bucket in self.get_bucket() {
            visit(bucket.upper_bound(), bucket.cumulative_count());
        }
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

//! Families as the data types of the `prometheus` crate.

use prometheus::proto::{Bucket, Counter, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType};

use super::buckets::Buckets;
use super::{Encoder, Series};
use crate::kind::Kind;
use crate::page::Head;
use crate::source::{Classic, PointValue};
use crate::warning::Warnings;

/// Ends names and values of labels: no byte of UTF-8.
const END: u8 = 0xff;

#[derive(Debug, Default)]
pub(crate) struct MetricsEncoder {
    families: Vec<MetricFamily>,
    buckets: Buckets,
}

impl MetricsEncoder {
    pub(crate) fn finish(&mut self) -> Vec<MetricFamily> {
        std::mem::take(&mut self.families)
    }
}

fn histogram(classic: &Classic<'_>) -> Histogram {
    let buckets = classic.bounds.iter().zip(classic.cumulative).map(|(bound, count)| {
        let mut bucket = Bucket::default();
        bucket.set_upper_bound(*bound);
        bucket.set_cumulative_count(*count);
        bucket
    });
    let mut histogram = Histogram::default();
    histogram.set_bucket(buckets.collect());
    histogram.set_sample_count(classic.count);
    histogram.set_sample_sum(classic.sum.to_f64());
    histogram
}

impl Encoder for MetricsEncoder {
    fn push_label(labels: &mut Vec<u8>, _: bool, name: &str, value: &str) {
        for text in [name, value] {
            labels.extend(text.as_bytes());
            labels.push(END);
        }
    }

    fn start(&mut self) {
        self.families.clear();
    }

    fn begin(&mut self, head: &Head) {
        let mut family = MetricFamily::default();
        family.set_name(head.name.clone());
        family.set_help(head.help.clone());
        family.set_field_type(match head.kind {
            Kind::Counter => MetricType::COUNTER,
            Kind::Histogram => MetricType::HISTOGRAM,
            // The SDK has no others.
            Kind::Gauge | Kind::Info | Kind::Summary | Kind::Untyped => MetricType::GAUGE,
        });
        self.families.push(family);
    }

    fn series(&mut self, head: &Head, series: &Series<'_>, _: &Warnings) {
        let mut metric = Metric::from_label(labels(series.labels).collect());
        match series.point.value {
            PointValue::Number(value) if head.kind == Kind::Counter => {
                let mut counter = Counter::default();
                counter.set_value(value.to_f64());
                metric.set_counter(counter);
            }
            PointValue::Number(value) => {
                let mut gauge = Gauge::default();
                gauge.set_value(value.to_f64());
                metric.set_gauge(gauge);
            }
            PointValue::Classic(classic) => metric.set_histogram(histogram(&classic)),
            PointValue::Exponential(point) => {
                self.buckets.read(point);
                metric.set_histogram(histogram(&self.buckets.classic(&head.exponential_bounds, point.sum())));
            }
            PointValue::Summary(_) => return,
        }
        if let Some(family) = self.families.last_mut() {
            family.mut_metric().push(metric);
        }
    }

    fn end(&mut self, _: &Head) {}
}

fn labels(rendered: &[u8]) -> impl Iterator<Item = LabelPair> {
    let mut texts = rendered.split(|byte| *byte == END).map(String::from_utf8_lossy);
    std::iter::from_fn(move || {
        let name = texts.next().filter(|name| !name.is_empty())?;
        let mut label = LabelPair::default();
        label.set_name(name.into_owned());
        label.set_value(texts.next()?.into_owned());
        Some(label)
    })
}

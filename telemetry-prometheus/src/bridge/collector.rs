//! The exporter as a collector of the `prometheus` crate.

use prometheus::core::{Collector, Desc};
use prometheus::proto::{Bucket, Counter, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType};

use crate::encode::{Encoder, encode};
use crate::exporter::PrometheusExporter;
use crate::family::{Family, Kind};
use crate::series::{HistogramPoint, Point, SeriesRef};

/// Registered in a [`Registry`](prometheus::Registry), the exporter adds the SDK's metrics to whatever gathers that
/// registry. Clones of one exporter count as the same collector.
///
/// Different exporters can share a registry, which puts their families together without a look at what is in them. All
/// but one of them need [`without_target_info`](crate::PrometheusExporterBuilder::without_target_info), and no two may
/// have a metric of the same name in the same scope.
///
/// The families of registries that the exporter was built with are not among the collected ones.
impl Collector for PrometheusExporter {
    fn desc(&self) -> Vec<&Desc> {
        self.identity().descs()
    }

    /// Gives nothing when the collection fails, which it does inside of a callback too, with the reason in the log, and
    /// nothing while the exporter itself renders the registry.
    fn collect(&self) -> Vec<MetricFamily> {
        if self.identity().is_gathering() {
            return Vec::new();
        }
        let outcome = self.with_families([].into_iter(), |families, memory| {
            let mut collected = Families::default();
            encode(families, &mut collected, memory);
            collected.0
        });
        outcome.unwrap_or_else(|error| {
            let reason = std::error::Error::source(&error).map(ToString::to_string);
            tracing::warn!(reason, "a registry gets no OpenTelemetry metrics: {error}");
            Vec::new()
        })
    }
}

#[derive(Default)]
struct Families(Vec<MetricFamily>);

impl<'a> Encoder<'a> for Families {
    fn family(&mut self, family: &Family<'a>) {
        let mut collected = MetricFamily::default();
        collected.set_name(family.name().to_owned());
        collected.set_help(family.help().to_owned());
        collected.set_field_type(match family.kind() {
            Kind::Counter => MetricType::COUNTER,
            Kind::Histogram => MetricType::HISTOGRAM,
            // The SDK has no others.
            Kind::Gauge | Kind::Info | Kind::Summary | Kind::Untyped => MetricType::GAUGE,
        });
        self.0.push(collected);
    }

    fn series(&mut self, family: &Family<'a>, series: &SeriesRef<'_, 'a>) {
        let labels = series.labels().map(|(name, value)| {
            let mut label = LabelPair::default();
            label.set_name(name.to_owned());
            label.set_value(value.to_owned());
            label
        });
        let mut metric = Metric::from_label(labels.collect());
        match series.point() {
            Point::Number(value) if family.kind() == Kind::Counter => {
                let mut counter = Counter::default();
                counter.set_value(value.to_f64());
                metric.set_counter(counter);
            }
            Point::Number(value) => {
                let mut gauge = Gauge::default();
                gauge.set_value(value.to_f64());
                metric.set_gauge(gauge);
            }
            Point::Histogram(point) => metric.set_histogram(histogram(point)),
            Point::Summary(_) => return,
        }
        if let Some(family) = self.0.last_mut() {
            family.mut_metric().push(metric);
        }
    }
}

fn histogram(point: &dyn HistogramPoint) -> Histogram {
    let mut buckets = Vec::new();
    point.each_bucket(&mut |bound, count| {
        let mut bucket = Bucket::default();
        bucket.set_upper_bound(bound);
        bucket.set_cumulative_count(count);
        buckets.push(bucket);
    });
    let mut histogram = Histogram::default();
    histogram.set_bucket(buckets);
    histogram.set_sample_count(point.count());
    histogram.set_sample_sum(point.sum().to_f64());
    histogram
}

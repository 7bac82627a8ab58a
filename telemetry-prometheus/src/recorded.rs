//! Exponential histograms for tests, recorded by the SDK.

use std::time::Duration;

use telemetry_core::opentelemetry::metrics::MeterProvider;
use telemetry_core::opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, ExponentialBucket, ExponentialHistogramDataPoint, MetricData, ResourceMetrics, ScopeMetrics,
};
use telemetry_core::opentelemetry_sdk::metrics::{
    Aggregation, InMemoryMetricExporter, Instrument, PeriodicReader, SdkMeterProvider, Stream,
};

use crate::histogram::{Exponential, ExponentialBuckets};

/// Longer than any test.
const NEVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// With the SDK's usual number of buckets.
pub(crate) fn record(values: &[f64], max_scale: i8) -> Exponential {
    record_with(values, max_scale, 160)
}

pub(crate) fn record_with(values: &[f64], max_scale: i8, max_size: u32) -> Exponential {
    let exporter = InMemoryMetricExporter::default();
    let reader = PeriodicReader::builder(exporter.clone()).with_interval(NEVER).build();
    let view = move |_: &Instrument| {
        let aggregation = Aggregation::Base2ExponentialHistogram { max_size, max_scale, record_min_max: false };
        Stream::builder().with_aggregation(aggregation).build().ok()
    };
    let provider = SdkMeterProvider::builder().with_reader(reader).with_view(view).build();
    let histogram = provider.meter("m").f64_histogram("h").build();
    for value in values {
        histogram.record(*value, &[]);
    }
    provider.force_flush().unwrap();
    let collected = exporter.get_finished_metrics().unwrap();
    exponential(only_point(&collected[0]))
}

fn only_point(collected: &ResourceMetrics) -> &ExponentialHistogramDataPoint<f64> {
    let metric = collected.scope_metrics().flat_map(ScopeMetrics::metrics).next().unwrap();
    match metric.data() {
        AggregatedMetrics::F64(MetricData::ExponentialHistogram(histogram)) => histogram.data_points().next().unwrap(),
        other => panic!("not an exponential histogram: {other:?}"),
    }
}

fn exponential(point: &ExponentialHistogramDataPoint<f64>) -> Exponential {
    let buckets =
        |from: &ExponentialBucket| ExponentialBuckets { offset: from.offset(), counts: from.counts().collect() };
    Exponential {
        count: point.count() as u64,
        scale: point.scale(),
        zero_count: point.zero_count(),
        zero_threshold: point.zero_threshold(),
        positive: buckets(point.positive_bucket()),
        negative: buckets(point.negative_bucket()),
    }
}

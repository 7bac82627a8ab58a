//! When metrics are exported, and as what.

use opentelemetry_proto::tonic::metrics::v1::AggregationTemporality;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use telemetry_core::opentelemetry::metrics::MeterProvider;

use crate::batches::{by_itself, given_up};
use crate::probe::build;
use crate::receiver::{Receiver, Signal};
use crate::row::{Case, Outcome, Row, Seen, check_all};

const CUMULATIVE: &str = "counter Cumulative, histogram Cumulative with buckets, gauge-like Cumulative";

pub(crate) fn rows() -> Vec<Row> {
    vec![
        Row::new("OTEL_METRIC_EXPORT_INTERVAL", "waits", |case| by_itself(case, Signal::Metrics))
            .value("20", "comes by itself")
            .wrong(["0", "-1", "2147483648", "often"]),
        Row::new("OTEL_METRIC_EXPORT_TIMEOUT", "waits", |case| given_up(case, Some(Signal::Metrics)))
            .value("50", "given up")
            .wrong(["-1", "2147483648", "1.5"]),
        Row::new("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", CUMULATIVE, kinds)
            .value("Delta", "counter Delta, histogram Delta with buckets, gauge-like Cumulative")
            .wrong(["sometimes"]),
        Row::new("OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", CUMULATIVE, kinds)
            .value("Explicit_Bucket_Histogram", CUMULATIVE)
            .wrong(["base2_exponential_bucket_histogram", "none"]),
    ]
}

/// How a counter, a histogram and an up-down counter are exported.
fn kinds(case: &Case) -> Outcome {
    let receiver = Receiver::start();
    let case = case.clone().and("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url());
    let (telemetry, warnings) = build(case.builder())?;
    let meter = telemetry.meter_provider().meter("shop");
    meter.u64_counter("counter").build().add(1, &[]);
    meter.u64_histogram("histogram").build().record(1, &[]);
    meter.i64_up_down_counter("level").build().add(1, &[]);
    telemetry.shutdown().unwrap();
    let of = |name: &str| {
        let (temporality, buckets) = match receiver.metrics(name).remove(0).data {
            Some(Data::Sum(sum)) => (sum.aggregation_temporality, ""),
            Some(Data::Histogram(histogram)) => (histogram.aggregation_temporality, " with buckets"),
            other => panic!("{name} is {other:?}"),
        };
        format!("{:?}{buckets}", AggregationTemporality::try_from(temporality).unwrap())
    };
    let effect = format!("counter {}, histogram {}, gauge-like {}", of("counter"), of("histogram"), of("level"));
    Ok(Seen { effect, warnings })
}

#[test]
fn co_01_co_03_co_12_the_export_of_metrics() {
    check_all(&rows());
}

#[test]
fn co_04_low_memory_is_delta_for_what_is_synchronous() {
    let seen = kinds(&Case::of([("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "lowmemory")])).unwrap();
    assert_eq!(seen.effect, "counter Delta, histogram Delta with buckets, gauge-like Cumulative");
    assert!(seen.warnings.is_empty());
}

#[test]
fn co_12_px_159_intervals_are_for_metrics_that_are_exported_and_for_no_others() {
    let case = Case::of([("OTEL_METRIC_EXPORT_INTERVAL", "never"), ("OTEL_METRIC_EXPORT_TIMEOUT", "never")]);
    let (telemetry, warnings) = build(case.builder()).unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    telemetry.shutdown().unwrap();
}

//! What a scrape allocates beyond the SDK's own collection: nothing, once everything has been seen.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use allocation_counter::{AllocationInfo, measure};
use support::{bare, provider_with};
use telemetry_prometheus::opentelemetry::KeyValue;
use telemetry_prometheus::opentelemetry::metrics::{Meter, MeterProvider};
use telemetry_prometheus::opentelemetry_sdk::metrics::data::ResourceMetrics;
use telemetry_prometheus::opentelemetry_sdk::metrics::reader::MetricReader;
use telemetry_prometheus::opentelemetry_sdk::metrics::{Aggregation, Instrument, Stream};
use telemetry_prometheus::{Escaping, Exposition, Format, PrometheusExporter};

const FORMATS: [Format; 4] = [Format::PrometheusText, Format::PrometheusTextV1, Format::OpenMetrics, Format::Protobuf];

fn attributes(series: i64) -> [KeyValue; 3] {
    [
        KeyValue::new("http.request.method", "GET"),
        KeyValue::new("http.route", format!("/resource/{series}")),
        KeyValue::new("http.response.status_code", series),
    ]
}

fn record(meter: &Meter) {
    let counter = meter.u64_counter("requests").build();
    let gauge = meter.f64_gauge("temperature").with_unit("Cel").build();
    let histogram = meter.f64_histogram("http.server.request.duration").with_unit("s").build();
    let exponential = meter.f64_histogram("exponential").with_unit("s").build();
    for series in 0..50 {
        counter.add(1, &attributes(series));
        gauge.record(series as f64 + 0.5, &attributes(series));
        histogram.record(series as f64, &attributes(series));
        exponential.record(series as f64, &attributes(series));
    }
}

/// What the SDK alone allocates in the same scrape.
fn collection(exporter: &PrometheusExporter) -> AllocationInfo {
    measure(|| {
        let mut metrics = ResourceMetrics::default();
        exporter.collect(&mut metrics).unwrap();
    })
}

fn assert_allocates_nothing(exposition: Exposition) {
    let exporter = bare().build();
    let provider = provider_with(&exporter, |builder| {
        builder.with_view(|instrument: &Instrument| {
            let aggregation =
                Aggregation::Base2ExponentialHistogram { max_size: 160, max_scale: 20, record_min_max: false };
            let is_exponential = instrument.name() == "exponential";
            is_exponential.then(|| Stream::builder().with_aggregation(aggregation).build().ok()).flatten()
        })
    });
    record(&provider.meter("m"));
    for _ in 0..3 {
        exporter.render(exposition).unwrap();
    }

    let alone = collection(&exporter);
    let mut length = 0;
    let whole = measure(|| length = exporter.render(exposition).unwrap().len());
    assert!(length > 10_000, "{length} bytes");
    assert!(alone.count_total > 200, "the SDK copies the attributes of each point: {alone:?}");
    assert_eq!(whole.count_total, alone.count_total, "{exposition:?}");
}

#[test]
fn text_allocates_nothing_beyond_the_collection() {
    assert_allocates_nothing(Format::PrometheusText.into());
}

#[test]
fn quoted_text_allocates_nothing_beyond_the_collection() {
    assert_allocates_nothing(Exposition::new(Format::PrometheusTextV1).with_escaping(Escaping::AllowUtf8));
}

#[test]
fn openmetrics_allocates_nothing_beyond_the_collection() {
    assert_allocates_nothing(Format::OpenMetrics.into());
}

#[test]
fn protobuf_allocates_nothing_beyond_the_collection() {
    assert_allocates_nothing(Format::Protobuf.into());
}

/// Callbacks may observe a great many series once. Their memory must not stay with each format for ever.
#[test]
fn memory_of_a_burst_is_given_back() {
    const BURST: u64 = 20_000;
    let exporter = bare().build();
    let unlimited = |_: &Instrument| Stream::builder().with_cardinality_limit(2 * BURST as usize).build().ok();
    let provider = provider_with(&exporter, |builder| builder.with_view(unlimited));
    let series = Arc::new(AtomicU64::new(1));
    let observed = Arc::clone(&series);
    let meter = provider.meter("m");
    let gauge = meter.u64_observable_gauge("g").with_callback(move |observer| {
        for i in 0..observed.load(Ordering::Relaxed) {
            observer.observe(i, &[KeyValue::new("key", format!("{i} and some more text for a label"))]);
        }
    });
    gauge.build();
    let scrape = |count| {
        series.store(count, Ordering::Relaxed);
        FORMATS.map(|format| exporter.render(format).unwrap().len())
    };
    for _ in 0..3 {
        scrape(1);
    }
    let mut largest = 0;
    let kept = measure(|| {
        largest = scrape(BURST).iter().sum();
        for _ in 0..3 {
            scrape(1);
        }
    });
    assert!(largest > 4_000_000, "{largest}");
    assert!(kept.bytes_current < 600_000, "{kept:?}");
}

//! What a scrape costs, from the SDK's collection to the last byte of text.
#![allow(missing_docs)] // criterion's macros make public items.
#![allow(clippy::unwrap_used)] // A bench that cannot run has to stop.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::opentelemetry::metrics::{Meter, MeterProvider};
use telemetry_core::opentelemetry_sdk::metrics::SdkMeterProvider;
use telemetry_core::semconv::metric::REQUEST_SECONDS;
use telemetry_prometheus::{Format, PrometheusExporter};

/// As many series as the SDK keeps apart without a view.
const SIZES: [usize; 2] = [100, 1900];

fn labels(series: usize) -> [KeyValue; 3] {
    [
        KeyValue::new("method", "GET"),
        KeyValue::new("route", format!("/api/v1/resource{series}")),
        KeyValue::new("status", 200),
    ]
}

fn bench(criterion: &mut Criterion, scenario: &str, record: fn(&Meter, usize)) {
    let mut group = criterion.benchmark_group(format!("telemetry-prometheus/{scenario}"));
    for size in SIZES {
        let exporter = PrometheusExporter::new();
        let provider = SdkMeterProvider::builder().with_reader(exporter.clone()).build();
        record(&provider.meter("bench"), size);
        let page = exporter.render(Format::PrometheusText).unwrap();
        let lines = page.iter().filter(|byte| **byte == b'\n').count();
        assert!(lines > size, "{size} series are on the page");
        group.throughput(Throughput::Elements(lines as u64));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter(|| black_box(exporter.render(Format::PrometheusText).unwrap()));
        });
    }
    group.finish();
}

fn scrapes(criterion: &mut Criterion) {
    bench(criterion, "scrape-counters", |meter, size| {
        let counter = meter.u64_counter("requests").build();
        (0..size).for_each(|series| counter.add(1 + series as u64, &labels(series)));
    });
    bench(criterion, "scrape-histograms", |meter, size| {
        let histogram = meter.f64_histogram("latency").with_boundaries(REQUEST_SECONDS.to_vec()).build();
        (0..size).for_each(|series| histogram.record(0.001 * series as f64, &labels(series)));
    });
}

criterion_group!(benches, scrapes);
criterion_main!(benches);

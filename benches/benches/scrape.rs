//! What a scrape costs, from the SDK's collection to the last byte, in each format.
#![allow(missing_docs)] // criterion's macros make public items.
#![allow(clippy::unwrap_used)] // A bench that cannot run has to stop.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::opentelemetry::metrics::{Meter, MeterProvider};
use telemetry_core::opentelemetry_sdk::metrics::{Aggregation, Instrument, SdkMeterProvider, Stream};
use telemetry_core::semconv::metric::REQUEST_SECONDS;
use telemetry_prometheus::{Format, PrometheusExporter};

/// As many series as the SDK keeps apart without a view.
const SIZES: [usize; 2] = [100, 1900];

/// What an id ends in, for each format.
const FORMATS: [(&str, Format); 3] =
    [("", Format::PrometheusText), ("-openmetrics", Format::OpenMetrics), ("-protobuf", Format::Protobuf)];

/// The name of the histogram that a view makes exponential.
const EXPONENTIAL: &str = "exponential";

fn labels(series: usize) -> [KeyValue; 3] {
    [
        KeyValue::new("method", "GET"),
        KeyValue::new("route", format!("/api/v1/resource{series}")),
        KeyValue::new("status", 200),
    ]
}

fn bench(criterion: &mut Criterion, scenario: &str, formats: &[(&str, Format)], record: fn(&Meter, usize)) {
    for size in SIZES {
        let exporter = PrometheusExporter::new();
        let provider = SdkMeterProvider::builder().with_view(exponential).with_reader(exporter.clone()).build();
        record(&provider.meter("bench"), size);
        let page = exporter.render(Format::PrometheusText).unwrap();
        let lines = page.iter().filter(|byte| **byte == b'\n').count();
        assert!(lines > size, "{size} series are on the page");
        for (suffix, format) in formats {
            let mut group = criterion.benchmark_group(format!("telemetry-prometheus/{scenario}{suffix}"));
            // Lines of text for every format, so that formats can be compared.
            group.throughput(Throughput::Elements(lines as u64));
            group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
                bencher.iter(|| black_box(exporter.render(*format).unwrap()));
            });
            group.finish();
        }
    }
}

fn exponential(instrument: &Instrument) -> Option<Stream> {
    let aggregation = Aggregation::Base2ExponentialHistogram { max_size: 160, max_scale: 20, record_min_max: false };
    let is_meant = instrument.name() == EXPONENTIAL;
    is_meant.then(|| Stream::builder().with_aggregation(aggregation).build().ok()).flatten()
}

fn scrapes(criterion: &mut Criterion) {
    bench(criterion, "scrape-counters", &FORMATS, |meter, size| {
        let counter = meter.u64_counter("requests").build();
        (0..size).for_each(|series| counter.add(1 + series as u64, &labels(series)));
    });
    bench(criterion, "scrape-histograms", &FORMATS, |meter, size| {
        let histogram = meter.f64_histogram("latency").with_boundaries(REQUEST_SECONDS.to_vec()).build();
        (0..size).for_each(|series| histogram.record(0.001 * series as f64, &labels(series)));
    });
    bench(criterion, "scrape-exponential", &FORMATS, |meter, size| {
        let histogram = meter.f64_histogram(EXPONENTIAL).with_unit("s").build();
        for series in 0..size {
            for step in 1..20 {
                histogram.record(0.001 * (series + step * step) as f64, &labels(series));
            }
        }
    });
}

criterion_group!(benches, scrapes);
criterion_main!(benches);

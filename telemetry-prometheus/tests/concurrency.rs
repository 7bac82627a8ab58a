//! Scrapes in parallel with recording, with each other and with the end of the provider.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod support;

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::ScopedJoinHandle;

use support::{bare, check, provider};
use telemetry_prometheus::Format;
use telemetry_prometheus::opentelemetry::KeyValue;
use telemetry_prometheus::opentelemetry::metrics::MeterProvider;

const SCRAPERS: usize = 3;
const RECORDERS: usize = 2;

/// PX-04, PX-61: no scrape is malformed, and none sees a counter go back.
#[test]
fn px04_parallel_scrapes_under_recording_are_whole() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    let meter = provider.meter("m");
    let counter = meter.u64_counter("c").build();
    let histogram = meter.f64_histogram("h").with_boundaries(vec![0.5]).build();
    let is_over = AtomicBool::new(false);
    let start = Barrier::new(SCRAPERS + RECORDERS);

    std::thread::scope(|scope| {
        for _ in 0..RECORDERS {
            scope.spawn(|| {
                start.wait();
                let mut i = 0_i64;
                while !is_over.load(Ordering::Relaxed) {
                    let attributes = [KeyValue::new("i", i % 50)];
                    counter.add(1, &attributes);
                    histogram.record(i as f64, &attributes);
                    i += 1;
                }
            });
        }
        let scrapers: Vec<_> = (0..SCRAPERS)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    let mut before = 0;
                    for _ in 0..30 {
                        let bytes = exporter.render(Format::PrometheusText).unwrap();
                        let text = str::from_utf8(&bytes).unwrap();
                        check(text);
                        let total = sum_of(text, "c_total{");
                        assert!(total >= before, "{total} after {before}");
                        before = total;
                    }
                })
            })
            .collect();
        let outcomes: Vec<_> = scrapers.into_iter().map(ScopedJoinHandle::join).collect();
        is_over.store(true, Ordering::Relaxed);
        assert!(outcomes.iter().all(Result::is_ok));
    });
}

fn sum_of(text: &str, prefix: &str) -> u64 {
    let values = text.lines().filter(|line| line.starts_with(prefix));
    values.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
}

#[test]
fn px04_a_shutdown_in_the_middle_of_scrapes_does_not_show() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    provider.meter("m").u64_counter("c").build().add(1, &[]);
    let start = Barrier::new(3);
    let is_over = AtomicBool::new(false);

    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                start.wait();
                loop {
                    let is_last = is_over.load(Ordering::SeqCst);
                    let text = exporter.render(Format::PrometheusText).unwrap();
                    assert_eq!(text, "# TYPE c_total counter\nc_total 1\n");
                    if is_last {
                        break;
                    }
                }
            });
        }
        start.wait();
        let ended = provider.shutdown();
        is_over.store(true, Ordering::SeqCst);
        ended.unwrap();
    });
}

//! What holds from scrape to scrape, and for large pages.
#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, mpsc};
use std::time::Duration;

use support::{bare, provider, provider_with, resource};
use telemetry_prometheus::Format;
use telemetry_prometheus::opentelemetry::KeyValue;
use telemetry_prometheus::opentelemetry::metrics::{Meter, MeterProvider};
use telemetry_prometheus::opentelemetry_sdk::metrics::Stream;

const FORMATS: [Format; 4] = [Format::PrometheusText, Format::PrometheusTextV1, Format::OpenMetrics, Format::Protobuf];

/// What is remembered of the scrape before hides what the order depends on, so there are several exporters too.
#[test]
fn om21_labels_and_series_have_one_order_and_none_goes_by_itself() {
    let mut first = Vec::new();
    for round in 0..6 {
        let exporter = bare().build();
        let provider = provider(&exporter);
        let meter = provider.meter("m");
        meter.u64_gauge("recorded_once").build().record(1, &[]);
        let scrapes = AtomicUsize::new(round);
        let observed = meter.u64_observable_gauge("g").with_callback(move |observer| {
            let scrape = scrapes.fetch_add(1, Ordering::Relaxed);
            let mut series = ["x", "y", "z"];
            series.rotate_left(scrape % 3);
            for value in series {
                let mut attributes = ["a", "b", "c"].map(|key| KeyValue::new(key, value));
                attributes.rotate_left(scrape % 3);
                observer.observe(1, &attributes);
            }
        });
        observed.build();
        for _ in 0..3 {
            let pages = FORMATS.map(|format| exporter.render(format).unwrap());
            if first.is_empty() {
                first = pages.to_vec();
            }
            assert_eq!(pages[..], first);
        }
    }
}

/// How long it takes is for the benches to tell.
#[test]
fn om71_px160_a_page_of_ten_thousand_series_has_the_values_of_now() {
    const SERIES: u64 = 10_000;
    let exporter = bare().build();
    let unlimited = |_: &_| Stream::builder().with_cardinality_limit(2 * SERIES as usize).build().ok();
    let provider = provider_with(&exporter, |builder| builder.with_view(unlimited));
    let counter = provider.meter("m").u64_counter("c").build();
    let attributes = |i| [KeyValue::new("i", format!("{i}")), KeyValue::new("route", "/orders")];
    (0..SERIES).for_each(|i| counter.add(1, &attributes(i)));
    for recorded in [2, 3, 4] {
        counter.add(1, &attributes(7));
        let page = exporter.render(Format::PrometheusText).unwrap();
        let text = str::from_utf8(&page).unwrap();
        assert_eq!(text.lines().count() as u64, SERIES + 1);
        assert!(text.contains(&format!("c_total{{i=\"7\",route=\"/orders\"}} {recorded}\n")));
        assert!(text.contains("c_total{i=\"8\",route=\"/orders\"} 1\n"));
    }
}

/// The choice of labels is a part of the writing that a test can be in.
#[test]
fn px160_recording_goes_on_while_a_page_is_written() {
    let meter: Arc<OnceLock<Meter>> = Arc::default();
    let recorded = Arc::clone(&meter);
    let select = move |_: &str| {
        let (done, is_done) = mpsc::channel();
        let meter = recorded.get().unwrap().clone();
        std::thread::spawn(move || {
            meter.u64_counter("c").build().add(1, &[]);
            meter.u64_counter("new").build().add(1, &[]);
            done.send(()).unwrap();
        });
        is_done.recv_timeout(Duration::from_secs(30)).unwrap();
        false
    };
    let exporter = bare().with_resource_labels(select).build();
    let provider = provider_with(&exporter, |builder| builder.with_resource(resource([KeyValue::new("k", "v")])));
    meter.set(provider.meter("m")).unwrap();
    provider.meter("m").u64_counter("c").build().add(1, &[]);
    let pages = [(); 2].map(|()| exporter.render(Format::PrometheusText).unwrap());
    assert_eq!(pages[0], "# TYPE c_total counter\nc_total 1\n");
    assert_eq!(pages[1], "# TYPE c_total counter\nc_total 2\n# TYPE new_total counter\nnew_total 1\n");
}

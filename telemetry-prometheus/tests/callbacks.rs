//! Callbacks that panic or that scrape.
#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use support::{bare, provider, provider_with, render, resource};
use telemetry_prometheus::Format;
use telemetry_prometheus::opentelemetry::KeyValue;
use telemetry_prometheus::opentelemetry::metrics::MeterProvider;
use telemetry_prometheus::opentelemetry_sdk::metrics::data::ResourceMetrics;
use telemetry_prometheus::opentelemetry_sdk::metrics::reader::MetricReader;

/// PX-153: the SDK alone would refuse all later collections, and forget all later instruments.
#[test]
fn px153_a_panic_in_a_callback_fails_one_scrape_only() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    let meter = provider.meter("m");
    let scrape = AtomicU64::new(0);
    meter
        .u64_observable_gauge("g")
        .with_callback(move |observer| {
            if scrape.fetch_add(1, Ordering::Relaxed) == 0 {
                panic!("out of order");
            }
            observer.observe(1, &[]);
        })
        .build();

    let error = exporter.render(Format::PrometheusText).unwrap_err();
    assert!(!error.is_unavailable());
    let cause = std::error::Error::source(&error).unwrap();
    assert_eq!(cause.to_string(), "panic: out of order");

    meter.u64_counter("later").build().add(1, &[]);
    let expected = "# TYPE g gauge\ng 1\n# TYPE later_total counter\nlater_total 1\n";
    assert_eq!(render(&exporter), expected);
}

/// PX-06, PX-153: nobody observes it again, but the SDK keeps it until a collection succeeds.
#[test]
fn px153_what_was_observed_before_a_panic_appears_in_the_next_scrape() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    let meter = provider.meter("m");
    let scrape = AtomicU64::new(0);
    meter
        .u64_observable_gauge("g")
        .with_callback(move |observer| {
            let scrape = scrape.fetch_add(1, Ordering::Relaxed);
            observer.observe(1, &[KeyValue::new("scrape", scrape.to_string())]);
            assert_ne!(scrape, 0, "out of order");
        })
        .build();

    assert!(exporter.render(Format::PrometheusText).is_err());
    assert_eq!(render(&exporter), "# TYPE g gauge\ng{scrape=\"0\"} 1\ng{scrape=\"1\"} 1\n");
    assert_eq!(render(&exporter), "# TYPE g gauge\ng{scrape=\"2\"} 1\n");
}

#[test]
fn px153_a_panic_while_labels_are_chosen_fails_the_scrape() {
    let is_broken = Arc::new(AtomicBool::new(true));
    let breaks = Arc::clone(&is_broken);
    let select = move |_: &str| {
        assert!(!breaks.load(Ordering::Relaxed), "out of order");
        true
    };
    let exporter = bare().with_resource_labels(select).build();
    let provider = provider_with(&exporter, |builder| builder.with_resource(resource([KeyValue::new("k", "v")])));
    provider.meter("m").u64_gauge("g").build().record(1, &[]);

    let error = exporter.render(Format::PrometheusText).unwrap_err();
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "panic: out of order");
    is_broken.store(false, Ordering::Relaxed);
    assert_eq!(render(&exporter), "# TYPE g gauge\ng{k=\"v\"} 1\n");
}

/// The SDK holds its lock meanwhile: a collection that waited for that, on the same thread, would never end. Another
/// exporter of the provider would run the same callback again, and that the next one.
#[test]
fn px04_a_collection_inside_of_a_callback_fails_cleanly() {
    let (exporter, other) = (bare().build(), bare().build());
    let provider = provider_with(&exporter, |builder| builder.with_reader(other.clone()));
    let registry = prometheus::Registry::new();
    registry.register(Box::new(exporter.clone())).unwrap();
    let inner = [exporter.clone(), other.clone()];
    provider
        .meter("m")
        .u64_observable_gauge("gathered")
        .with_callback(move |observer| {
            for exporter in &inner {
                let error = exporter.render(Format::PrometheusText).unwrap_err();
                assert!(!error.is_unavailable());
                assert!(error.to_string().contains("callback"), "{error}");
                assert!(exporter.collect(&mut ResourceMetrics::default()).is_err());
            }
            observer.observe(registry.gather().len() as u64, &[]);
        })
        .build();

    for exporter in [&exporter, &other, &exporter] {
        assert_eq!(render(exporter), "# TYPE gathered gauge\ngathered 0\n");
    }
}

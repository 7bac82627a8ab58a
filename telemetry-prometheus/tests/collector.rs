//! The exporter in registries of the `prometheus` crate.
#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod support;

use std::sync::Barrier;

use prometheus::{IntGauge, Registry, TextEncoder};
use support::{bare, check, counter, logged, provider, provider_with, render, resource};
use telemetry_prometheus::PrometheusExporter;
use telemetry_prometheus::opentelemetry::KeyValue;
use telemetry_prometheus::opentelemetry::metrics::MeterProvider;
use telemetry_prometheus::opentelemetry_sdk::metrics::{Aggregation, Instrument, SdkMeterProvider, Stream};

fn gather(registry: &Registry) -> String {
    let text = TextEncoder::new().encode_to_string(&registry.gather()).unwrap();
    check(&text);
    text
}

#[test]
fn as_a_collector_the_exporter_gives_its_metrics_to_a_registry() {
    let registry = Registry::new();
    let exporter = bare().build();
    registry.register(Box::new(exporter.clone())).unwrap();
    registry.register(Box::new(IntGauge::new("legacy", "Beside it.").unwrap())).unwrap();
    let provider = provider(&exporter);
    let meter = provider.meter("m");
    counter(&provider, "orders", 3);
    meter.i64_gauge("depth").with_description("How deep.").build().record(-2, &[]);
    let histogram = meter.f64_histogram("h").with_unit("s").with_boundaries(vec![0.5]).build();
    histogram.record(0.25, &[KeyValue::new("k.x", 1)]);
    histogram.record(1.0, &[KeyValue::new("k.x", 1)]);

    assert_eq!(
        gather(&registry),
        "# HELP depth How deep.\n# TYPE depth gauge\ndepth -2\n\
         # TYPE h_seconds histogram\n\
         h_seconds_bucket{k_x=\"1\",le=\"0.5\"} 1\n\
         h_seconds_bucket{k_x=\"1\",le=\"+Inf\"} 2\n\
         h_seconds_sum{k_x=\"1\"} 1.25\n\
         h_seconds_count{k_x=\"1\"} 2\n\
         # HELP legacy Beside it.\n# TYPE legacy gauge\nlegacy 0\n\
         # TYPE orders_total counter\norders_total{k=\"v\"} 3\n"
    );
}

#[test]
fn exporters_share_a_registry_but_clones_of_one_do_not() {
    let registry = Registry::new();
    let (one, two) = (bare().build(), bare().build());
    let (provider_one, provider_two) = (provider(&one), provider(&two));
    counter(&provider_one, "one", 1);
    counter(&provider_two, "two", 2);

    registry.register(Box::new(one.clone())).unwrap();
    registry.register(Box::new(two)).unwrap();
    assert!(matches!(registry.register(Box::new(one.clone())), Err(prometheus::Error::AlreadyReg)));
    let text = gather(&registry);
    assert!(text.contains("one_total{k=\"v\"} 1\n") && text.contains("two_total{k=\"v\"} 2\n"));

    registry.unregister(Box::new(one)).unwrap();
    assert!(!gather(&registry).contains("one_total"));
}

#[test]
fn a_registry_gathers_nothing_from_an_exporter_that_cannot_collect() {
    let registry = Registry::new();
    registry.register(Box::new(PrometheusExporter::new())).unwrap();
    let log = logged(|| assert_eq!(gather(&registry), ""));
    assert_eq!(log.len(), 1, "{log:?}");
}

/// PX-153: nothing partial, nor a panic in the middle of what gathers the registry.
#[test]
fn px153_a_registry_gathers_nothing_from_an_exporter_that_panics() {
    let registry = Registry::new();
    let exporter = bare().with_resource_labels(|_| panic!("out of order")).build();
    let provider = provider_with(&exporter, |builder| builder.with_resource(resource([KeyValue::new("k", "v")])));
    counter(&provider, "c", 1);
    registry.register(Box::new(exporter)).unwrap();
    let log = logged(|| assert_eq!(gather(&registry), ""));
    assert_eq!(log.len(), 1, "{log:?}");
}

/// The exporter is a collector of the registry that it renders.
fn entangled() -> (PrometheusExporter, SdkMeterProvider, Registry) {
    let registry = Registry::new();
    registry.register(Box::new(IntGauge::new("legacy", "In the registry alone.").unwrap())).unwrap();
    let exporter = bare().with_registry(registry.clone()).build();
    registry.register(Box::new(exporter.clone())).unwrap();
    let provider = provider(&exporter);
    counter(&provider, "modern", 1);
    (exporter, provider, registry)
}

const ONCE: &str = "# HELP legacy In the registry alone.\n# TYPE legacy gauge\nlegacy 0\n\
                    # TYPE modern_total counter\nmodern_total{k=\"v\"} 1\n";

#[test]
fn each_family_appears_once_when_the_registry_holds_the_exporter() {
    let (exporter, _provider, registry) = entangled();
    let log = logged(|| {
        assert_eq!(render(&exporter), ONCE);
        assert_eq!(gather(&registry), ONCE);
        assert_eq!(render(&exporter), ONCE);
    });
    assert!(log.is_empty(), "{log:?}");
}

#[test]
fn another_exporter_renders_the_one_in_its_registry() {
    let (_, _provider, registry) = entangled();
    let other = bare().with_registry(registry).build();
    let _provider = provider(&other);
    assert_eq!(render(&other), ONCE);
}

#[test]
fn each_family_appears_once_also_in_parallel() {
    let (exporter, _provider, registry) = entangled();
    let start = Barrier::new(4);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                start.wait();
                (0..200).for_each(|_| assert_eq!(render(&exporter), ONCE));
            });
            scope.spawn(|| {
                start.wait();
                (0..200).for_each(|_| assert_eq!(gather(&registry), ONCE));
            });
        }
    });
}

/// PX-105: as in the exporter's own output, a metric that comes later does not take over a name.
#[test]
fn px105_of_contradicting_metrics_the_first_stays_in_later_gatherings() {
    let registry = Registry::new();
    let exporter = bare().build();
    registry.register(Box::new(exporter.clone())).unwrap();
    let provider = provider(&exporter);
    provider.meter("z").u64_gauge("x_total").build().record(5, &[]);
    let expected = "# TYPE x_total gauge\nx_total 5\n";
    assert!(gather(&registry).ends_with(expected));

    provider.meter("a").u64_counter("x").build().add(1, &[]);
    assert!(gather(&registry).ends_with(expected), "{}", gather(&registry));
}

/// PX-58: the crate's types have room for classic buckets alone.
#[test]
fn px58_a_registry_gets_exponential_histograms_with_classic_buckets() {
    let registry = Registry::new();
    let exporter = bare().with_exponential_bounds([1.0, 4.0]).build();
    registry.register(Box::new(exporter.clone())).unwrap();
    let provider = provider_with(&exporter, |builder| {
        builder.with_view(|_: &Instrument| {
            let aggregation =
                Aggregation::Base2ExponentialHistogram { max_size: 160, max_scale: 20, record_min_max: false };
            Stream::builder().with_aggregation(aggregation).build().ok()
        })
    });
    let histogram = provider.meter("m").f64_histogram("h").build();
    for value in [0.5, 2.0, 3.0, 8.0] {
        histogram.record(value, &[]);
    }

    let text = gather(&registry);
    assert!(text.ends_with(
        "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"4\"} 3\nh_bucket{le=\"+Inf\"} 4\nh_sum 13.5\nh_count 4\n"
    ));
}

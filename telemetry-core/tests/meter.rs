//! `MeterOptions`: where instruments come from and what they are called.
#![cfg(feature = "testing")]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // Helpers of tests may fail them.

use telemetry_core::opentelemetry::metrics::MeterProvider;
use telemetry_core::opentelemetry::{KeyValue, global};
use telemetry_core::testing::{InMemoryMetrics, Value};
use telemetry_core::{MeterOptions, semconv};

#[test]
fn instruments_carry_prefix_unit_and_bounds() {
    let metrics = InMemoryMetrics::new();
    let options = MeterOptions::default().with_meter_provider(metrics.provider()).with_metric_prefix("shop");
    let meter = options.meter("test", "1");
    meter.f64_histogram(&semconv::metric::HTTP_SERVER_REQUEST_DURATION).record(0.2, &[]);
    meter.i64_up_down_counter(&semconv::metric::HTTP_SERVER_ACTIVE_REQUESTS).add(1, &[]);

    let snapshot = metrics.snapshot();
    let [duration] = snapshot.points("shop.http.server.request.duration")[..] else { panic!("{snapshot:?}") };
    assert_eq!(duration.unit, "s");
    let Value::Histogram { count, bounds, .. } = &duration.value else { panic!() };
    assert_eq!(*count, 1);
    assert_eq!(bounds, semconv::metric::REQUEST_SECONDS);
    assert_eq!(snapshot.sum("shop.http.server.active_requests", &[]), 1.0);
}

#[test]
fn the_meter_comes_from_the_given_source() {
    let (global, given) = (InMemoryMetrics::new(), InMemoryMetrics::new());
    global::set_meter_provider(global.provider());
    let options = [
        (MeterOptions::default(), &global),
        (MeterOptions::default().with_meter_provider(given.provider()), &given),
        (MeterOptions::default().with_meter(given.provider().meter("shop")), &given),
    ];
    for (options, target) in options {
        let before = target.snapshot().sum("transport.server.io", &[]);
        options.meter("test", "1").u64_counter(&semconv::metric::TRANSPORT_SERVER_IO).add(1, &[]);
        assert_eq!(target.snapshot().sum("transport.server.io", &[]), before + 1.0, "{options:?}");
    }
}

#[test]
fn co_42_the_scope_says_who_measures_and_by_which_conventions() {
    use telemetry_core::opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};

    let exporter = InMemoryMetricExporter::default();
    let reader = PeriodicReader::builder(exporter.clone()).build();
    let provider = SdkMeterProvider::builder().with_reader(reader).build();
    let options = MeterOptions::default().with_meter_provider(provider.clone());
    options.meter("shop-metrics", "1.2.3").u64_counter(&semconv::metric::TRANSPORT_SERVER_IO).add(1, &[]);
    provider.force_flush().unwrap();

    let collected = exporter.get_finished_metrics().unwrap();
    let scope = collected[0].scope_metrics().next().unwrap().scope();
    assert_eq!((scope.name(), scope.version()), ("shop-metrics", Some("1.2.3")));
    assert_eq!(scope.schema_url(), Some("https://opentelemetry.io/schemas/1.44.0"));
}

#[test]
fn options_add_up() {
    let options = MeterOptions::default()
        .with_attributes([KeyValue::new("a", 1)])
        .with_attributes([KeyValue::new("b", 2)])
        .with_metric_prefix("");
    assert_eq!(options.attributes, [KeyValue::new("a", 1), KeyValue::new("b", 2)]);
    let metrics = InMemoryMetrics::new();
    let meter = options.with_meter_provider(metrics.provider()).meter("test", "1");
    meter.u64_counter(&semconv::metric::TRANSPORT_SERVER_IO).add(1, &[]);
    assert_eq!(metrics.snapshot().names(), ["transport.server.io"], "an empty prefix is none");
}

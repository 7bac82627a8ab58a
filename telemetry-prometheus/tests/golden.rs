//! Whole scrapes against files. `UPDATE_GOLDEN=1 cargo test -p telemetry-prometheus` writes the files anew.
#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod support;

use std::path::Path;

use support::{bare, render, resource};
use telemetry_prometheus::PrometheusExporter;
use telemetry_prometheus::opentelemetry::metrics::MeterProvider;
use telemetry_prometheus::opentelemetry::{Array, InstrumentationScope, KeyValue, StringValue, Value};
use telemetry_prometheus::opentelemetry_sdk::metrics::SdkMeterProvider;

/// T-17: the files would not stay equal if anything depended on the order of hash maps.
fn assert_golden(name: &str, exporter: &PrometheusExporter) {
    let text = render(exporter);
    assert_eq!(render(exporter), text, "two scrapes of the same data differ");

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text, expected, "{name} differs");
}

fn kv(key: &'static str, value: &'static str) -> KeyValue {
    KeyValue::new(key, value)
}

/// Every kind of instrument, several scopes, units, odd names and values.
fn record_everything(provider: &SdkMeterProvider) {
    let shop = InstrumentationScope::builder("shop")
        .with_version("1.2.3")
        .with_schema_url("https://opentelemetry.io/schemas/1.40.0")
        .with_attributes([kv("team", "checkout"), kv("name", "never shown"), kv("schema-url", "never shown")])
        .build();
    let shop = provider.meter_with_scope(shop);
    let other = provider.meter("other");

    let orders = shop
        .u64_counter("shop.orders")
        .with_unit("{order}")
        .with_description("Orders, by \"country\".\nBackslash: \\")
        .build();
    orders.add(3, &[kv("country", "de"), KeyValue::new("express", true)]);
    orders.add(9_007_199_254_740_993, &[kv("country", "fr"), KeyValue::new("express", false)]);
    orders.add(1, &[]);
    // PX-108: the same family from another scope.
    let orders = other
        .u64_counter("shop.orders")
        .with_unit("{order}")
        .with_description("Orders, by \"country\".\nBackslash: \\")
        .build();
    orders.add(5, &[kv("country", "de")]);

    let sent = shop.f64_counter("io.sent").with_unit("By").build();
    sent.add(1_234_567.5, &[]);
    let active = shop.i64_up_down_counter("active").with_unit("{request}").build();
    active.add(5, &[]);
    active.add(-7, &[]);

    let duration = shop
        .f64_histogram("http.server.request.duration")
        .with_unit("s")
        .with_description("Duration of HTTP server requests.")
        .with_boundaries(vec![0.005, 0.1, 1.0, 2.5, 1e6])
        .build();
    for (seconds, status) in [(0.004, 200_i64), (0.1, 200), (3.0, 200), (1e7, 200), (0.5, 500)] {
        let attributes = [
            kv("http.request.method", "GET"),
            kv("http.route", "/users/{id}"),
            KeyValue::new("http.response.status_code", status),
        ];
        duration.record(seconds, &attributes);
    }
    let sizes = shop.u64_histogram("sizes").with_unit("KiBy").with_boundaries(vec![]).build();
    sizes.record(17, &[]);

    let gauge = other.f64_gauge("temperature").with_unit("Cel").build();
    // The SDK itself drops NaN and the infinities.
    for (value, label) in [(-0.0, "-0"), (1e-7, "small"), (21.5, "usual")] {
        gauge.record(value, &[kv("which", label)]);
    }

    let values = other.i64_gauge("label.values").build();
    let strings: Vec<StringValue> = vec!["a\"b".into(), "c\\d".into()];
    values.record(
        1,
        &[
            kv("text", "quote \" backslash \\ feed \n tab \t caf\u{e9}"),
            KeyValue::new("strings", Value::Array(Array::String(strings))),
            KeyValue::new("floats", Value::Array(Array::F64(vec![1.0, f64::NAN]))),
            KeyValue::new("float", 2.5),
            kv("empty", ""),
        ],
    );
    // PX-95: two keys of one label.
    values.record(2, &[kv("a-b", "1"), kv("a.b", "2")]);

    other
        .u64_observable_counter("process.cpu.time")
        .with_unit("s")
        .with_callback(|observer| {
            for state in ["user", "system", "idle"] {
                observer.observe(7, &[kv("cpu.mode", state)]);
            }
        })
        .build();
    other
        .f64_observable_gauge("disk.speed")
        .with_unit("By/s")
        .with_callback(|observer| observer.observe(1e6, &[]))
        .build();
}

#[test]
fn everything_with_the_defaults() {
    let exporter = PrometheusExporter::new();
    let provider = SdkMeterProvider::builder()
        .with_resource(resource([
            kv("service.name", "golden"),
            kv("service.version", "0.1"),
            KeyValue::new("process.pid", 17),
        ]))
        .with_reader(exporter.clone())
        .build();
    record_everything(&provider);
    assert_golden("everything.txt", &exporter);
}

/// PX-36, PX-92, PX-93, PX-100, PX-102.
#[test]
fn everything_with_the_options() {
    let exporter = bare().with_namespace("acme.corp").with_resource_labels(|key| key.starts_with("service.")).build();
    let provider = SdkMeterProvider::builder()
        .with_resource(resource([kv("service.name", "golden"), kv("host.name", "never shown")]))
        .with_reader(exporter.clone())
        .build();
    record_everything(&provider);
    assert_golden("options.txt", &exporter);
}

//! A provider with everything in it.

use std::time::{Duration, SystemTime};

use telemetry_core::exemplar::{Buckets, ExemplarFilter, ExemplarStore, SpanIdentity};
use telemetry_prometheus::opentelemetry::metrics::MeterProvider;
use telemetry_prometheus::opentelemetry::{Array, InstrumentationScope, KeyValue, SpanId, StringValue, TraceId, Value};
use telemetry_prometheus::opentelemetry_sdk::metrics::{Aggregation, Instrument, SdkMeterProvider, Stream};
use telemetry_prometheus::{PrometheusExporter, PrometheusExporterBuilder};

use super::resource;

/// A view that makes an exponential histogram of the instrument with this name.
pub(crate) fn exponential(name: &'static str) -> impl Fn(&Instrument) -> Option<Stream> + Send + Sync + 'static {
    move |instrument| {
        let aggregation = Aggregation::Base2ExponentialHistogram { max_size: 160, max_scale: 20, record_min_max: true };
        (instrument.name() == name).then(|| Stream::builder().with_aggregation(aggregation).build().unwrap())
    }
}

/// A store that keeps whatever it is offered.
pub(crate) fn store() -> ExemplarStore {
    ExemplarStore::builder().with_filter(ExemplarFilter::AlwaysOn).build()
}

/// A time that is the same in every run.
pub(crate) fn time(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::new(1_700_000_000 + seconds, 123_000_000)
}

pub(crate) fn span(trace: u128, span: u64) -> SpanIdentity {
    SpanIdentity::new(TraceId::from(trace), SpanId::from(span), true)
}

/// An exporter of everything.
pub(crate) fn everything(builder: PrometheusExporterBuilder) -> (PrometheusExporter, SdkMeterProvider) {
    let store = store();
    let exporter = builder.with_exemplars(store.clone()).build();
    let attributes = [kv("service.name", "golden"), kv("service.version", "0.1"), KeyValue::new("process.pid", 17)];
    let provider = SdkMeterProvider::builder()
        .with_resource(resource(attributes))
        .with_view(exponential("render.time"))
        .with_reader(exporter.clone())
        .build();
    record_everything(&provider, &store);
    (exporter, provider)
}

pub(crate) fn kv(key: &'static str, value: &'static str) -> KeyValue {
    KeyValue::new(key, value)
}

/// Records every kind of instrument, with several scopes, units, odd names and values, and exemplars into `store`.
pub(crate) fn record_everything(provider: &SdkMeterProvider, store: &ExemplarStore) {
    let shop = InstrumentationScope::builder("shop")
        .with_version("1.2.3")
        .with_schema_url("https://opentelemetry.io/schemas/1.40.0")
        .with_attributes([kv("team", "checkout"), kv("name", "never shown"), kv("schema-url", "never shown")])
        .build();
    let other = provider.meter("other");
    record_exemplars(store, &shop);
    let shop = provider.meter_with_scope(shop);

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

    let rendering = shop.f64_histogram("render.time").with_unit("s").with_description("Time to render.").build();
    for seconds in [0.0, 0.0005, 0.01, 0.011, 0.3, 0.31, 5.0] {
        rendering.record(seconds, &[kv("page", "start")]);
    }
    rendering.record(1000.0, &[kv("page", "end")]);

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

fn record_exemplars(store: &ExemplarStore, shop: &InstrumentationScope) {
    let german = [kv("country", "de"), KeyValue::new("express", true)];
    let orders = store.reservoir(shop, "shop.orders", &german, Buckets::Single);
    // The Python parser loses count of quotes that are not paired.
    orders.offer(1.0, time(0), Some(&span(1, 2)), &[]);
    orders.offer(
        3.0,
        time(1),
        Some(&span(0xdecaf, 0xbad)),
        &[kv("basket.id", "\u{e9} \"x\" \\ \n"), kv("span_id", "fake")],
    );
    let requests = [
        kv("http.request.method", "GET"),
        kv("http.route", "/users/{id}"),
        KeyValue::new("http.response.status_code", 200),
    ];
    let bounds = [0.005, 0.1, 1.0, 2.5, 1e6];
    let requests = store.reservoir(shop, "http.server.request.duration", &requests, Buckets::Explicit(&bounds));
    requests.offer(0.004, time(2), Some(&span(u128::MAX, u64::MAX)), &[]);
    requests.offer(0.1, time(3), None, &[kv("user", "ann")]);
    requests.offer(1e7, time(4), None, &[]);
    let rendering = store.reservoir(shop, "render.time", &[kv("page", "start")], Buckets::Exponential);
    for (seconds, value) in (5..).zip([0.01, 0.3, 5.0]) {
        rendering.offer(value, time(seconds), Some(&span(7, seconds)), &[]);
    }
    // A gauge has none.
    store.reservoir(shop, "active", &[], Buckets::Single).offer(1.0, time(9), None, &[]);
}

//! What the options of the layer change in the metrics.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // Helpers of tests may fail them.

use std::convert::Infallible;
use std::future::ready;

use bytes::Bytes;
use http::{Request, Response, Version};
use http_body_util::{BodyExt, Full};
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::testing::{InMemoryMetrics, Snapshot, Value};
use telemetry_core::{AttributesFactory, ConnectionInfo, MeterOptions, TlsInfo, Transport, semconv};
use telemetry_http::{RequestBody, RequestMetricsLayer};
use tower::{Layer, ServiceExt, service_fn};

const ALL: [&str; 4] = [
    "http.server.active_requests",
    "http.server.request.body.size",
    "http.server.request.duration",
    "http.server.response.body.size",
];

fn options(metrics: &InMemoryMetrics) -> MeterOptions {
    MeterOptions::default().with_meter_provider(metrics.provider())
}

/// Sends a request through the layer and reads the response.
fn send(layer: &RequestMetricsLayer, request: Request<Full<Bytes>>) {
    let service = service_fn(|_: Request<RequestBody<Full<Bytes>>>| {
        ready(Ok::<_, Infallible>(Response::new(Full::<Bytes>::from("hello"))))
    });
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let response = layer.layer(service).oneshot(request).await.unwrap();
        response.into_body().collect().await.unwrap();
    });
}

fn get() -> Request<Full<Bytes>> {
    Request::get("/users/42").body(Full::default()).unwrap()
}

/// The attributes of the only series of a metric, as `key=value`.
fn attributes(snapshot: &Snapshot, metric: &str) -> Vec<String> {
    let [point] = snapshot.points(metric)[..] else { panic!("one series of {metric} in {snapshot:#?}") };
    point.attributes.iter().map(|(key, value)| format!("{key}={value}")).collect()
}

const DURATION: &str = "http.server.request.duration";
const ACTIVE: &str = "http.server.active_requests";

#[test]
fn hs_10_hs_18_hs_36_hs_37_the_default_attributes() {
    let metrics = InMemoryMetrics::new();
    send(&RequestMetricsLayer::custom(options(&metrics)), get());
    let snapshot = metrics.snapshot();
    for metric in [DURATION, "http.server.request.body.size", "http.server.response.body.size"] {
        assert_eq!(
            attributes(&snapshot, metric),
            [
                "http.request.method=GET",
                "http.response.status_code=200",
                "network.protocol.version=1.1",
                "url.scheme=http"
            ]
        );
    }
    assert_eq!(attributes(&snapshot, ACTIVE), ["http.request.method=GET", "url.scheme=http"]);
}

#[test]
fn hs_34_units_and_buckets() {
    let metrics = InMemoryMetrics::new();
    send(&RequestMetricsLayer::custom(options(&metrics)), get());
    let snapshot = metrics.snapshot();
    let expected = [
        (DURATION, "s", semconv::metric::REQUEST_SECONDS),
        ("http.server.request.body.size", "By", semconv::metric::BODY_BYTES),
        ("http.server.response.body.size", "By", semconv::metric::BODY_BYTES),
    ];
    for (metric, unit, expected) in expected {
        let [point] = snapshot.points(metric)[..] else { panic!("one series of {metric}") };
        assert_eq!(point.unit, unit);
        assert!(matches!(&point.value, Value::Histogram { bounds, .. } if bounds == expected), "{point:?}");
    }
    assert_eq!(snapshot.points(ACTIVE)[0].unit, "{request}");
}

#[test]
fn hs_15_the_route_is_the_extractors_and_never_the_path() {
    let metrics = InMemoryMetrics::new();
    let layer = RequestMetricsLayer::custom(options(&metrics))
        .with_route(|request| request.uri.path().starts_with("/users/").then(|| "/users/{id}".into()));
    send(&layer, get());
    send(&layer, Request::get("/elsewhere").body(Full::default()).unwrap());
    let snapshot = metrics.snapshot();
    assert_eq!(snapshot.count(DURATION, &[]), 2);
    assert_eq!(snapshot.count(DURATION, &[("http.route", "/users/{id}")]), 1);
    assert!(snapshot.points(DURATION).iter().any(|point| !point.attributes.contains_key("http.route")));
}

#[test]
fn each_metric_can_be_switched_off() {
    type Switch = fn(RequestMetricsLayer) -> RequestMetricsLayer;
    let switches: [(&str, Switch); 4] = [
        (ALL[0], RequestMetricsLayer::without_active_requests),
        (ALL[1], RequestMetricsLayer::without_request_body_size),
        (ALL[2], RequestMetricsLayer::without_request_duration),
        (ALL[3], RequestMetricsLayer::without_response_body_size),
    ];
    for (off, switch) in switches {
        let metrics = InMemoryMetrics::new();
        send(&switch(RequestMetricsLayer::custom(options(&metrics))), get());
        let snapshot = metrics.snapshot();
        assert_eq!(snapshot.names(), ALL.into_iter().filter(|name| *name != off).collect::<Vec<_>>());
    }
}

#[test]
fn an_option_that_is_set_after_the_first_use_counts_for_the_next() {
    let metrics = InMemoryMetrics::new();
    let layer = RequestMetricsLayer::custom(options(&metrics)).without_active_requests();
    send(&layer, get());
    send(&layer.clone().with_attributes([KeyValue::new("shop.region", "eu")]), get());
    let snapshot = metrics.snapshot();
    assert_eq!(snapshot.count(DURATION, &[]), 2);
    assert_eq!(snapshot.count(DURATION, &[("shop.region", "eu")]), 1);
    assert!(snapshot.points(ACTIVE).is_empty());
}

#[test]
fn fixed_attributes_are_on_all_metrics_and_the_factorys_on_ended_requests() {
    #[derive(Clone)]
    struct Tenant(&'static str);
    let metrics = InMemoryMetrics::new();
    let options = options(&metrics).with_attributes([KeyValue::new("shop.region", "eu")]).with_metric_prefix("shop");
    let tenant = AttributesFactory::from_fn(|extensions| {
        extensions.get::<Tenant>().map(|tenant| KeyValue::new("shop.tenant", tenant.0)).into_iter().collect()
    });
    let layer = RequestMetricsLayer::custom(options).with_attributes(tenant);
    let mut request = get();
    request.extensions_mut().insert(Tenant("acme"));
    send(&layer, request);
    let snapshot = metrics.snapshot();
    assert_eq!(snapshot.names(), ALL.map(|name| format!("shop.{name}")));
    assert_eq!(snapshot.count(&format!("shop.{DURATION}"), &[("shop.region", "eu"), ("shop.tenant", "acme")]), 1);
    let active = attributes(&snapshot, &format!("shop.{ACTIVE}"));
    assert_eq!(active, ["http.request.method=GET", "shop.region=eu", "url.scheme=http"]);
}

#[test]
fn hs_01_hs_38_a_flood_of_methods_makes_one_series() {
    let metrics = InMemoryMetrics::new();
    let layer = RequestMetricsLayer::custom(options(&metrics));
    for i in 0..300 {
        send(&layer, Request::builder().method(format!("M{i}").as_str()).body(Full::default()).unwrap());
    }
    let snapshot = metrics.snapshot();
    assert_eq!(snapshot.count(DURATION, &[("http.request.method", "_OTHER")]), 300);
    assert_eq!(attributes(&snapshot, ACTIVE), ["http.request.method=_OTHER", "url.scheme=http"]);
}

#[test]
fn hs_02_known_methods_can_be_given() {
    let metrics = InMemoryMetrics::new();
    let layer = RequestMetricsLayer::custom(options(&metrics)).with_known_methods(["PURGE"]);
    send(&layer, Request::builder().method("PURGE").body(Full::default()).unwrap());
    send(&layer, get());
    let snapshot = metrics.snapshot();
    assert_eq!(snapshot.count(DURATION, &[("http.request.method", "PURGE")]), 1);
    assert_eq!(snapshot.count(DURATION, &[("http.request.method", "_OTHER")]), 1);
}

#[test]
fn hs_37_hostile_hosts_and_paths_make_no_series() {
    let metrics = InMemoryMetrics::new();
    let layer = RequestMetricsLayer::custom(options(&metrics));
    for i in 0..300 {
        let request = Request::get(format!("/{i}")).header("host", format!("{i}.example"));
        send(&layer, request.body(Full::default()).unwrap());
    }
    for metric in ALL {
        assert_eq!(metrics.snapshot().points(metric).len(), 1, "{metric}");
    }
}

#[test]
fn hs_09_hs_11_version_and_scheme_of_an_encrypted_connection() {
    let metrics = InMemoryMetrics::new();
    let mut request = get();
    *request.version_mut() = Version::HTTP_2;
    request.extensions_mut().insert(ConnectionInfo::new(Transport::Tcp).with_tls(TlsInfo::new()));
    send(&RequestMetricsLayer::custom(options(&metrics)), request);
    let snapshot = metrics.snapshot();
    assert_eq!(snapshot.count(DURATION, &[("url.scheme", "https"), ("network.protocol.version", "2")]), 1);
    assert_eq!(attributes(&snapshot, ACTIVE), ["http.request.method=GET", "url.scheme=https"]);
}

#[test]
fn two_layers_on_one_provider_add_up() {
    let metrics = InMemoryMetrics::new();
    for _ in 0..2 {
        send(&RequestMetricsLayer::with_meter(metrics.meter("shop")), get());
    }
    assert_eq!(metrics.snapshot().count(DURATION, &[]), 2);
}

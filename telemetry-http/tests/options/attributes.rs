//! The caller's own attributes, from the layer, the request and the response.

use telemetry_core::AttributesFactory;
use telemetry_core::opentelemetry::{Array, KeyValue, Value};

use super::*;

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
fn hs_38_what_is_nearer_to_the_request_wins_and_active_requests_have_the_meters_alone() {
    let metrics = InMemoryMetrics::new();
    let pair = |name: &'static str, value: &'static str| [KeyValue::new("a", value), KeyValue::new(name, value)];
    let layer = RequestMetricsLayer::custom(options(&metrics).with_attributes(pair("meter", "meter")))
        .with_attributes(AttributesFactory::from_fn(move |_| pair("request", "request").to_vec()))
        .with_response_attributes(move |_| pair("response", "response").to_vec());
    send(&layer, get());
    let snapshot = metrics.snapshot();
    for metric in [DURATION, REQUEST_SIZE, RESPONSE_SIZE] {
        let own = attributes(&snapshot, metric);
        let own: Vec<_> = own.iter().filter(|pair| !pair.contains(['.'])).collect();
        assert_eq!(own, ["a=response", "meter=meter", "request=request", "response=response"], "{metric}");
    }
    assert_eq!(attributes(&snapshot, ACTIVE)[..1], ["a=meter"]);
}

#[test]
fn fixed_attributes_of_the_layer_win_over_the_meters_and_the_last_of_a_name_over_the_others() {
    let metrics = InMemoryMetrics::new();
    let layer = RequestMetricsLayer::custom(options(&metrics).with_attributes([KeyValue::new("a", "meter")]))
        .with_attributes([KeyValue::new("a", "first"), KeyValue::new("a", "second"), KeyValue::new("b", true)]);
    send(&layer, get());
    let snapshot = metrics.snapshot();
    assert_eq!(attributes(&snapshot, DURATION)[..2], ["a=second", "b=true"]);
    assert_eq!(attributes(&snapshot, ACTIVE)[..1], ["a=meter"]);
}

#[test]
fn the_layers_own_names_cannot_be_taken_even_where_it_does_not_use_them() {
    let metrics = InMemoryMetrics::new();
    let names = [
        "error.type",
        "http.request.method",
        "http.response.status_code",
        "http.route",
        "network.protocol.version",
        "server.address",
        "server.port",
        "url.scheme",
        "url.template",
        "user_agent.synthetic.type",
    ];
    let all = move || names.map(|name| KeyValue::new(name, "mine"));
    let layer = RequestMetricsLayer::custom(options(&metrics).with_attributes(all()))
        .with_attributes(AttributesFactory::from_fn(move |_| all().to_vec()))
        .with_response_attributes(move |_| all().to_vec());
    send(&layer, get());
    let snapshot = metrics.snapshot();
    for metric in ALL {
        assert!(!attributes(&snapshot, metric).iter().any(|pair| pair.ends_with("=mine")), "{metric}");
    }
}

#[test]
fn values_that_are_not_a_number_are_left_out() {
    let metrics = InMemoryMetrics::new();
    let bad = || {
        let list = Value::Array(Array::F64(vec![1.0, f64::NAN]));
        vec![KeyValue::new("a", f64::NAN), KeyValue::new("b", list), KeyValue::new("c", f64::INFINITY)]
    };
    let layer =
        RequestMetricsLayer::custom(options(&metrics).with_attributes(bad())).with_response_attributes(move |_| bad());
    (0..3).for_each(|_| send(&layer, get()));
    let snapshot = metrics.snapshot();
    for metric in ALL {
        assert_eq!(attributes(&snapshot, metric)[0], "c=inf", "{metric}");
    }
}

#[test]
fn a_response_attribute_may_look_at_the_whole_head_of_the_response() {
    let metrics = InMemoryMetrics::new();
    let layer = server(&metrics).with_response_attributes(|head| {
        let kind = head.headers.get("x-cache").and_then(|kind| kind.to_str().ok());
        let hit = KeyValue::new("shop.cache", if kind == Some("hit") { "hit" } else { "miss" });
        vec![hit, KeyValue::new("shop.class", i64::from(head.status.as_u16() / 100))]
    });
    for (code, cache) in [(200, "hit"), (200, "miss"), (404, "rubbish from outside")] {
        let answer = move |_: Inner| {
            let mut response = status(code);
            response.headers_mut().insert("x-cache", cache.parse().unwrap());
            ready(Ok::<_, Infallible>(response))
        };
        finish(layer.layer(service_fn(answer)), get());
    }
    let snapshot = metrics.snapshot();
    assert_eq!(snapshot.count(DURATION, &[("shop.cache", "hit"), ("shop.class", "2")]), 1);
    assert_eq!(snapshot.count(DURATION, &[("shop.cache", "miss"), ("shop.class", "2")]), 1);
    assert_eq!(snapshot.count(DURATION, &[("shop.cache", "miss"), ("shop.class", "4")]), 1);
}

#[test]
fn a_request_without_a_response_has_no_attributes_of_one() {
    let metrics = InMemoryMetrics::new();
    let layer = server(&metrics).with_response_attributes(|_| vec![KeyValue::new("a", 1)]);
    let mut service = layer.layer(service_fn(|_: Inner| ready(Err::<Response<Upload>, _>("no"))));
    assert!(now(service.call(get())).is_err());
    assert_eq!(values(&metrics.snapshot(), DURATION, "a"), [None]);
}

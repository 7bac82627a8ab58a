//! What a call carries, and which requests are calls.

use telemetry_core::AttributesFactory;
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::testing::Value;
use telemetry_http::{RequestFilter, RequestLabels};

use super::*;

const FINE: &str = "rpc.method=shop.Cart/Add rpc.status_code=OK rpc.system.name=grpc";

#[test]
fn rpc_the_attributes_of_a_server() {
    let metrics = InMemoryMetrics::new();
    let layer = server(&metrics);
    exchange(&layer, add(), trailers("0"));
    exchange(&layer, add(), trailers("13"));
    let failed = "error.type=INTERNAL rpc.method=shop.Cart/Add rpc.status_code=INTERNAL rpc.system.name=grpc 1";
    assert_eq!(series(&metrics.snapshot(), SERVER), [failed, &format!("{FINE} 1")]);
}

#[test]
fn rpc_a_server_has_the_address_on_demand() {
    let metrics = InMemoryMetrics::new();
    let layer = server(&metrics).with_server_address();
    exchange(&layer, add(), trailers("0"));
    let mut portless = add();
    *portless.uri_mut() = "http://Other.example/shop.Cart/Add".parse().unwrap();
    exchange(&layer, portless, trailers("0"));
    let expected = [
        format!("{FINE} server.address=other.example 1"),
        format!("{FINE} server.address=shop.example server.port=50051 1"),
    ];
    assert_eq!(series(&metrics.snapshot(), SERVER), expected);
}

#[test]
fn rpc_the_attributes_of_a_client() {
    let metrics = InMemoryMetrics::new();
    let layer = client(&metrics);
    exchange(&layer, add(), trailers("0"));
    exchange(&layer, add(), trailers("5"));
    let server = "server.address=shop.example server.port=50051 1";
    let failed = format!("error.type=NOT_FOUND {} {server}", FINE.replace("OK", "NOT_FOUND"));
    assert_eq!(series(&metrics.snapshot(), CLIENT), [failed, format!("{FINE} {server}")]);
}

#[test]
fn rpc_what_the_http_metrics_alone_tell_makes_no_second_series() {
    let metrics = InMemoryMetrics::new();
    let layer = server(&metrics).with_series_limit(1);
    for method in ["POST", "GET", "PUT"] {
        let mut request = add();
        *request.method_mut() = method.parse().unwrap();
        exchange(&layer, request, trailers("0"));
    }
    assert_eq!(series(&metrics.snapshot(), SERVER), [format!("{FINE} 3")]);
}

#[test]
fn rpc_only_a_content_type_of_grpc_makes_a_call() {
    let metrics = InMemoryMetrics::new();
    let layer = server(&metrics);
    for content_type in ["application/grpc-web", "application/json", ""] {
        let mut request = add();
        request.headers_mut().insert("content-type", HeaderValue::from_static(content_type));
        exchange(&layer, request, trailers("0"));
    }
    let mut request = add();
    request.headers_mut().remove("content-type");
    exchange(&layer, request, trailers("0"));
    let snapshot = metrics.snapshot();
    assert_eq!(snapshot.points(SERVER).len(), 0, "{snapshot:#?}");
    assert_eq!(snapshot.count("http.server.request.duration", &[]), 4);
}

#[test]
fn rpc_is_opt_in() {
    let metrics = InMemoryMetrics::new();
    exchange(&RequestMetricsLayer::custom(options(&metrics)), add(), trailers("0"));
    exchange(&ClientMetricsLayer::custom(options(&metrics)), add(), trailers("0"));
    let snapshot = metrics.snapshot();
    assert!(snapshot.names().iter().all(|name| name.starts_with("http.")), "{snapshot:#?}");
    assert_eq!(snapshot.count("http.client.request.duration", &[]), 1);
}

#[test]
fn rpc_stays_when_the_http_metrics_are_off() {
    let metrics = InMemoryMetrics::new();
    let layer = server(&metrics)
        .without_request_duration()
        .without_active_requests()
        .without_request_body_size()
        .without_response_body_size();
    exchange(&layer, add(), trailers("0"));
    assert_eq!(metrics.snapshot().names(), [SERVER]);
}

#[test]
fn rpc_requests_that_the_filter_leaves_out_are_no_calls() {
    let metrics = InMemoryMetrics::new();
    let layer = server(&metrics).with_filter(RequestFilter::except_paths(["/shop.Cart/Add"]));
    exchange(&layer, add(), trailers("0"));
    exchange(&layer, call("shop.Cart/List"), trailers("0"));
    assert_eq!(metrics.snapshot().count(SERVER, &[]), 1);
}

#[test]
fn rpc_bounds_and_prefix_are_those_of_the_layer() {
    let metrics = InMemoryMetrics::new();
    let layer = RequestMetricsLayer::custom(options(&metrics).with_metric_prefix("shop"));
    exchange(&layer.with_grpc().with_duration_boundaries([0.5, 1.0]), add(), trailers("0"));
    let snapshot = metrics.snapshot();
    let [point] = snapshot.points("shop.rpc.server.call.duration")[..] else { panic!("{snapshot:#?}") };
    let Value::Histogram { bounds, .. } = &point.value else { panic!("{point:#?}") };
    assert_eq!(*bounds, [0.5, 1.0]);
}

#[test]
fn rpc_the_callers_attributes_from_everywhere() {
    let metrics = InMemoryMetrics::new();
    let fixed = options(&metrics).with_attributes([KeyValue::new("a.fixed", 1), KeyValue::new("a.tenant", "nobody")]);
    let layer = RequestMetricsLayer::custom(fixed)
        .with_grpc()
        .with_labels()
        .with_attributes(AttributesFactory::from_fn(|_| vec![KeyValue::new("a.tenant", "acme")]))
        .with_response_attributes(|_| vec![KeyValue::new("a.cache", "hit")]);
    let service = tower::service_fn(|request: Request<RequestBody<Full<Bytes>>>| {
        let labels = request.extensions().get::<RequestLabels>().unwrap();
        labels.add(KeyValue::new("a.plan", "gold"));
        ready(Ok::<_, Infallible>(trailers("0")))
    });
    let Poll::Ready(Ok(response)) = poll_once(pin!(layer.layer(service).call(add()))) else { panic!("ready") };
    let mut body = response.into_body();
    while let Poll::Ready(Some(Ok(_))) = poll_once(pin!(body.frame())) {}

    let callers = "a.cache=hit a.fixed=1 a.plan=gold a.tenant=acme";
    let snapshot = metrics.snapshot();
    assert_eq!(series(&snapshot, SERVER), [format!("{callers} {FINE} 1")]);
    assert_eq!(snapshot.count("http.server.request.duration", &[("a.plan", "gold"), ("a.tenant", "acme")]), 1);
}

#[test]
fn rpc_the_callers_attributes_never_take_the_place_of_ours() {
    let metrics = InMemoryMetrics::new();
    let ours = ["error.type", "rpc.method", "rpc.status_code", "rpc.system.name", "server.address", "server.port"];
    let layer = server(&metrics).with_attributes(ours.map(|name| KeyValue::new(name, "mine")));
    exchange(&layer, add(), trailers("0"));
    exchange(&layer, add(), Response::new(ScriptedBody::new().pending()));
    let left = "error.type=cancelled rpc.method=shop.Cart/Add rpc.system.name=grpc 1";
    assert_eq!(series(&metrics.snapshot(), SERVER), [left, &format!("{FINE} 1")]);
}

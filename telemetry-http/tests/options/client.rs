//! The other end: requests that a client sends.

use http::Version;
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::testing::ScriptedBody;
use telemetry_core::{ConnectionInfo, TlsInfo, Transport};
use telemetry_http::{ClientMetricsLayer, HttpRoute, RequestFilter, UrlTemplate};

use super::*;

const DURATION: &str = "http.client.request.duration";
const ACTIVE: &str = "http.client.active_requests";
const REQUEST_SIZE: &str = "http.client.request.body.size";
const RESPONSE_SIZE: &str = "http.client.response.body.size";
const ALL: [&str; 4] = [ACTIVE, REQUEST_SIZE, DURATION, RESPONSE_SIZE];

fn client(metrics: &InMemoryMetrics) -> ClientMetricsLayer {
    ClientMetricsLayer::custom(options(metrics))
}

fn fetch(layer: &ClientMetricsLayer, request: Request<Upload>) {
    assert_eq!(finish(layer.layer(service_fn(hello)), request), 200);
}

fn to(uri: &str) -> Request<Upload> {
    Request::get(uri).body(Full::from("upload")).unwrap()
}

#[test]
fn hc_01_hc_02_hc_03_hc_04_hc_09_hc_10_hc_11_the_default_metrics_and_attributes() {
    let metrics = InMemoryMetrics::new();
    fetch(&client(&metrics), to("http://shop.example/users/42"));
    let snapshot = metrics.snapshot();
    assert_eq!(snapshot.names(), ALL);
    for metric in [DURATION, REQUEST_SIZE, RESPONSE_SIZE] {
        assert_eq!(
            attributes(&snapshot, metric),
            [
                "http.request.method=GET",
                "http.response.status_code=200",
                "network.protocol.version=1.1",
                "server.address=shop.example",
                "server.port=80"
            ]
        );
    }
    let active = ["http.request.method=GET", "server.address=shop.example", "server.port=80"];
    assert_eq!(attributes(&snapshot, ACTIVE), active);
    assert_eq!(snapshot.sum(RESPONSE_SIZE, &[]), 5.0);
    let units = ALL.map(|metric| snapshot.points(metric)[0].unit.clone());
    assert_eq!(units, ["{request}", "By", "s", "By"]);
}

#[test]
fn each_metric_can_be_switched_off() {
    type Switch = fn(ClientMetricsLayer) -> ClientMetricsLayer;
    let switches: [Switch; 4] = [
        ClientMetricsLayer::without_active_requests,
        ClientMetricsLayer::without_request_body_size,
        ClientMetricsLayer::without_request_duration,
        ClientMetricsLayer::without_response_body_size,
    ];
    for (off, switch) in ALL.into_iter().zip(switches) {
        let metrics = InMemoryMetrics::new();
        fetch(&switch(client(&metrics)), to("http://shop.example/"));
        assert_eq!(metrics.snapshot().names(), ALL.into_iter().filter(|name| *name != off).collect::<Vec<_>>());
    }
}

#[test]
fn hc_09_hc_11_the_scheme_is_there_if_it_is_asked_for() {
    let metrics = InMemoryMetrics::new();
    fetch(&client(&metrics).with_scheme(), to("https://shop.example/"));
    for metric in ALL {
        assert_eq!(values(&metrics.snapshot(), metric, "url.scheme"), [Some("https".to_owned())]);
    }
}

#[test]
fn hc_14_the_port_is_that_of_the_scheme() {
    let cases = [
        ("https://shop.example/", "shop.example", "443"),
        ("http://Shop.Example:8080/", "shop.example", "8080"),
        ("http://me:secret@[::1]/", "::1", "80"),
    ];
    for (uri, address, port) in cases {
        let metrics = InMemoryMetrics::new();
        fetch(&client(&metrics), to(uri));
        for metric in ALL {
            assert_eq!(values(&metrics.snapshot(), metric, "server.address"), [Some(address.to_owned())], "{uri}");
            assert_eq!(values(&metrics.snapshot(), metric, "server.port"), [Some(port.to_owned())], "{uri}");
        }
    }
}

#[test]
fn hc_14_without_a_host_in_the_target_the_header_says() {
    let metrics = InMemoryMetrics::new();
    let mut request = to("/users/42");
    request.headers_mut().insert("host", "shop.example".parse().unwrap());
    let mut encrypted = request.clone();
    encrypted.extensions_mut().insert(ConnectionInfo::new(Transport::Tcp).with_tls(TlsInfo::new()));
    fetch(&client(&metrics), request);
    fetch(&client(&metrics), encrypted);
    fetch(&client(&metrics), to("/users/42"));
    let ports = [None, Some("443".to_owned()), Some("80".to_owned())];
    assert_eq!(values(&metrics.snapshot(), DURATION, "server.port"), ports);
}

#[test]
fn hc_10_hc_11_hc_15_the_template_is_the_callers_and_never_the_path() {
    let metrics = InMemoryMetrics::new();
    let mut request = to("http://shop.example/users/42");
    request.extensions_mut().insert(UrlTemplate::new("/users/{id}"));
    fetch(&client(&metrics), request);
    let by_function = InMemoryMetrics::new();
    let layer = client(&by_function).with_url_template(|_| Some("/users/{id}".into()));
    fetch(&layer, to("http://shop.example/users/42"));
    for metric in ALL {
        for metrics in [&metrics, &by_function] {
            let template = values(&metrics.snapshot(), metric, "url.template");
            assert_eq!(template, [Some("/users/{id}".to_owned())], "{metric}");
        }
    }
}

#[test]
fn hc_15_the_route_of_a_server_in_the_same_process_is_no_template() {
    let metrics = InMemoryMetrics::new();
    let answer = |_: Inner| {
        let mut response = status(200);
        response.extensions_mut().insert(HttpRoute::new("/internal/{id}"));
        ready(Ok::<_, Infallible>(response))
    };
    finish(client(&metrics).layer(service_fn(answer)), to("http://shop.example/"));
    for metric in ALL {
        assert_eq!(values(&metrics.snapshot(), metric, "url.template"), [None], "{metric}");
        assert_eq!(values(&metrics.snapshot(), metric, "http.route"), [None], "{metric}");
    }
}

#[test]
fn hs_09_the_version_is_that_of_the_response() {
    let metrics = InMemoryMetrics::new();
    let answer = |_: Inner| {
        let mut response = status(200);
        *response.version_mut() = Version::HTTP_2;
        ready(Ok::<_, Infallible>(response))
    };
    finish(client(&metrics).layer(service_fn(answer)), to("http://shop.example/"));
    let failing = service_fn(|_: Inner| ready(Err::<Response<Upload>, _>("no")));
    assert!(now(client(&metrics).layer(failing).call(to("http://shop.example/"))).is_err());
    assert_eq!(values(&metrics.snapshot(), DURATION, "network.protocol.version"), [None, Some("2".to_owned())]);
}

#[test]
fn hc_18_hc_19_a_status_from_400_on_is_an_error_and_a_redirect_is_none() {
    for (code, error) in [(200, None), (301, None), (404, Some("404")), (500, Some("500")), (600, None)] {
        let metrics = InMemoryMetrics::new();
        let answer = move |_: Inner| ready(Ok::<_, Infallible>(status(code)));
        finish(client(&metrics).layer(service_fn(answer)), to("http://shop.example/"));
        assert_eq!(values(&metrics.snapshot(), DURATION, "error.type"), [error.map(str::to_owned)], "{code}");
    }
}

#[test]
fn hc_18_the_caller_may_see_it_otherwise() {
    let metrics = InMemoryMetrics::new();
    let layer = client(&metrics).with_error_status(|status| status.is_server_error());
    finish(layer.layer(service_fn(|_: Inner| ready(Ok::<_, Infallible>(status(404))))), to("http://shop.example/"));
    assert_eq!(values(&metrics.snapshot(), DURATION, "error.type"), [None]);
}

#[test]
fn hc_17_what_the_caller_drops_is_no_error_and_recorded_once() {
    let metrics = InMemoryMetrics::new();
    let mut service = client(&metrics).layer(service_fn(|_: Inner| {
        ready(Ok::<_, Infallible>(Response::new(ScriptedBody::new().data("hello").pending())))
    }));
    drop(service.call(to("http://shop.example/")));
    let mut body = now(service.call(to("http://shop.example/"))).unwrap().into_body();
    now(body.frame()).unwrap().unwrap();
    drop(body);
    let snapshot = metrics.snapshot();
    assert_eq!(snapshot.count(DURATION, &[]), 2);
    assert_eq!(snapshot.count(DURATION, &[("http.response.status_code", "200")]), 1);
    assert_eq!(values(&snapshot, DURATION, "error.type"), [None, None]);
    assert_eq!((snapshot.sum(RESPONSE_SIZE, &[]), snapshot.sum(ACTIVE, &[])), (5.0, 0.0));
}

#[test]
fn hc_18_an_error_status_stays_one_if_its_body_is_dropped() {
    let metrics = InMemoryMetrics::new();
    let answer = |_: Inner| ready(Ok::<_, Infallible>(status(404)));
    drop(now(client(&metrics).layer(service_fn(answer)).call(to("http://shop.example/"))));
    assert_eq!(values(&metrics.snapshot(), DURATION, "error.type"), [Some("404".to_owned())]);
}

#[test]
fn filters_attributes_and_prefixes_are_as_the_servers() {
    let metrics = InMemoryMetrics::new();
    let layer = ClientMetricsLayer::custom(options(&metrics).with_metric_prefix("shop"))
        .with_filter(RequestFilter::except_paths(["/healthz"]))
        .with_attributes([KeyValue::new("shop.region", "eu")])
        .with_response_attributes(|_| vec![KeyValue::new("shop.cache", "hit")])
        .with_known_methods(["POST"]);
    fetch(&layer, to("http://shop.example/healthz"));
    fetch(&layer, to("http://shop.example/"));
    let seen = [("http.request.method", "_OTHER"), ("shop.region", "eu"), ("shop.cache", "hit")];
    let snapshot = metrics.snapshot();
    assert_eq!(snapshot.count(&format!("shop.{DURATION}"), &seen), 1);
    assert_eq!(snapshot.count(&format!("shop.{DURATION}"), &[]), 1);
}

#[test]
fn a_server_and_a_client_on_one_provider_do_not_mix() {
    let metrics = InMemoryMetrics::new();
    let inner = server(&metrics).layer(service_fn(hello));
    let mut request = to("http://shop.example/users/42").map(|_| Full::<Bytes>::default());
    request.extensions_mut().insert(UrlTemplate::new("/users/{id}"));
    let mut service = client(&metrics).layer(server_in_client(inner));
    now(now(service.call(request)).unwrap().into_body().collect()).unwrap();
    let snapshot = metrics.snapshot();
    for side in ["server", "client"] {
        assert_eq!(snapshot.count(&format!("http.{side}.request.duration"), &[]), 1, "{side}");
    }
    assert_eq!(values(&snapshot, "http.server.request.duration", "url.template"), [None]);
}

/// A server behind a client, as in a test without a network.
fn server_in_client<S>(server: S) -> impl Service<Inner, Response = S::Response, Error = S::Error, Future = S::Future>
where
    S: Service<Request<Upload>>,
{
    tower::util::MapRequest::new(server, |request: Inner| request.map(|_| Full::default()))
}

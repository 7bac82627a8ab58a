//! Where the route comes from.

use telemetry_core::opentelemetry::KeyValue;
use telemetry_http::{HttpRoute, RequestLabels};

use super::*;
use crate::log::logged;

#[test]
fn hs_15_the_route_is_the_extractors_and_never_the_path() {
    let metrics = InMemoryMetrics::new();
    let layer =
        server(&metrics).with_route(|request| request.uri.path().starts_with("/users/").then(|| "/users/{id}".into()));
    send(&layer, get());
    send(&layer, Request::get("/elsewhere").body(Full::default()).unwrap());
    let snapshot = metrics.snapshot();
    assert_eq!(snapshot.count(DURATION, &[]), 2);
    assert_eq!(snapshot.count(DURATION, &[("http.route", "/users/{id}")]), 1);
    assert!(snapshot.points(DURATION).iter().any(|point| !point.attributes.contains_key("http.route")));
}

/// A service that knows the route better than the layer.
#[expect(clippy::needless_pass_by_value, reason = "a service is given its request")]
fn with_route(request: Inner) -> Ready<Result<Response<Full<Bytes>>, Infallible>> {
    if let Some(labels) = request.extensions().get::<RequestLabels>() {
        labels.set_route("/by-label");
        labels.add(KeyValue::new("shop.plan", "gold"));
    }
    let mut response = status(200);
    response.extensions_mut().insert(HttpRoute::new("/by-response"));
    ready(Ok(response))
}

#[test]
fn hs_16_what_becomes_known_later_wins() {
    type Option = fn(RequestMetricsLayer) -> RequestMetricsLayer;
    let cases: [(Option, &str); 3] = [
        (|layer| layer, "/by-response"),
        (|layer| layer.with_route(|_| Some("/by-function".into())), "/by-response"),
        (|layer| layer.with_labels(), "/by-label"),
    ];
    for (option, route) in cases {
        let metrics = InMemoryMetrics::new();
        let layer = option(server(&metrics)).with_response_head_duration();
        let log = logged(|| assert_eq!(finish(layer.layer(service_fn(with_route)), get()), 200));
        assert!(!log.contains("http.route is missing"), "{log}");
        let snapshot = metrics.snapshot();
        for metric in [DURATION, REQUEST_SIZE, RESPONSE_SIZE, HEAD_DURATION] {
            assert_eq!(values(&snapshot, metric, "http.route"), [Some(route.to_owned())], "{metric}");
        }
        assert_eq!(attributes(&snapshot, ACTIVE), ["http.request.method=GET", "url.scheme=http"]);
    }
}

#[test]
fn a_route_that_nobody_knows_is_told_once() {
    let metrics = InMemoryMetrics::new();
    let layer = server(&metrics);
    let log = logged(|| (0..3).for_each(|_| send(&layer, get())));
    assert_eq!(log.matches("http.route is missing").count(), 1, "{log}");
    let with_function = layer.with_route(|_| None);
    let log = logged(|| (0..3).for_each(|_| send(&with_function, get())));
    assert!(!log.contains("http.route is missing"), "the function means it: {log}");
    assert_eq!(values(&metrics.snapshot(), DURATION, "http.route"), [None]);
}

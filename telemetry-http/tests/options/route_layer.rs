//! The layer around a whole router of axum, and `RouteLayer` inside of it.

use std::convert::Infallible;
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use axum::body::Body;
use axum::routing::get;
use axum::{Extension, Router};
use telemetry_http::{HttpRoute, RouteLayer};
use tower::ServiceExt;

use super::{
    ACTIVE, DURATION, InMemoryMetrics, Layer, Poll, Request, RequestMetricsLayer, Service, now, pin, poll_once, server,
    values,
};
use crate::log::logged;

async fn hello() -> &'static str {
    "hello"
}

async fn better() -> (Extension<HttpRoute>, &'static str) {
    (Extension(HttpRoute::new("/known/better")), "hello")
}

async fn panics() -> &'static str {
    resume_unwind(Box::new("on purpose"))
}

fn router() -> Router {
    let inner = Router::new().route("/orders/{order}", get(hello)).fallback(hello).route_layer(RouteLayer::new());
    let service = Router::new().route("/items/{item}", get(hello)).route_layer(RouteLayer::new());
    Router::new()
        .route("/users/{id}", get(hello))
        .route("/better/{id}", get(better))
        .route("/panics/{id}", get(panics))
        .route("/never/{id}", get(pending::<()>))
        .nest("/shop", inner)
        .nest_service("/service", service)
        .route_layer(RouteLayer::new())
}

fn request(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

fn status(layer: &RequestMetricsLayer, request: Request<Body>) -> u16 {
    let response = now(layer.layer(router()).oneshot(request)).unwrap();
    let status = response.status().as_u16();
    now(http_body_util::BodyExt::collect(response.into_body())).unwrap();
    status
}

/// The route of the only request.
fn route_of(metrics: &InMemoryMetrics) -> Option<String> {
    let [route] = &values(&metrics.snapshot(), DURATION, "http.route")[..] else { panic!("one series") };
    route.clone()
}

#[test]
fn hs_15_hs_16_the_route_that_the_router_found() {
    let cases = [("/users/42", Some("/users/{id}")), ("/shop/orders/42", Some("/shop/orders/{order}"))];
    for (path, route) in cases {
        for labels in [false, true] {
            let metrics = InMemoryMetrics::new();
            let layer = if labels { server(&metrics).with_labels() } else { server(&metrics) };
            let log = logged(|| assert_eq!(status(&layer, request(path)), 200));
            assert!(!log.contains("http.route is missing"), "{path}: {log}");
            assert_eq!(values(&metrics.snapshot(), ACTIVE, "http.route"), [None]);
            assert_eq!(route_of(&metrics).as_deref(), route, "{path}, labels: {labels}");
        }
    }
}

#[test]
fn hs_16_a_handler_may_know_better() {
    let metrics = InMemoryMetrics::new();
    assert_eq!(status(&server(&metrics), request("/better/42")), 200);
    assert_eq!(route_of(&metrics).as_deref(), Some("/known/better"));
}

#[test]
fn hs_15_what_no_route_took_has_none() {
    for path in ["/nowhere", "/shop/nowhere"] {
        let metrics = InMemoryMetrics::new();
        status(&server(&metrics), request(path));
        assert_eq!(route_of(&metrics), None, "{path}");
    }
}

#[test]
fn hs_15_a_method_that_the_route_does_not_take_has_the_route() {
    let metrics = InMemoryMetrics::new();
    let delete = Request::delete("/users/42").body(Body::empty()).unwrap();
    assert_eq!(status(&server(&metrics), delete), 405);
    assert_eq!(route_of(&metrics).as_deref(), Some("/users/{id}"));
}

#[test]
fn hs_43_a_panic_takes_the_route_along_only_in_labels() {
    for (labels, route) in [(false, None), (true, Some("/panics/{id}"))] {
        let metrics = InMemoryMetrics::new();
        let layer = if labels { server(&metrics).with_labels() } else { server(&metrics) };
        let panic = catch_unwind(AssertUnwindSafe(|| status(&layer, request("/panics/42"))));
        assert_eq!(panic.unwrap_err().downcast_ref(), Some(&"on purpose"));
        assert_eq!(metrics.snapshot().count(DURATION, &[("error.type", "panic")]), 1);
        assert_eq!(route_of(&metrics).as_deref(), route);
    }
}

#[test]
fn hs_42_a_client_that_has_gone_leaves_the_route_only_in_labels() {
    for (labels, route) in [(false, None), (true, Some("/never/{id}"))] {
        let metrics = InMemoryMetrics::new();
        let layer = if labels { server(&metrics).with_labels() } else { server(&metrics) };
        let mut service = layer.layer(router());
        let mut future = Box::pin(service.call(request("/never/42")));
        assert!(matches!(poll_once(future.as_mut()), Poll::<Result<_, Infallible>>::Pending));
        drop(future);
        assert_eq!(metrics.snapshot().count(DURATION, &[("error.type", "cancelled")]), 1);
        assert_eq!(route_of(&metrics).as_deref(), route);
    }
}

#[test]
fn hs_15_a_nested_service_needs_a_layer_of_its_own() {
    let metrics = InMemoryMetrics::new();
    assert_eq!(status(&server(&metrics), request("/service/items/42")), 200);
    assert_eq!(route_of(&metrics).as_deref(), Some("/service/items/{item}"));
}

#[test]
fn it_changes_nothing_without_a_layer_around_it() {
    let response = now(pin!(router().oneshot(request("/users/42")))).unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.extensions().get::<HttpRoute>().map(HttpRoute::as_str), Some("/users/{id}"));
}

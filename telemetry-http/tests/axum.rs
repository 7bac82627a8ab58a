//! The layer in axum's routers.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // Helpers of tests may fail them.

#[path = "common/log.rs"]
mod log;

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use http::Request;
use http_body_util::BodyExt;
use telemetry_core::MeterOptions;
use telemetry_core::testing::{InMemoryMetrics, Snapshot};
use telemetry_http::RequestMetricsLayer;
use tower::{Layer, Service, ServiceExt};

use crate::log::logged;

const DURATION: &str = "http.server.request.duration";

fn layer(metrics: &InMemoryMetrics) -> RequestMetricsLayer {
    RequestMetricsLayer::custom(MeterOptions::default().with_meter_provider(metrics.provider()))
}

async fn user() -> &'static str {
    "hello"
}

fn router() -> Router {
    let nested = Router::new().route("/orders/{order}", get(user));
    Router::new()
        .route("/users/{id}", get(user))
        .route("/echo", post(|body: Body| async { body }))
        .nest("/shop", nested)
}

/// Sends a request, reads the response to its end, and gives its status.
async fn send<S, B>(service: S, request: Request<Body>) -> u16
where
    S: Service<Request<Body>, Response = http::Response<B>, Error = std::convert::Infallible>,
    B: http_body::Body<Error: std::fmt::Debug>,
{
    let response = service.oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    response.into_body().collect().await.unwrap();
    status
}

fn path(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

/// The routes that the duration has series for; `None` for a series without one.
fn routes(snapshot: &Snapshot) -> Vec<Option<&str>> {
    let points = snapshot.points(DURATION);
    let mut routes: Vec<_> =
        points.iter().map(|point| point.attributes.get("http.route").map(String::as_str)).collect();
    routes.sort_unstable();
    routes
}

#[tokio::test]
async fn hs_15_routes_are_templates_with_the_nested_prefix() {
    let metrics = InMemoryMetrics::new();
    let app = router().layer(layer(&metrics));
    for user in 0..20 {
        assert_eq!(send(app.clone(), path(&format!("/users/{user}"))).await, 200);
    }
    assert_eq!(send(app.clone(), path("/shop/orders/1")).await, 200);
    assert_eq!(send(app.clone(), Request::post("/echo").body(Body::from("five!")).unwrap()).await, 200);
    let snapshot = metrics.snapshot();
    assert_eq!(routes(&snapshot), [Some("/echo"), Some("/shop/orders/{order}"), Some("/users/{id}")]);
    assert_eq!(snapshot.count(DURATION, &[("http.route", "/users/{id}")]), 20);
    assert_eq!(snapshot.sum("http.server.request.body.size", &[("http.route", "/echo")]), 5.0);
    assert_eq!(snapshot.sum("http.server.active_requests", &[]), 0.0);
}

#[tokio::test]
async fn hs_15_unmatched_paths_have_no_route() {
    let metrics = InMemoryMetrics::new();
    let app = router().layer(layer(&metrics));
    for i in 0..100 {
        assert_eq!(send(app.clone(), path(&format!("/attack/{i}"))).await, 404);
    }
    let snapshot = metrics.snapshot();
    assert_eq!(routes(&snapshot), [None]);
    assert_eq!(snapshot.count(DURATION, &[("http.response.status_code", "404")]), 100);
}

#[tokio::test]
async fn a_method_that_the_route_does_not_take_still_has_the_route() {
    let metrics = InMemoryMetrics::new();
    let app = router().layer(layer(&metrics));
    let request = Request::delete("/users/1").body(Body::empty()).unwrap();
    assert_eq!(send(app, request).await, 405);
    assert_eq!(routes(&metrics.snapshot()), [Some("/users/{id}")]);
}

#[tokio::test]
async fn a_head_request_is_answered_without_a_body_and_ends() {
    let metrics = InMemoryMetrics::new();
    let app = router().layer(layer(&metrics));
    let request = Request::head("/users/1").body(Body::empty()).unwrap();
    assert_eq!(send(app, request).await, 200);
    let snapshot = metrics.snapshot();
    let head = [("http.request.method", "HEAD"), ("http.response.status_code", "200")];
    assert_eq!(snapshot.count("http.server.response.body.size", &head), 1);
    assert_eq!(snapshot.sum("http.server.response.body.size", &head), 0.0);
    assert!(!snapshot.points(DURATION)[0].attributes.contains_key("error.type"));
}

#[tokio::test]
async fn route_layer_sees_matched_requests_alone() {
    let metrics = InMemoryMetrics::new();
    let app = router().route_layer(layer(&metrics));
    assert_eq!(send(app.clone(), path("/users/1")).await, 200);
    assert_eq!(send(app, path("/nowhere")).await, 404);
    let snapshot = metrics.snapshot();
    assert_eq!(routes(&snapshot), [Some("/users/{id}")]);
}

#[test]
fn around_the_whole_router_it_works_and_says_once_why_it_sees_no_route() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let metrics = InMemoryMetrics::new();
    let app = layer(&metrics).layer(router());
    let unmatched = logged(|| assert_eq!(runtime.block_on(send(app.clone(), path("/nowhere"))), 404));
    assert_eq!(unmatched, "");
    let matched = logged(|| {
        for _ in 0..3 {
            assert_eq!(runtime.block_on(send(app.clone(), path("/users/1"))), 200);
        }
    });
    let snapshot = metrics.snapshot();
    assert_eq!(snapshot.count(DURATION, &[]), 4);
    assert_eq!(routes(&snapshot), [None, None]);
    assert_eq!(matched.matches("http.route is missing").count(), 1, "{matched}");
}

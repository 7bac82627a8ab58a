//! The layer in the stacks of others: axum's routers, hyper's connections and the layers of tower-http.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // Helpers of tests may fail them.

mod axum;
mod hyper;
mod tower_http;

use std::convert::Infallible;
use std::time::Duration;

use ::axum::Router;
use ::axum::body::Body;
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use telemetry_core::MeterOptions;
use telemetry_core::testing::{InMemoryMetrics, Snapshot};
use telemetry_http::RequestMetricsLayer;
use tower::{Service, ServiceExt};

const ACTIVE: &str = "http.server.active_requests";
const DURATION: &str = "http.server.request.duration";
const REQUEST_SIZE: &str = "http.server.request.body.size";
const RESPONSE_SIZE: &str = "http.server.response.body.size";

fn layer(metrics: &InMemoryMetrics) -> RequestMetricsLayer {
    RequestMetricsLayer::custom(MeterOptions::default().with_meter_provider(metrics.provider()))
}

fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

/// Sends a request and reads the response to its end.
async fn send<S, B>(service: S, request: Request<Body>) -> (StatusCode, Bytes)
where
    S: Service<Request<Body>, Response = http::Response<B>, Error = Infallible>,
    B: http_body::Body<Error: std::fmt::Debug>,
{
    let answer = async {
        let response = service.oneshot(request).await.unwrap();
        let status = response.status();
        (status, response.into_body().collect().await.unwrap().to_bytes())
    };
    tokio::time::timeout(Duration::from_secs(10), answer).await.expect("the service answers")
}

/// The router with the metrics outside of the other layer.
macro_rules! outside {
    ($router:expr, $metrics:expr, $other:expr) => {
        $router.layer(tower::ServiceBuilder::new().layer($crate::layer($metrics)).layer($other))
    };
}

/// The router with the metrics inside of the other layer.
macro_rules! inside {
    ($router:expr, $metrics:expr, $other:expr) => {
        $router.layer(tower::ServiceBuilder::new().layer($other).layer($crate::layer($metrics)))
    };
}

use {inside, outside};

/// Route, status and error of each series of the duration, with its count; `-` for what is absent.
fn series(snapshot: &Snapshot) -> Vec<(String, u64)> {
    let mut series: Vec<_> = snapshot
        .points(DURATION)
        .into_iter()
        .map(|point| {
            let text = |key: &str| point.attributes.get(key).map_or("-", String::as_str);
            let name = ["http.route", "http.response.status_code", "error.type"].map(text).join(" ");
            let telemetry_core::testing::Value::Histogram { count, .. } = point.value else {
                panic!("the duration is a histogram: {point:?}")
            };
            (name, count)
        })
        .collect();
    series.sort_unstable();
    series
}

/// Holds that these series are all that the duration has, and that nothing is active.
#[track_caller]
fn assert_series(metrics: &InMemoryMetrics, expected: &[(&str, u64)]) -> Snapshot {
    let snapshot = metrics.snapshot();
    let series = series(&snapshot);
    let series: Vec<_> = series.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    assert_eq!(series, expected);
    assert_eq!(snapshot.sum(ACTIVE, &[]), 0.0);
    snapshot
}

/// Waits until the metrics are as they should become.
async fn until(metrics: &InMemoryMetrics, reached: impl Fn(&Snapshot) -> bool) {
    let wait = async {
        while !reached(&metrics.snapshot()) {
            tokio::task::yield_now().await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(10), wait).await;
    assert!(waited.is_ok(), "{:#?}", metrics.snapshot());
}

/// A router with one route, for what `handler` does.
fn at_items<H, T>(handler: H) -> Router
where
    H: ::axum::handler::Handler<T, ()>,
    T: 'static,
{
    Router::new().route("/items/{item}", ::axum::routing::any(handler))
}

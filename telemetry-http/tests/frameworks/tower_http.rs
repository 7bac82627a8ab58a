//! # Order of layers
//!
//! The metrics are those of the place where the layer stands. Outside of another layer they say what the client
//! sees, inside of it what the service does.
//!
//! | layer of tower-http | `RequestMetricsLayer` outside of it | `RequestMetricsLayer` inside of it |
//! |---|---|---|
//! | `CompressionLayer` | response size: the compressed bytes | response size: the plain bytes |
//! | `TimeoutLayer`, the time is up | the layer's status (408), no `error.type` unless it is a 5xx | no status, `error.type` is `cancelled` |
//! | `CatchPanicLayer`, a panic | status 500, `error.type` is `500` | no status, `error.type` is `panic` |
//! | `RequestBodyLimitLayer`, the length is announced | status 413, request size 0 | no record: the request does not get there |
//! | `RequestBodyLimitLayer`, the length is not announced | the handler's status; the frame that goes too far counts | the handler's status; the frame that goes too far does not count |
//!
//! The last line's handler is one of axum's that extracts its body. It answers 413 if both layers are in one
//! `ServiceBuilder`. In two calls of `Router::layer`, with the limit outside, it answers 400: axum boxes the body once
//! more for each layer that changes its type, and looks for the limit's error only two boxes deep.

use std::future::pending;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::{Request, StatusCode};
use telemetry_core::testing::{InMemoryMetrics, ScriptedBody};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

use crate::{REQUEST_SIZE, RESPONSE_SIZE, assert_series, at_items, get, inside, outside, send};

const PLAIN: usize = 100_000;

async fn long() -> String {
    "long ".repeat(PLAIN / 5)
}

fn for_gzip() -> Request<Body> {
    Request::get("/items/1").header("accept-encoding", "gzip").body(Body::empty()).unwrap()
}

#[tokio::test]
async fn hs_19_outside_of_compression_the_compressed_bytes_count() {
    let metrics = InMemoryMetrics::new();
    let app = outside!(at_items(long), &metrics, CompressionLayer::new());
    let (status, body) = send(app.clone(), for_gzip()).await;
    assert_eq!(status, 200);
    assert!(!body.is_empty() && body.len() < PLAIN / 10, "{} bytes", body.len());
    let snapshot = assert_series(&metrics, &[("/items/{item} 200 -", 1)]);
    assert_eq!(snapshot.sum(RESPONSE_SIZE, &[]), body.len() as f64);

    // A client that did not ask for gzip gets the plain bytes.
    assert_eq!(send(app, get("/items/1")).await.1.len(), PLAIN);
    let snapshot = assert_series(&metrics, &[("/items/{item} 200 -", 2)]);
    assert_eq!(snapshot.sum(RESPONSE_SIZE, &[]), (body.len() + PLAIN) as f64);
}

#[tokio::test]
async fn hs_19_inside_of_compression_the_plain_bytes_count() {
    let metrics = InMemoryMetrics::new();
    let app = inside!(at_items(long), &metrics, CompressionLayer::new());
    let (status, body) = send(app, for_gzip()).await;
    assert_eq!(status, 200);
    assert!(body.len() < PLAIN / 10, "{} bytes", body.len());
    let snapshot = assert_series(&metrics, &[("/items/{item} 200 -", 1)]);
    assert_eq!(snapshot.sum(RESPONSE_SIZE, &[]), PLAIN as f64);
}

/// Nothing but the time can end a handler that is stuck.
fn timeout(status: StatusCode) -> TimeoutLayer {
    TimeoutLayer::with_status_code(status, Duration::from_millis(1))
}

#[tokio::test]
async fn hs_41_outside_of_a_timeout_its_response_is_seen() {
    for (status, series) in [(408, "/items/{item} 408 -"), (504, "/items/{item} 504 504")] {
        let metrics = InMemoryMetrics::new();
        let stuck = at_items(pending::<()>);
        let app = outside!(stuck, &metrics, timeout(StatusCode::from_u16(status).unwrap()));
        assert_eq!(send(app, get("/items/1")).await.0, status);
        let snapshot = assert_series(&metrics, &[(series, 1)]);
        assert_eq!(snapshot.count(RESPONSE_SIZE, &[]), 1);
        assert_eq!(snapshot.sum(RESPONSE_SIZE, &[]), 0.0);
    }
}

#[tokio::test]
async fn hs_42_inside_of_a_timeout_the_request_is_cancelled() {
    let metrics = InMemoryMetrics::new();
    let app = inside!(at_items(pending::<()>), &metrics, timeout(StatusCode::REQUEST_TIMEOUT));
    assert_eq!(send(app, get("/items/1")).await.0, 408);
    let snapshot = assert_series(&metrics, &[("/items/{item} - cancelled", 1)]);
    assert_eq!(snapshot.count(REQUEST_SIZE, &[]), 1);
    assert_eq!(snapshot.count(RESPONSE_SIZE, &[]), 0);
}

async fn panics() {
    panic!("on purpose");
}

#[tokio::test]
async fn hs_43_outside_of_a_catcher_of_panics_its_response_is_seen() {
    let metrics = InMemoryMetrics::new();
    let app = outside!(at_items(panics), &metrics, CatchPanicLayer::new());
    let (status, body) = send(app, get("/items/1")).await;
    assert_eq!(status, 500);
    let snapshot = assert_series(&metrics, &[("/items/{item} 500 500", 1)]);
    assert_eq!(snapshot.sum(RESPONSE_SIZE, &[]), body.len() as f64);
}

#[tokio::test]
async fn hs_43_inside_of_a_catcher_of_panics_the_panic_is_seen_and_goes_on() {
    let metrics = InMemoryMetrics::new();
    let app = inside!(at_items(panics), &metrics, CatchPanicLayer::new());
    assert_eq!(send(app, get("/items/1")).await.0, 500);
    let snapshot = assert_series(&metrics, &[("/items/{item} - panic", 1)]);
    assert_eq!(snapshot.count(RESPONSE_SIZE, &[]), 0);
}

/// Answers 413 itself if the body breaks off at the limit.
async fn length(body: Bytes) -> String {
    body.len().to_string()
}

fn announced() -> Request<Body> {
    Request::post("/items/1").header("content-length", "11").body(Body::from("12345678901")).unwrap()
}

fn unannounced() -> Request<Body> {
    let body = ScriptedBody::new().data("12345").pending().data("67890").data("1");
    Request::post("/items/1").body(Body::new(body)).unwrap()
}

#[tokio::test]
async fn hs_19_outside_of_a_limit_every_request_is_seen() {
    let metrics = InMemoryMetrics::new();
    let app = outside!(at_items(length), &metrics, RequestBodyLimitLayer::new(8));
    let (status, body) = send(app.clone(), announced()).await;
    assert_eq!(status, 413);
    let snapshot = assert_series(&metrics, &[("/items/{item} 413 -", 1)]);
    assert_eq!(snapshot.sum(REQUEST_SIZE, &[]), 0.0);
    assert_eq!(snapshot.sum(RESPONSE_SIZE, &[]), body.len() as f64);

    assert_eq!(send(app, unannounced()).await.0, 413);
    let snapshot = assert_series(&metrics, &[("/items/{item} 413 -", 2)]);
    assert_eq!(snapshot.sum(REQUEST_SIZE, &[]), 10.0);
}

#[tokio::test]
async fn hs_19_inside_of_a_limit_the_service_counts_what_it_gets() {
    let metrics = InMemoryMetrics::new();
    let app = inside!(at_items(length), &metrics, RequestBodyLimitLayer::new(8));
    assert_eq!(send(app.clone(), announced()).await.0, 413);
    assert_series(&metrics, &[]);

    assert_eq!(send(app, unannounced()).await.0, 413);
    let snapshot = assert_series(&metrics, &[("/items/{item} 413 -", 1)]);
    assert_eq!(snapshot.sum(REQUEST_SIZE, &[]), 5.0);
}

//! Whoever reads, whenever and how often: the layer's metrics are exact.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // Helpers of tests may fail them.

mod callers;
mod lifetime;
mod readers;

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::pin::pin;
use std::task::Poll;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use telemetry_core::MeterOptions;
use telemetry_core::opentelemetry_sdk::metrics::SdkMeterProvider;
use telemetry_core::testing::{InMemoryMetrics, Snapshot, poll_once};
use telemetry_http::{RequestBody, RequestMetricsLayer};
use tower::{Layer, Service, service_fn};

type Upload = Full<Bytes>;

const DURATION: &str = "http.server.request.duration";
const ACTIVE: &str = "http.server.active_requests";
const REQUEST_SIZE: &str = "http.server.request.body.size";
const RESPONSE_SIZE: &str = "http.server.response.body.size";

fn now<F: Future>(future: F) -> F::Output {
    match poll_once(pin!(future)) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("everything here is ready at once"),
    }
}

fn layer(provider: &SdkMeterProvider) -> RequestMetricsLayer {
    RequestMetricsLayer::custom(MeterOptions::default().with_meter_provider(provider.clone()))
}

fn answer(_: Request<RequestBody<Upload>>) -> Ready<Result<Response<Upload>, Infallible>> {
    ready(Ok(Response::new(Full::from(Bytes::from_static(b"hello")))))
}

fn get() -> Request<Upload> {
    Request::get("/users/42").body(Full::default()).unwrap()
}

/// Sends a request and reads the response to its end.
fn send(layer: &RequestMetricsLayer) {
    let response = now(layer.layer(service_fn(answer)).call(get())).unwrap();
    assert_eq!(now(response.into_body().collect()).unwrap().to_bytes(), "hello");
}

/// How many requests have ended, how many bytes of response they had, and how many are active.
fn totals(snapshot: &Snapshot) -> (u64, f64, f64) {
    (snapshot.count(DURATION, &[]), snapshot.sum(RESPONSE_SIZE, &[]), snapshot.sum(ACTIVE, &[]))
}

fn in_memory() -> (InMemoryMetrics, RequestMetricsLayer) {
    let metrics = InMemoryMetrics::new();
    let layer = layer(&metrics.provider());
    (metrics, layer)
}

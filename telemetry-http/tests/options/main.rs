//! What the options of the layers change in the metrics.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // Helpers of tests may fail them.

mod attributes;
mod boundaries;
#[cfg(feature = "client")]
mod client;
mod defaults;
mod errors;
mod filter;
mod handled;
mod head;
mod labels;
#[path = "../common/log.rs"]
mod log;
mod methods;
mod route;
#[cfg(feature = "axum")]
mod route_layer;
mod switches;

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::pin::pin;
use std::task::Poll;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use telemetry_core::MeterOptions;
use telemetry_core::testing::{InMemoryMetrics, Snapshot, poll_once};
use telemetry_http::{RequestBody, RequestMetricsLayer};
use tower::{Layer, Service, service_fn};

type Upload = Full<Bytes>;
type Inner = Request<RequestBody<Upload>>;

const DURATION: &str = "http.server.request.duration";
const ACTIVE: &str = "http.server.active_requests";
const REQUEST_SIZE: &str = "http.server.request.body.size";
const RESPONSE_SIZE: &str = "http.server.response.body.size";
const HEAD_DURATION: &str = "http.server.response.head.duration";

const ALL: [&str; 4] = [ACTIVE, REQUEST_SIZE, DURATION, RESPONSE_SIZE];

fn options(metrics: &InMemoryMetrics) -> MeterOptions {
    MeterOptions::default().with_meter_provider(metrics.provider())
}

fn server(metrics: &InMemoryMetrics) -> RequestMetricsLayer {
    RequestMetricsLayer::custom(options(metrics))
}

fn now<F: Future>(future: F) -> F::Output {
    match poll_once(pin!(future)) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("everything here is ready at once"),
    }
}

fn status(status: u16) -> Response<Full<Bytes>> {
    Response::builder().status(status).body(Full::from("hello")).unwrap()
}

fn hello(_: Inner) -> Ready<Result<Response<Full<Bytes>>, Infallible>> {
    ready(Ok(status(200)))
}

/// Sends a request through a service and reads the response, which has to be there at once.
fn finish<S, B>(mut service: S, request: Request<Upload>) -> StatusCode
where
    S: Service<Request<Upload>, Response = Response<B>, Error: std::fmt::Debug>,
    B: http_body::Body<Error: std::fmt::Debug>,
{
    let response = now(service.call(request)).unwrap();
    let status = response.status();
    now(response.into_body().collect()).unwrap();
    status
}

/// Sends a request through the layer to a service that says hello.
fn send(layer: &RequestMetricsLayer, request: Request<Upload>) {
    assert_eq!(finish(layer.layer(service_fn(hello)), request), 200);
}

fn get() -> Request<Upload> {
    Request::get("/users/42").body(Full::default()).unwrap()
}

/// The attributes of the only series of a metric, as `key=value`.
#[track_caller]
fn attributes(snapshot: &Snapshot, metric: &str) -> Vec<String> {
    let [point] = snapshot.points(metric)[..] else { panic!("one series of {metric} in {snapshot:#?}") };
    point.attributes.iter().map(|(key, value)| format!("{key}={value}")).collect()
}

/// The values that an attribute has in the series of a metric; `None` where it is absent.
fn values(snapshot: &Snapshot, metric: &str, name: &str) -> Vec<Option<String>> {
    let points = snapshot.points(metric);
    let mut values: Vec<_> = points.iter().map(|point| point.attributes.get(name).cloned()).collect();
    values.sort_unstable();
    values
}

//! Every way in which a request can end, and what each instrument says of it then.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // Helpers of tests may fail them.

mod early;
mod request;
mod response;

use std::convert::Infallible;
use std::future::{Future, pending, ready};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, Empty};
use telemetry_core::MeterOptions;
use telemetry_core::testing::{InMemoryMetrics, ScriptedBody, Snapshot, poll_once};
use telemetry_http::{RequestBody, RequestMetricsLayer, ResponseBody};
use tower::{Layer, Service, service_fn};

type Full = http_body_util::Full<Bytes>;

/// What a request must have left behind.
struct Expected<'a> {
    status: Option<&'a str>,
    error: Option<&'a str>,
    request_bytes: f64,
    /// Absent when there was no head.
    response_bytes: Option<f64>,
}

/// Asserts every instrument for exactly one ended request: HS-30, HS-31 (and HS-48: it is no observable one), HS-32,
/// HS-33.
#[track_caller]
fn assert_ended(metrics: &InMemoryMetrics, expected: &Expected<'_>) {
    let snapshot = metrics.snapshot();
    let sizes = [
        ("http.server.request.duration", None, 1),
        ("http.server.request.body.size", Some(expected.request_bytes), 1),
        ("http.server.response.body.size", expected.response_bytes, u64::from(expected.response_bytes.is_some())),
    ];
    for (metric, sum, count) in sizes {
        assert_eq!(snapshot.count(metric, &[]), count, "{metric}: {snapshot:#?}");
        if let Some(sum) = sum {
            assert_eq!(snapshot.sum(metric, &[]), sum, "{metric}: {snapshot:#?}");
        }
        for point in snapshot.points(metric) {
            let have = |name: &str| point.attributes.get(name).map(String::as_str);
            assert_eq!(have("http.response.status_code"), expected.status, "{metric}");
            assert_eq!(have("error.type"), expected.error, "{metric}");
            assert!(have("http.request.method").is_some() && have("url.scheme").is_some(), "{metric}");
        }
    }
    assert_eq!(active(&snapshot), [0.0]);
}

fn active(snapshot: &Snapshot) -> Vec<f64> {
    let points = snapshot.points("http.server.active_requests");
    points.iter().map(|point| snapshot.sum(&point.metric, &[])).collect()
}

#[track_caller]
fn assert_active(metrics: &InMemoryMetrics) {
    let snapshot = metrics.snapshot();
    assert_eq!(active(&snapshot), [1.0]);
    assert_eq!(snapshot.count("http.server.request.duration", &[]), 0);
}

fn layer(metrics: &InMemoryMetrics) -> RequestMetricsLayer {
    RequestMetricsLayer::custom(MeterOptions::default().with_meter_provider(metrics.provider()))
}

fn request() -> Request<Full> {
    Request::new(Full::default())
}

/// Calls a service that is ready at once with `response`, and gives the response that came through the layer.
fn respond<B, E>(
    metrics: &InMemoryMetrics,
    request: Request<Full>,
    response: Result<Response<B>, E>,
) -> Result<Response<ResponseBody<B>>, E>
where
    B: Body<Error: 'static>,
    E: 'static,
{
    let mut response = Some(response);
    let service = service_fn(move |_: Request<RequestBody<Full>>| ready(response.take().unwrap()));
    let mut service = layer(metrics).layer(service);
    let mut future = pin!(service.call(request));
    let Poll::Ready(result) = poll_once(future.as_mut()) else { panic!("the service is ready at once") };
    result
}

fn respond_with<B: Body<Error: 'static>>(metrics: &InMemoryMetrics, body: B) -> ResponseBody<B> {
    let response = Ok::<_, Infallible>(Response::new(body));
    respond(metrics, request(), response).unwrap().into_body()
}

/// Polls the body until it has nothing ready, has failed or has ended. Gives the number of frames.
fn drain<B: Body + Unpin>(body: &mut B) -> usize {
    let mut frames = 0;
    while let Poll::Ready(Some(Ok(_))) = poll_once(pin!(body.frame())) {
        frames += 1;
    }
    frames
}

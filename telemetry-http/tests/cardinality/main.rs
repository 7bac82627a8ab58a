//! Values without end, from clients and from the caller's own functions: series, memory and log stay bounded, and the
//! totals exact.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // Helpers of tests may fail them.

mod cost;
mod flood;
mod limit;
#[path = "../common/log.rs"]
mod log;

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::pin::pin;
use std::task::Poll;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Empty, Full};
use telemetry_core::MeterOptions;
use telemetry_core::testing::{InMemoryMetrics, Snapshot, poll_once};
use telemetry_http::{RequestBody, RequestMetricsLayer};
use tower::{Layer, Service};

type NoBody = Empty<Bytes>;
type Answer = Result<Response<Full<Bytes>>, Infallible>;

const DURATION: &str = "http.server.request.duration";
const ACTIVE: &str = "http.server.active_requests";
const RESPONSE_SIZE: &str = "http.server.response.body.size";
const OVERFLOW: &[(&str, &str)] = &[("otel.metric.overflow", "true")];

fn now<F: Future>(future: F) -> F::Output {
    match poll_once(pin!(future)) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("everything here is ready at once"),
    }
}

fn hello() -> Response<Full<Bytes>> {
    Response::new(Full::from(Bytes::from_static(b"hello")))
}

fn answer<B>(_: Request<B>) -> Ready<Answer> {
    ready(Ok(hello()))
}

/// Sends a request and reads the response to its end.
fn send<S, Q, B>(service: &mut S, request: Request<Q>)
where
    S: Service<Request<Q>, Response = Response<B>, Error = Infallible>,
    B: http_body::Body<Error = Infallible> + Unpin,
{
    let mut body = now(service.call(request)).unwrap().into_body();
    while let Some(frame) = now(body.frame()) {
        frame.unwrap();
    }
}

fn server(metrics: &InMemoryMetrics, limit: usize) -> RequestMetricsLayer {
    RequestMetricsLayer::custom(MeterOptions::default().with_meter_provider(metrics.provider()))
        .with_series_limit(limit)
}

/// What goes into a layer of this test.
fn host(n: u64) -> Request<NoBody> {
    Request::get("/").header("host", format!("{n}.example")).body(NoBody::new()).unwrap()
}

/// How many series a metric has beside that of the overflow.
fn series(snapshot: &Snapshot, metric: &str) -> usize {
    let points = snapshot.points(metric);
    points.iter().filter(|point| !point.attributes.contains_key(OVERFLOW[0].0)).count()
}

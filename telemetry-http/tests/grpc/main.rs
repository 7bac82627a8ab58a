//! The metrics of gRPC calls: with responses that follow a script, and with a real tonic.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // Helpers of tests may fail them.

mod attributes;
mod endings;
mod loopback;
mod methods;

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use telemetry_core::MeterOptions;
use telemetry_core::testing::{InMemoryMetrics, ScriptedBody, Snapshot, poll_once};
use telemetry_http::{ClientMetricsLayer, RequestBody, RequestMetricsLayer, ResponseBody, ResponseFuture};
use tower::{Layer, Service};

const SERVER: &str = "rpc.server.call.duration";
const CLIENT: &str = "rpc.client.call.duration";

fn options(metrics: &InMemoryMetrics) -> MeterOptions {
    MeterOptions::default().with_meter_provider(metrics.provider())
}

fn server(metrics: &InMemoryMetrics) -> RequestMetricsLayer {
    RequestMetricsLayer::custom(options(metrics)).with_grpc()
}

fn client(metrics: &InMemoryMetrics) -> ClientMetricsLayer {
    ClientMetricsLayer::custom(options(metrics)).with_grpc()
}

/// A service that gives one response.
struct Canned<B, E>(Option<Result<Response<B>, E>>);

impl<B, E, R> Service<Request<R>> for Canned<B, E> {
    type Response = Response<B>;
    type Error = E;
    type Future = Ready<Result<Response<B>, E>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), E>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<R>) -> Self::Future {
        ready(self.0.take().expect("one request"))
    }
}

/// Sends a request through a layer, and gives what comes back at once.
fn respond<L, B, E>(
    layer: &L,
    request: Request<Full<Bytes>>,
    response: Result<Response<B>, E>,
) -> Result<Response<ResponseBody<B>>, E>
where
    L: Layer<Canned<B, E>>,
    L::Service: Service<
            Request<Full<Bytes>>,
            Response = Response<ResponseBody<B>>,
            Error = E,
            Future = ResponseFuture<Ready<Result<Response<B>, E>>>,
        >,
    B: Body,
    E: 'static,
{
    let mut service = layer.layer(Canned(Some(response)));
    match poll_once(pin!(service.call(request))) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("the service is ready at once"),
    }
}

/// The same, and reads the body until it has nothing ready, has failed or has ended; then drops it.
fn exchange<L>(layer: &L, request: Request<Full<Bytes>>, response: Response<ScriptedBody>)
where
    L: Layer<Canned<ScriptedBody, Infallible>>,
    L::Service: Service<
            Request<Full<Bytes>>,
            Response = Response<ResponseBody<ScriptedBody>>,
            Error = Infallible,
            Future = ResponseFuture<Ready<Result<Response<ScriptedBody>, Infallible>>>,
        >,
{
    let mut body = respond(layer, request, Ok(response)).unwrap().into_body();
    while let Poll::Ready(Some(Ok(_))) = poll_once(pin!(body.frame())) {}
}

fn call(method: &str) -> Request<Full<Bytes>> {
    let request = Request::post(format!("http://shop.example:50051/{method}"));
    request.header("content-type", "application/grpc+proto").body(Full::default()).unwrap()
}

fn add() -> Request<Full<Bytes>> {
    call("shop.Cart/Add")
}

fn with_status(code: &str) -> HeaderMap {
    HeaderMap::from_iter([("grpc-status".parse().unwrap(), HeaderValue::from_str(code).unwrap())])
}

/// A message, and the status in the trailers.
fn trailers(code: &str) -> Response<ScriptedBody> {
    Response::new(ScriptedBody::new().data("message").trailers(with_status(code)))
}

/// The status in the head, and nothing more.
fn trailers_only(code: &str) -> Response<ScriptedBody> {
    let mut response = Response::new(ScriptedBody::new().telling_end());
    *response.headers_mut() = with_status(code);
    response
}

/// Every series of a metric, as `key=value` between spaces with the number of values behind.
fn series(snapshot: &Snapshot, metric: &str) -> Vec<String> {
    let mut series: Vec<_> = snapshot
        .points(metric)
        .iter()
        .map(|point| {
            let attributes: Vec<_> =
                point.attributes.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
            let text: String = attributes.iter().map(|(key, value)| format!("{key}={value} ")).collect();
            // A series with more attributes may have all of these as well.
            let alike = snapshot.points(metric).into_iter().filter(|other| other.attributes == point.attributes);
            assert_eq!(alike.count(), 1, "{snapshot:#?}");
            let telemetry_core::testing::Value::Histogram { count, .. } = point.value else { panic!("a histogram") };
            format!("{text}{count}")
        })
        .collect();
    series.sort_unstable();
    series
}

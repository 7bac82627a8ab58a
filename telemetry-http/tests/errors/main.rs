//! What the layer says of errors that real clients have with real servers: HS-05, HS-06, HC-16, HC-17, HC-19.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // Helpers of tests may fail them.

mod allocations;
mod body;
mod clients;
mod connect;
mod http2;
mod message;
mod redirect;
mod servers;
mod timeout;
mod tls;

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body::Body;
use http_body_util::{BodyExt, Full};
use telemetry_core::MeterOptions;
use telemetry_core::testing::InMemoryMetrics;
use telemetry_http::{RequestBody, RequestMetricsLayer, ResponseBody};
use tower::{Layer, Service, ServiceExt};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// When a client that is to give up does.
const SOON: Duration = Duration::from_millis(20);

/// What the record of a request says of its ending.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    error: Option<String>,
    status: Option<String>,
}

/// The request failed before there was a response.
fn failed(error: &str) -> Seen {
    Seen { error: Some(error.to_owned()), status: None }
}

/// The body of the response failed.
fn failed_after(status: &str, error: &str) -> Seen {
    Seen { error: Some(error.to_owned()), status: Some(status.to_owned()) }
}

fn get(uri: &str) -> Request<Full<Bytes>> {
    Request::get(uri).body(Full::default()).unwrap()
}

/// Sends the request through the layer and the client below it, and reads the response to its end.
async fn seen<S, B, R>(client: S, request: Request<R>) -> Seen
where
    S: Service<Request<RequestBody<R>>, Response = http::Response<B>, Error: 'static>,
    B: Body<Error: 'static>,
    R: Body,
{
    let metrics = InMemoryMetrics::new();
    let layer = RequestMetricsLayer::custom(MeterOptions::default().with_meter_provider(metrics.provider()));
    let done = async {
        if let Ok(response) = layer.layer(client).oneshot(request).await {
            let body: ResponseBody<B> = response.into_body();
            // The record tells how it went.
            let _ = body.collect().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), done).await.expect("clients do not wait for ever");

    let snapshot = metrics.snapshot();
    let [point] = snapshot.points("http.server.request.duration")[..] else { panic!("one record: {snapshot:#?}") };
    let attribute = |name: &str| point.attributes.get(name).cloned();
    Seen { error: attribute("error.type"), status: attribute("http.response.status_code") }
}

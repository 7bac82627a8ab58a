//! What `ClientMetricsLayer` records around real clients: hyper-util's, the same with its connections counted, reqwest.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // Helpers of tests may fail them.

mod answers;
mod clients;
mod connections;
mod failures;
mod gone;
mod retry;
mod server_address;
#[path = "../errors/servers.rs"]
mod servers;

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use telemetry_core::MeterOptions;
use telemetry_core::testing::{InMemoryMetrics, Snapshot, Value};
use telemetry_http::{ClientMetricsLayer, RequestBody};
use tower::{Layer, Service, ServiceExt};

type Upload = Full<Bytes>;

const DURATION: &str = "http.client.request.duration";
const ACTIVE: &str = "http.client.active_requests";
const REQUEST_SIZE: &str = "http.client.request.body.size";
const RESPONSE_SIZE: &str = "http.client.response.body.size";

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(20);

fn options(metrics: &InMemoryMetrics) -> MeterOptions {
    MeterOptions::default().with_meter_provider(metrics.provider())
}

fn layer(metrics: &InMemoryMetrics) -> ClientMetricsLayer {
    ClientMetricsLayer::custom(options(metrics))
}

fn get(address: SocketAddr) -> Request<Upload> {
    Request::get(format!("http://{address}/")).body(Full::default()).unwrap()
}

/// Sends the request and reads the response to its end, if there is one.
async fn fetch<S, R, B>(service: S, request: Request<R>)
where
    S: Service<Request<R>, Response = Response<B>>,
    B: Body,
{
    let done = async {
        if let Ok(response) = service.oneshot(request).await {
            // The record tells how it went.
            let _ = response.into_body().collect().await;
        }
    };
    tokio::time::timeout(LONG, done).await.expect("clients do not wait for ever");
}

/// What the layer records of one request, read to its end.
async fn recorded<S, B>(client: S, request: Request<Upload>) -> Snapshot
where
    S: Service<Request<RequestBody<Upload>>, Response = Response<B>, Error: 'static>,
    B: Body<Error: 'static>,
{
    let metrics = InMemoryMetrics::new();
    fetch(layer(&metrics).layer(client), request).await;
    metrics.snapshot()
}

type Attributes<'a> = &'a [(&'a str, &'a str)];

/// One request to this address was recorded with these attributes and those of the server, no others.
#[track_caller]
fn assert_recorded(snapshot: &Snapshot, client: &str, address: SocketAddr, others: Attributes<'_>) {
    let port = address.port().to_string();
    let server = [("http.request.method", "GET"), ("server.address", "127.0.0.1"), ("server.port", &port)];
    assert_ended(snapshot, client, &[&server[..], others].concat());
    assert_settled(snapshot, client, &server);
}

/// One request was recorded with these attributes and no others.
#[track_caller]
fn assert_ended(snapshot: &Snapshot, client: &str, attributes: Attributes<'_>) {
    let expected = attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let [point] = snapshot.points(DURATION)[..] else { panic!("{client}: one record: {snapshot:#?}") };
    assert_eq!(point.attributes, expected, "{client}");
    assert_eq!(snapshot.count(DURATION, attributes), 1, "{client}");
    assert_eq!(snapshot.count(REQUEST_SIZE, attributes), 1, "{client}");
    let has_head = expected.contains_key("http.response.status_code");
    assert_eq!(snapshot.count(RESPONSE_SIZE, attributes), u64::from(has_head), "{client}");
}

/// No request is active, and all that were had these attributes and no others.
#[track_caller]
fn assert_settled(snapshot: &Snapshot, client: &str, attributes: Attributes<'_>) {
    let expected = attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let [point] = snapshot.points(ACTIVE)[..] else { panic!("{client}: one count: {snapshot:#?}") };
    assert_eq!((&point.attributes, &point.value), (&expected, &Value::Number(0.0)), "{client}");
}

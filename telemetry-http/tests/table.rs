//! Everything that the crate records, held against the table of metrics.
#![allow(clippy::panic, clippy::unwrap_used)] // Helpers of tests may fail them.

use std::collections::BTreeSet;
use std::future::{Ready, ready};
use std::io;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::connect::HttpConnector;
use telemetry_core::MeterOptions;
use telemetry_core::semconv::{METRICS, Metric, Presence, Switch};
use telemetry_core::testing::{InMemoryMetrics, ScriptedBody, Snapshot};
use telemetry_http::{ClientConnectionLayer, ClientMetricsLayer, RequestBody, RequestMetricsLayer, UrlTemplate};
use tokio::net::TcpListener;
use tower::{Layer, Service, ServiceExt, service_fn};

type Upload = Full<Bytes>;
type Inner = Request<RequestBody<Upload>>;
type Answer = Ready<io::Result<Response<ScriptedBody>>>;

/// Says hello with the status that the path wants, or fails.
fn answer(path: &str) -> Answer {
    let (status, call_status) = match path {
        "/gone" => return ready(Err(io::ErrorKind::ConnectionReset.into())),
        "/shop.Cart/Add" => (StatusCode::OK, "0"),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "13"),
    };
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static(call_status));
    let mut response = Response::new(ScriptedBody::new().data("hello").trailers(trailers));
    *response.status_mut() = status;
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
    ready(Ok(response))
}

/// Does what the path of each request wants.
fn service() -> impl Service<Inner, Response = Response<ScriptedBody>, Error = io::Error, Future = Answer> + Clone {
    service_fn(|request: Inner| answer(request.uri().path()))
}

fn request(path: &str) -> Request<Upload> {
    let request = Request::post(format!("http://shop.example:8080{path}")).version(http::Version::HTTP_2);
    let request = request.header("content-type", "application/grpc").header("user-agent", "Googlebot/2.1");
    request.extension(UrlTemplate::new("/{path}")).body(Full::from("upload")).unwrap()
}

/// Sends a call that goes well, one that fails and one without an answer.
async fn drive<S, B>(layered: S)
where
    S: Service<Request<Upload>, Response = Response<B>, Error = io::Error> + Clone,
    B: http_body::Body<Error: std::fmt::Debug>,
{
    for path in ["/shop.Cart/Add", "/shop.Cart/Break"] {
        let response = layered.clone().oneshot(request(path)).await.unwrap();
        response.into_body().collect().await.unwrap();
    }
    assert!(layered.oneshot(request("/gone")).await.is_err());
}

/// The metrics with this prefix are those of the table, each with just the attributes that it says.
fn agrees(snapshot: &Snapshot, prefix: &str) {
    let listed: Vec<_> = METRICS.iter().filter(|metric| metric.name.starts_with(prefix)).collect();
    let names: BTreeSet<_> = listed.iter().map(|metric| metric.name).collect();
    let recorded = snapshot.names().into_iter().filter(|name| name.starts_with(prefix)).collect();
    assert_eq!(names, recorded);
    for metric in listed {
        has_its_attributes(snapshot, metric);
    }
}

fn has_its_attributes(snapshot: &Snapshot, metric: &Metric) {
    let points = snapshot.points(metric.name);
    let all: BTreeSet<_> = metric.attributes.iter().map(|attribute| attribute.name).collect();
    let seen: BTreeSet<_> = points.iter().flat_map(|point| point.attributes.keys()).map(String::as_str).collect();
    assert_eq!(seen, all, "{}", metric.name);
    for attribute in metric.attributes.iter().filter(|attribute| attribute.presence == Presence::Always) {
        let is_there = points.iter().all(|point| point.attributes.contains_key(attribute.name));
        assert!(is_there, "{} without {}", metric.name, attribute.name);
    }
    assert!(points.iter().all(|point| point.unit == metric.unit), "{}", metric.name);
}

#[tokio::test]
async fn hs_01_hs_33_a_server_records_what_the_table_has() {
    let metrics = InMemoryMetrics::new();
    let layer = RequestMetricsLayer::with_meter(metrics.meter("test")).with_route(|_| Some("/{path}".into()));
    let layer = layer.with_server_address().with_synthetic_type().with_response_head_duration().with_grpc();
    drive(layer.layer(service())).await;
    agrees(&metrics.snapshot(), "http.server.");
    agrees(&metrics.snapshot(), "rpc.server.");
}

#[tokio::test]
async fn hc_01_hc_11_a_client_records_what_the_table_has() {
    let metrics = InMemoryMetrics::new();
    let layer = ClientMetricsLayer::with_meter(metrics.meter("test")).with_scheme().with_grpc();
    drive(layer.layer(service())).await;

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri: Uri = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let layer = ClientConnectionLayer::custom(MeterOptions::default().with_meter_provider(metrics.provider()));
    let mut connector = layer.with_peer_address().with_scheme().layer(HttpConnector::new());
    drop(connector.call(uri).await.unwrap());

    agrees(&metrics.snapshot(), "http.client.");
    agrees(&metrics.snapshot(), "rpc.client.");
}

/// What the table says to be on demand is not there without it.
#[tokio::test]
async fn hs_36_hs_37_without_options_there_is_what_the_table_has_on() {
    let metrics = InMemoryMetrics::new();
    let layer = RequestMetricsLayer::with_meter(metrics.meter("test"));
    drive(layer.layer(service())).await;
    let on = METRICS.iter().filter(|metric| metric.name.starts_with("http.server."));
    let on = on.filter(|metric| !matches!(metric.switch, Switch::OnDemand(_)));
    let snapshot = metrics.snapshot();
    assert_eq!(snapshot.names().into_iter().collect::<BTreeSet<_>>(), on.clone().map(|metric| metric.name).collect());
    for metric in on {
        for attribute in metric.attributes.iter().filter(|of| matches!(of.presence, Presence::OnDemand(_))) {
            let is_there =
                snapshot.points(metric.name).iter().any(|point| point.attributes.contains_key(attribute.name));
            assert!(!is_there, "{} with {}", metric.name, attribute.name);
        }
    }
}

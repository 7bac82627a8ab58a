//! The layer under a real hyper server, with clients that leave early.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // Helpers of tests may fail them.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use telemetry_core::MeterOptions;
use telemetry_core::testing::{InMemoryMetrics, ScriptedBody, Snapshot};
use telemetry_http::{RequestBody, RequestMetricsLayer};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tower::{Layer, service_fn};

type Boxed = UnsyncBoxBody<Bytes, Box<dyn std::error::Error + Send + Sync>>;

fn boxed<B>(body: B) -> Boxed
where
    B: http_body::Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + 'static,
{
    body.map_err(Into::into).boxed_unsync()
}

async fn handle(request: Request<RequestBody<Incoming>>) -> Result<Response<Boxed>, Infallible> {
    let body = match request.uri().path() {
        "/known" => boxed(Full::from("hello")),
        "/announced" => {
            // Of a known length, but it does not say when it is at its end.
            let body = boxed(ScriptedBody::new().data("hello").data("never"));
            return Ok(Response::builder().header("content-length", "5").body(body).unwrap());
        }
        "/chunked" => boxed(ScriptedBody::new().data("hello").pending().data("world")),
        "/trailers" => {
            let trailers = http::HeaderMap::from_iter([("x-end".parse().unwrap(), "1".parse().unwrap())]);
            boxed(ScriptedBody::new().data("hello").trailers(trailers))
        }
        "/echo" => boxed(request.into_body()),
        "/stuck" => std::future::pending().await,
        "/endless" => boxed(Endless(Bytes::from(vec![0; 1024]))),
        _ => return Ok(Response::builder().status(StatusCode::NOT_FOUND).body(boxed(Full::from("no"))).unwrap()),
    };
    Ok(Response::new(body))
}

struct Endless(Bytes);

impl http_body::Body for Endless {
    type Data = Bytes;
    type Error = Infallible;
    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        std::task::Poll::Ready(Some(Ok(http_body::Frame::data(self.0.clone()))))
    }
}

/// Serves one connection and gives the client's end of it.
fn connect(metrics: &InMemoryMetrics) -> DuplexStream {
    let layer = RequestMetricsLayer::custom(MeterOptions::default().with_meter_provider(metrics.provider()));
    let service = TowerToHyperService::new(layer.layer(service_fn(handle)));
    let (client, stream) = tokio::io::duplex(1024);
    tokio::spawn(async move {
        let server = auto::Builder::new(TokioExecutor::new());
        // A client that leaves is an error of the connection, and leaving is what some of these clients do.
        let _left = server.serve_connection(TokioIo::new(stream), service).await;
    });
    client
}

/// Waits until a request is active.
async fn arrived(metrics: &InMemoryMetrics) {
    while metrics.snapshot().sum("http.server.active_requests", &[]) < 1.0 {
        tokio::task::yield_now().await;
    }
}

/// Waits until the server has noticed what the client did: `ended` requests are recorded and none is active.
async fn settled(metrics: &InMemoryMetrics, ended: u64) -> Snapshot {
    let settled = async {
        loop {
            let snapshot = metrics.snapshot();
            if snapshot.count("http.server.request.duration", &[]) >= ended {
                return snapshot;
            }
            tokio::task::yield_now().await;
        }
    };
    let snapshot = tokio::time::timeout(Duration::from_secs(10), settled).await.expect("the requests end");
    assert_eq!(snapshot.count("http.server.request.duration", &[]), ended, "{snapshot:#?}");
    assert_eq!(snapshot.sum("http.server.active_requests", &[]), 0.0, "{snapshot:#?}");
    snapshot
}

fn errors(snapshot: &Snapshot) -> Vec<&str> {
    let points = snapshot.points("http.server.request.duration");
    points.iter().filter_map(|point| point.attributes.get("error.type").map(String::as_str)).collect()
}

#[tokio::test]
async fn hs_45a_responses_that_hyper_stops_polling_are_complete() {
    let metrics = InMemoryMetrics::new();
    let mut client = connect(&metrics);
    for path in ["/known", "/announced", "/chunked", "/trailers", "/nowhere"] {
        let request = format!("GET {path} HTTP/1.1\r\nhost: shop.example\r\nte: trailers\r\n\r\n");
        client.write_all(request.as_bytes()).await.unwrap();
    }
    client.write_all(b"HEAD /chunked HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 5, "{answer}");

    let snapshot = settled(&metrics, 6).await;
    assert!(errors(&snapshot).is_empty(), "{snapshot:#?}");
    assert_eq!(snapshot.sum("http.server.response.body.size", &[]), 5.0 + 5.0 + 10.0 + 5.0 + 2.0 + 0.0);
}

#[tokio::test]
async fn hs_42_a_client_that_hangs_up_before_the_head() {
    let metrics = InMemoryMetrics::new();
    let mut client = connect(&metrics);
    client.write_all(b"GET /stuck HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    arrived(&metrics).await;
    drop(client);
    let snapshot = settled(&metrics, 1).await;
    assert_eq!(errors(&snapshot), ["cancelled"]);
    assert!(snapshot.points("http.server.response.body.size").is_empty());
}

#[tokio::test]
async fn hs_45a_a_client_that_hangs_up_in_the_middle_of_the_body() {
    let metrics = InMemoryMetrics::new();
    let mut client = connect(&metrics);
    client.write_all(b"GET /endless HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    client.read_exact(&mut [0; 4000]).await.unwrap();
    drop(client);
    let snapshot = settled(&metrics, 1).await;
    assert_eq!(errors(&snapshot), ["cancelled"]);
    assert_eq!(snapshot.count("http.server.request.duration", &[("http.response.status_code", "200")]), 1);
    assert!(snapshot.sum("http.server.response.body.size", &[]) >= 3000.0);
}

#[tokio::test]
async fn hs_09_http_2_with_uploads_on_one_connection() {
    let metrics = InMemoryMetrics::new();
    let io = TokioIo::new(connect(&metrics));
    let (mut client, connection) =
        hyper::client::conn::http2::handshake::<_, _, Full<Bytes>>(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    for body in ["", "twenty bytes of data", "x"] {
        let request = Request::builder().method(Method::POST).uri("http://shop.example/echo");
        let response = client.send_request(request.body(Full::from(body)).unwrap()).await.unwrap();
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), body);
    }
    let snapshot = settled(&metrics, 3).await;
    let version = [("network.protocol.version", "2"), ("url.scheme", "http")];
    assert_eq!(snapshot.count("http.server.request.duration", &version), 3);
    assert_eq!(snapshot.sum("http.server.request.body.size", &version), 21.0);
    assert_eq!(snapshot.sum("http.server.response.body.size", &version), 21.0);
    assert!(errors(&snapshot).is_empty());
}

#[tokio::test]
async fn trailers_end_a_response_over_http_2_too() {
    let metrics = InMemoryMetrics::new();
    let io = TokioIo::new(connect(&metrics));
    let (mut client, connection) =
        hyper::client::conn::http2::handshake::<_, _, Full<Bytes>>(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    let request = Request::get("http://shop.example/trailers").body(Full::default()).unwrap();
    let collected = client.send_request(request).await.unwrap().into_body().collect().await.unwrap();
    assert_eq!(collected.trailers().unwrap()["x-end"], "1");
    let snapshot = settled(&metrics, 1).await;
    assert!(errors(&snapshot).is_empty(), "{snapshot:#?}");
}

#[tokio::test]
async fn hs_42_hs_45a_an_http_2_client_that_resets_its_streams() {
    let metrics = InMemoryMetrics::new();
    let io = TokioIo::new(connect(&metrics));
    let (mut client, connection) =
        hyper::client::conn::http2::handshake::<_, _, Full<Bytes>>(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    let get = |path: &str| Request::get(format!("http://shop.example{path}")).body(Full::default()).unwrap();

    let mut endless = client.send_request(get("/endless")).await.unwrap().into_body();
    endless.frame().await.unwrap().unwrap();
    drop(endless);
    settled(&metrics, 1).await;

    let stuck = client.send_request(get("/stuck"));
    tokio::select! {
        biased;
        _ = stuck => unreachable!("it is stuck"),
        () = arrived(&metrics) => {}
    }
    let snapshot = settled(&metrics, 2).await;
    assert_eq!(errors(&snapshot), ["cancelled", "cancelled"]);
}

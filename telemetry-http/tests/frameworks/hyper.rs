//! Many requests on one connection of hyper.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::join_all;
use http::{Request, Response, Version};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use telemetry_core::testing::InMemoryMetrics;
use telemetry_http::RequestBody;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::Semaphore;
use tower::{Layer, service_fn};

use crate::{ACTIVE, DURATION, REQUEST_SIZE, RESPONSE_SIZE, assert_series, layer, until};

/// Serves one connection and gives the client's end of it. Each request echoes its body once it has a permit.
fn connect(metrics: &InMemoryMetrics, gate: &Arc<Semaphore>) -> DuplexStream {
    let gate = Arc::clone(gate);
    let echo = service_fn(move |request: Request<RequestBody<Incoming>>| {
        let gate = Arc::clone(&gate);
        async move {
            gate.acquire().await.unwrap().forget();
            let body = request.into_body().collect().await.unwrap().to_bytes();
            Ok::<_, Infallible>(Response::new(Full::new(body)))
        }
    });
    let service = TowerToHyperService::new(layer(metrics).layer(echo));
    let (client, stream) = tokio::io::duplex(4096);
    tokio::spawn(async move {
        let server = auto::Builder::new(TokioExecutor::new());
        // How the client leaves is not what these tests are about.
        let _left = server.serve_connection(TokioIo::new(stream), service).await;
    });
    client
}

fn gate(permits: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(permits))
}

fn post(uri: &str, body: &'static str) -> Request<Full<Bytes>> {
    Request::post(uri).header("host", "shop.example").body(Full::from(body)).unwrap()
}

#[tokio::test]
async fn hs_41_each_request_of_a_connection_that_is_kept_alive() {
    let metrics = InMemoryMetrics::new();
    let io = TokioIo::new(connect(&metrics, &gate(5)));
    let (mut client, connection) = http1::handshake(io).await.unwrap();
    tokio::spawn(connection);
    for ended in 1..=5 {
        client.ready().await.unwrap();
        let response = client.send_request(post("/", "four")).await.unwrap();
        assert_eq!(response.version(), Version::HTTP_11);
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "four");
        // It ends with its response, while the connection goes on.
        until(&metrics, |now| now.count(DURATION, &[]) == ended && now.sum(ACTIVE, &[]) == 0.0).await;
    }
    assert!(!client.is_closed());
    let snapshot = assert_series(&metrics, &[("- 200 -", 5)]);
    let version = [("network.protocol.version", "1.1")];
    assert_eq!(snapshot.count(DURATION, &version), 5);
    assert_eq!(snapshot.sum(REQUEST_SIZE, &version), 20.0);
    assert_eq!(snapshot.sum(RESPONSE_SIZE, &version), 20.0);
}

#[tokio::test]
async fn pipelined_requests_are_active_one_after_the_other() {
    let metrics = InMemoryMetrics::new();
    let gate = gate(0);
    let mut client = connect(&metrics, &gate);
    let request = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nfour";
    let last = request.replace("host", "connection: close\r\nhost");
    client.write_all(format!("{request}{request}{last}").as_bytes()).await.unwrap();
    for ended in 0..3 {
        until(&metrics, |now| now.count(DURATION, &[]) == ended && now.sum(ACTIVE, &[]) == 1.0).await;
        gate.add_permits(1);
    }
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 3, "{answer}");
    until(&metrics, |now| now.sum(ACTIVE, &[]) == 0.0).await;
    let snapshot = assert_series(&metrics, &[("- 200 -", 3)]);
    assert_eq!(snapshot.sum(REQUEST_SIZE, &[]), 12.0);
    assert_eq!(snapshot.sum(RESPONSE_SIZE, &[]), 12.0);
}

#[tokio::test]
async fn hs_41_hs_42_parallel_streams_of_http_2_end_each_on_its_own() {
    let metrics = InMemoryMetrics::new();
    let gate = gate(0);
    let io = TokioIo::new(connect(&metrics, &gate));
    let (mut client, connection) = http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    let mut streams: Vec<_> =
        (0..20).map(|_| tokio::spawn(client.send_request(post("http://shop.example/", "four")))).collect();
    until(&metrics, |now| now.sum(ACTIVE, &[]) == 20.0).await;
    assert_eq!(metrics.snapshot().count(DURATION, &[]), 0);

    // Three clients leave; the others go on.
    for stream in streams.drain(17..) {
        stream.abort();
    }
    until(&metrics, |now| now.sum(ACTIVE, &[]) == 17.0).await;
    gate.add_permits(17);
    for response in join_all(streams).await {
        let response = response.unwrap().unwrap();
        assert_eq!(response.version(), Version::HTTP_2);
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "four");
    }
    until(&metrics, |now| now.sum(ACTIVE, &[]) == 0.0).await;
    let snapshot = assert_series(&metrics, &[("- - cancelled", 3), ("- 200 -", 17)]);
    let answered = [("http.response.status_code", "200"), ("network.protocol.version", "2")];
    assert_eq!(snapshot.sum(REQUEST_SIZE, &answered), 17.0 * 4.0);
    assert_eq!(snapshot.sum(RESPONSE_SIZE, &answered), 17.0 * 4.0);
    assert_eq!(snapshot.count(RESPONSE_SIZE, &[]), 17);
}

//! Real connections.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body as AxumBody;
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use telemetry_prometheus::PrometheusMetricsHandler;
use telemetry_prometheus::opentelemetry::KeyValue;
use telemetry_prometheus::opentelemetry::metrics::MeterProvider;
use telemetry_prometheus::opentelemetry_sdk::metrics::SdkMeterProvider;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tower::{Service, ServiceExt};

use crate::kit::{Gate, TEXT, get, header, poll_once, served, soon, until};

/// Far more than a server and the system keep for a client that does not read.
const LARGE: usize = 4 * 1024 * 1024;

/// Small buffers, so that a client that does not read is noticed soon.
fn socket() -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_send_buffer_size(16 * 1024).unwrap();
    socket.set_recv_buffer_size(16 * 1024).unwrap();
    socket
}

fn serve(handler: &PrometheusMetricsHandler) -> SocketAddr {
    let socket = socket();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1024).unwrap();
    let address = listener.local_addr().unwrap();
    let service = TowerToHyperService::new(handler.clone());
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service.clone()));
        }
    });
    address
}

fn served_large() -> (PrometheusMetricsHandler, SdkMeterProvider) {
    let (handler, provider) = served();
    provider.meter("m").u64_gauge("large").build().record(1, &[KeyValue::new("k", "x".repeat(LARGE))]);
    (handler, provider)
}

async fn asked(address: SocketAddr) -> TcpStream {
    let mut stream = soon(socket().connect(address)).await.unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    stream
}

/// The status, and not a byte more.
async fn status_of(stream: &mut TcpStream) -> String {
    let mut status = [0; 12];
    soon(stream.read_exact(&mut status)).await.unwrap();
    String::from_utf8(status.into()).unwrap()
}

/// Asks without taking a place for longer than a moment.
fn is_full(handler: &PrometheusMetricsHandler) -> bool {
    let mut scrape = handler.clone().call(get(&[]));
    match poll_once(&mut scrape) {
        std::task::Poll::Ready(Ok(response)) => response.status() == StatusCode::SERVICE_UNAVAILABLE,
        std::task::Poll::Pending => false,
    }
}

#[tokio::test]
async fn px140_it_is_mounted_in_axum() {
    let (handler, _provider) = served();
    let app: Router = Router::new().route_service("/metrics", handler);
    let request = Request::get("/metrics").body(AxumBody::empty()).unwrap();
    let response = app.oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert!(header(&response, "content-type").starts_with("text/plain; version=0.0.4"));
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, TEXT);
}

/// Framing is hyper's, and `HEAD` keeps the length of `GET`.
#[tokio::test]
async fn px149_px150_one_connection_serves_all_methods_one_after_the_other() {
    let (handler, _provider) = served();
    let stream = TcpStream::connect(serve(&handler)).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);

    for round in 0..3 {
        for (method, expected) in [(Method::GET, TEXT), (Method::HEAD, ""), (Method::POST, "metrics are read")] {
            let mut request = Request::new(Empty::<Bytes>::new());
            *request.method_mut() = method;
            let response = soon(sender.send_request(request)).await.unwrap();
            let is_page = response.status() == StatusCode::OK;
            assert_eq!(is_page, !expected.starts_with("metrics"), "{round}");
            assert_eq!(header(&response, "content-length") == TEXT.len().to_string(), is_page);
            let body = soon(response.into_body().collect()).await.unwrap().to_bytes();
            assert!(body.starts_with(expected.as_bytes()) && body.is_empty() == expected.is_empty());
        }
    }
}

#[cfg(feature = "gzip")]
#[tokio::test]
async fn px148_px149_a_large_compressed_page_comes_whole() {
    use std::io::Read;

    let (handler, provider) = served();
    let gauge = provider.meter("m").f64_gauge("g").build();
    (0..1900).for_each(|i| gauge.record(f64::from(i).sin(), &[KeyValue::new("k", format!("{i:01000}"))]));
    let stream = TcpStream::connect(serve(&handler)).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let mut pages = Vec::new();
    for encoding in ["identity", "gzip"] {
        let request = Request::get("/").header("accept-encoding", encoding).body(Empty::<Bytes>::new()).unwrap();
        let response = soon(sender.send_request(request)).await.unwrap();
        assert_eq!(response.headers().contains_key("content-encoding"), encoding == "gzip");
        let length = header(&response, "content-length").to_owned();
        let body = soon(response.into_body().collect()).await.unwrap().to_bytes();
        assert_eq!(length, body.len().to_string());
        pages.push(body);
    }
    let mut decoded = Vec::new();
    flate2::read::GzDecoder::new(&*pages[1]).read_to_end(&mut decoded).unwrap();
    assert_eq!(decoded, pages[0]);
}

/// None of them reads, and one page serves them all.
#[tokio::test]
async fn px152_clients_that_do_not_read_hold_their_places_and_one_page() {
    let (handler, provider) = served_large();
    let handler = handler.with_max_in_flight(50);
    let gate = Gate::new(&provider);
    let address = serve(&handler);
    let mut clients = Vec::new();
    for _ in 0..50 {
        clients.push(asked(address).await);
    }
    until(async || is_full(&handler)).await;
    let before = resident();
    gate.open();
    for client in &mut clients {
        assert_eq!(status_of(client).await, "HTTP/1.1 200");
    }
    assert!(is_full(&handler));
    assert_eq!(gate.calls(), 1);
    if let (Some(before), Some(after)) = (before, resident()) {
        assert!(after.saturating_sub(before) < 20 * LARGE, "from {before} to {after}");
    }

    drop(clients.split_off(1));
    until(async || !is_full(&handler)).await;
    // The one that stayed gets all of its page.
    let mut rest = vec![0; LARGE];
    soon(clients[0].read_exact(&mut rest)).await.unwrap();
}

/// The memory of this process, in bytes, where the system tells.
fn resident() -> Option<usize> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: usize = statm.split(' ').nth(1)?.parse().ok()?;
    Some(pages * 4096)
}

#[tokio::test]
async fn px152_the_third_gets_503_while_two_do_not_read() {
    let (handler, _provider) = served_large();
    let handler = handler.with_max_in_flight(2);
    let address = serve(&handler);
    let mut slow = [asked(address).await, asked(address).await];
    for client in &mut slow {
        assert_eq!(status_of(client).await, "HTTP/1.1 200");
    }
    for _ in 0..3 {
        assert_eq!(status_of(&mut asked(address).await).await, "HTTP/1.1 503");
    }
    drop(slow);
    until(async || status_of(&mut asked(address).await).await == "HTTP/1.1 200").await;
}

#[tokio::test]
async fn px152_a_client_that_hangs_up_during_the_collection_gives_its_place_back() {
    let (handler, provider) = served();
    let handler = handler.with_max_in_flight(1);
    let gate = Gate::new(&provider);
    let address = serve(&handler);
    let client = asked(address).await;
    until(async || is_full(&handler)).await;
    drop(client);
    until(async || !is_full(&handler)).await;
    drop(gate);
    assert_eq!(status_of(&mut asked(address).await).await, "HTTP/1.1 200");
}

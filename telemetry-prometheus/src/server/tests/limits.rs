use std::sync::{Mutex, mpsc};
use std::time::{Duration, Instant};

use prometheus::{IntGauge, Opts, Registry};
use telemetry_core::opentelemetry::metrics::{AsyncInstrument, MeterProvider};
use telemetry_core::opentelemetry_sdk::metrics::SdkMeterProvider;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::timeout;

use super::super::MetricsServer;
use super::super::connections::Limits;
use super::super::listen::Listeners;
use crate::exporter::PrometheusExporter;
use crate::handler::PrometheusMetricsHandler;

/// Short enough to wait for it in a test.
const SHORT: Duration = Duration::from_millis(100);
/// Reached only in a test that fails.
const PATIENCE: Duration = Duration::from_secs(20);

const LANDING: &[u8] = b"GET / HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n";
const SCRAPE: &[u8] = b"GET /metrics HTTP/1.1\r\nhost: test\r\n\r\n";

fn exporter() -> (PrometheusExporter, SdkMeterProvider) {
    let exporter = PrometheusExporter::new();
    let provider = SdkMeterProvider::builder().with_reader(exporter.clone()).build();
    (exporter, provider)
}

async fn serve(handler: PrometheusMetricsHandler, limits: Limits) -> MetricsServer {
    let listeners = Listeners::bind(&[([127, 0, 0, 1], 0).into()]).await.unwrap();
    MetricsServer::start(handler, listeners, limits)
}

async fn serve_pages(limits: Limits) -> MetricsServer {
    serve(PrometheusMetricsHandler::new(PrometheusExporter::new()), limits).await
}

async fn connect(server: &MetricsServer, request: &[u8]) -> TcpStream {
    let mut client = TcpStream::connect(server.local_addr()).await.unwrap();
    client.write_all(request).await.unwrap();
    client
}

/// All that the server says until it closes the connection.
async fn rest(client: &mut TcpStream) -> String {
    let mut text = Vec::new();
    // A connection that is cut off instead of closed is as good.
    let _ = timeout(PATIENCE, client.read_to_end(&mut text)).await.expect("the connection is not closed");
    String::from_utf8(text).unwrap()
}

#[tokio::test]
async fn clients_that_are_slow_or_silent_are_cut_off() {
    let server = serve_pages(Limits { request: SHORT, ..Limits::default() }).await;
    let mut silent = connect(&server, b"").await;
    let mut slow = connect(&server, b"GET / HTTP/1.1\r\nhost: te").await;
    let mut idle = connect(&server, b"GET /nothing HTTP/1.1\r\nhost: test\r\n\r\n").await;
    assert_eq!(rest(&mut silent).await, "");
    assert_eq!(rest(&mut slow).await, "");
    assert!(rest(&mut idle).await.starts_with("HTTP/1.1 404 "));
}

/// A byte now and then gains no time.
#[tokio::test]
async fn a_client_that_trickles_is_cut_off() {
    let server = serve_pages(Limits { request: SHORT, ..Limits::default() }).await;
    let (mut reader, mut writer) = connect(&server, b"GET / HTTP/1.1\r\n").await.into_split();
    let trickle = async {
        while writer.write_all(b"a: b\r\n").await.is_ok() {
            tokio::time::sleep(SHORT / 20).await;
        }
    };
    let start = Instant::now();
    let mut text = Vec::new();
    let end = async { drop(reader.read_to_end(&mut text).await) };
    timeout(PATIENCE, async { tokio::join!(trickle, end) }).await.expect("the connection is not closed");
    assert!(start.elapsed() >= SHORT);
}

#[tokio::test]
async fn a_head_that_is_too_long_is_refused() {
    let server = serve_pages(Limits::default()).await;
    // Not a byte more than the limit, so that the server has read everything when it closes the connection.
    let mut head = b"GET / HTTP/1.1\r\na: ".to_vec();
    head.resize(Limits::default().head, b'b');
    let mut client = connect(&server, &head).await;
    assert!(rest(&mut client).await.starts_with("HTTP/1.1 431 "));
}

/// With one place for connections, the next one is served when the one before is gone.
#[tokio::test]
async fn too_many_connections_wait_for_their_turn() {
    let server = serve_pages(Limits { connections: 1, ..Limits::default() }).await;
    let mut first = connect(&server, b"GET /").await;
    let mut second = connect(&server, LANDING).await;
    let waits = timeout(SHORT, second.read_u8()).await;
    assert!(waits.is_err(), "there is no place for it: {waits:?}");

    first.write_all(&LANDING[b"GET /".len()..]).await.unwrap();
    assert!(rest(&mut first).await.starts_with("HTTP/1.1 200 "));
    assert!(rest(&mut second).await.starts_with("HTTP/1.1 200 "));
}

/// More than the operating system keeps for a client that does not read and has a small buffer.
const LARGE: usize = 12 << 20;

fn large() -> (PrometheusMetricsHandler, SdkMeterProvider) {
    let registry = Registry::new();
    let gauge = IntGauge::with_opts(Opts::new("large", "x".repeat(LARGE))).unwrap();
    registry.register(Box::new(gauge)).unwrap();
    let (exporter, provider) = exporter();
    (PrometheusMetricsHandler::new(exporter).with_registry(registry), provider)
}

#[tokio::test]
async fn a_client_that_does_not_take_its_response_is_cut_off() {
    let (handler, _provider) = large();
    let server = serve(handler, Limits { connections: 1, response: SHORT, ..Limits::default() }).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut greedy = socket.connect(server.local_addr()).await.unwrap();
    greedy.write_all(SCRAPE).await.unwrap();
    // The only place is free again when the first client is gone.
    let mut next = connect(&server, LANDING).await;
    assert!(rest(&mut next).await.starts_with("HTTP/1.1 200 "));
    let response = rest(&mut greedy).await;
    assert!(response.starts_with("HTTP/1.1 200 "));
    assert!(response.len() < LARGE, "{}", response.len());
}

#[tokio::test]
async fn a_client_that_reads_gets_everything() {
    let (handler, _provider) = large();
    let server = serve(handler, Limits::default()).await;
    let mut client = connect(&server, b"GET /metrics HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n").await;
    assert!(rest(&mut client).await.len() > LARGE);
}

#[tokio::test]
async fn px158_the_drain_has_an_end() {
    let (exporter, provider) = exporter();
    let (entered, mut has_entered) = unbounded_channel();
    let (_release, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let callback = move |_: &dyn AsyncInstrument<u64>| {
        let _ = entered.send(());
        let _ = wait.lock().unwrap().recv();
    };
    provider.meter("m").u64_observable_gauge("g").with_callback(callback).build();

    let server = serve(PrometheusMetricsHandler::new(exporter), Limits { drain: SHORT, ..Limits::default() }).await;
    let mut client = connect(&server, SCRAPE).await;
    has_entered.recv().await.unwrap();
    timeout(PATIENCE, server.shutdown()).await.expect("the shutdown does not end");
    assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), 0);
    assert_eq!(rest(&mut client).await, "");
}

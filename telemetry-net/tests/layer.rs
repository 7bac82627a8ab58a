//! The layer around tower services and hyper.
#![allow(clippy::expect_used, clippy::unwrap_used)] // Helpers of tests may fail them.

mod common;

use std::future::{Ready, ready};
use std::io;
use std::task::{Context, Poll};

use bytes::Bytes;
use common::{ACTIVE, DURATION, Metered};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::testing::{InMemoryMetrics, ScriptedStream, poll_once};
use telemetry_core::{ConnectionInfo, Transport};
use telemetry_net::{MeteredStream, NetworkMetricsLayer, NetworkMetricsService};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::net::TcpStream;
use tower::{Layer, Service, ServiceExt, service_fn};

fn is_send_sync_clone<T: Send + Sync + Clone + 'static>() {}
fn is_send_sync_unpin<T: Send + Sync + Unpin + 'static>() {}

#[test]
fn types_go_where_services_and_streams_go() {
    is_send_sync_clone::<NetworkMetricsLayer>();
    is_send_sync_clone::<NetworkMetricsService<fn()>>();
    is_send_sync_unpin::<MeteredStream<TcpStream>>();
    is_send_sync_unpin::<MeteredStream<DuplexStream>>();
}

#[tokio::test(flavor = "current_thread")]
async fn a_service_gets_metered_streams() {
    let metered = Metered::new();
    let mut service = metered.layer.layer(service_fn(async |mut stream: MeteredStream<DuplexStream>| {
        assert_eq!(stream.connection_info().transport(), Transport::Pipe);
        stream.write_all(b"hello").await?;
        io::Result::Ok("served")
    }));
    assert!(metered.metrics.snapshot().names().is_empty());

    let (stream, _client) = tokio::io::duplex(8);
    let mut serving = Box::pin(service.ready().await.unwrap().call(stream));
    assert_eq!(metered.active(), 1.0); // not polled yet, but open
    assert!(matches!(poll_once(serving.as_mut()), Poll::Ready(Ok("served"))));
    drop(serving);
    metered.assert_closed("served", [0, 5], None);
}

#[tokio::test(flavor = "current_thread")]
async fn nt_68_a_future_that_is_never_polled_ends_the_connection() {
    let metered = Metered::new();
    let service = metered.layer.layer(service_fn(async |_: MeteredStream<ScriptedStream>| io::Result::Ok(())));
    drop(service.oneshot(ScriptedStream::new()));
    assert!(metered.metrics.snapshot().names().is_empty());

    let mut service = metered.layer.layer(service_fn(async |_: MeteredStream<ScriptedStream>| io::Result::Ok(())));
    drop(service.call(ScriptedStream::new()));
    metered.assert_closed("dropped unpolled", [0, 0], None);
}

/// A service that is ready the second time it is asked, and whose future and error are its own types.
#[derive(Debug, Default)]
struct Moody {
    asked: usize,
    streams: Vec<MeteredStream<ScriptedStream>>,
}

#[derive(Debug, PartialEq)]
struct Fed(usize);

impl Service<MeteredStream<ScriptedStream>> for Moody {
    type Response = usize;
    type Error = Fed;
    type Future = Ready<Result<usize, Fed>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Fed>> {
        self.asked += 1;
        match self.asked {
            1 => Poll::Pending,
            2 => Poll::Ready(Ok(())),
            asked => Poll::Ready(Err(Fed(asked))),
        }
    }

    fn call(&mut self, stream: MeteredStream<ScriptedStream>) -> Self::Future {
        self.streams.push(stream);
        ready(Ok(self.streams.len()))
    }
}

#[tokio::test(flavor = "current_thread")]
async fn readiness_error_and_future_are_the_inner_services() {
    let metered = Metered::new();
    let mut service = metered.layer.layer(Moody::default());
    assert!(poll_once(std::pin::pin!(service.ready())).is_pending());
    assert!(poll_once(std::pin::pin!(service.ready())).is_ready());
    let future: Ready<Result<usize, Fed>> = service.call(ScriptedStream::new());
    assert_eq!(future.await, Ok(1));
    // The stream lives in the service, and so does the connection.
    assert_eq!(metered.active(), 1.0);
    assert_eq!(service.ready().await.unwrap_err(), Fed(3));
    drop(service);
    metered.assert_closed("kept in the service", [0, 0], None);
}

#[tokio::test(flavor = "current_thread")]
async fn options_that_are_set_late_are_not_lost() {
    let metrics = InMemoryMetrics::new();
    let layer = NetworkMetricsLayer::with_meter(metrics.meter("test"));
    drop(layer.meter(ScriptedStream::new()));
    let changed = layer.clone().with_attributes([KeyValue::new("lane", "fast")]).with_transport(Transport::Quic);
    drop(changed.meter(ScriptedStream::new()));
    drop(layer.meter(ScriptedStream::new()));

    let snapshot = metrics.snapshot();
    assert_eq!(snapshot.count(DURATION, &[("network.transport", "tcp")]), 2);
    assert_eq!(snapshot.count(DURATION, &[("network.transport", "quic"), ("lane", "fast")]), 1);
    assert_eq!(snapshot.points(ACTIVE).len(), 2);
}

async fn hello(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let body = request.into_body().collect().await?.to_bytes();
    Ok(Response::new(Full::new([b"hello ", &body[..]].concat().into())))
}

#[tokio::test(flavor = "current_thread")]
async fn nt_69_hyper_serves_http1_over_a_metered_stream() {
    let metered = Metered::new();
    let service = metered.layer.layer(service_fn(|stream: MeteredStream<DuplexStream>| {
        hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(stream), hyper::service::service_fn(hello))
    }));
    let (server, mut client) = tokio::io::duplex(4096);
    let request = b"POST / HTTP/1.1\r\nhost: shop\r\nconnection: close\r\ncontent-length: 4\r\n\r\nbyte";
    let ask = async {
        client.write_all(request).await.unwrap();
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).await.unwrap();
        answer
    };
    let (served, answer) = tokio::join!(service.oneshot(server), ask);
    served.unwrap();
    assert!(answer.ends_with(b"\r\n\r\nhello byte"), "{}", answer.escape_ascii());
    metered.assert_closed("http/1.1", [request.len() as u64, answer.len() as u64], None);
}

#[tokio::test(flavor = "current_thread")]
async fn nt_71_a_connection_that_hyper_keeps_alive_is_exact_between_requests() {
    let metered = Metered::new();
    let (server, mut client) = tokio::io::duplex(4096);
    let stream = TokioIo::new(metered.layer.meter(server));
    let serving =
        hyper::server::conn::http1::Builder::new().serve_connection(stream, hyper::service::service_fn(hello));
    let serving = tokio::spawn(serving);
    let request = b"GET / HTTP/1.1\r\nhost: shop\r\n\r\n";
    let mut seen = [0.0, 0.0];
    for _ in 0..2 {
        client.write_all(request).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"hello ") {
            client.read_buf(&mut answer).await.unwrap();
        }
        tokio::task::yield_now().await; // hyper goes back to waiting
        seen = [seen[0] + request.len() as f64, seen[1] + answer.len() as f64];
        assert_eq!(metered.bytes(), seen);
        assert_eq!(metered.active(), 1.0);
    }
    drop(client);
    serving.await.unwrap().unwrap();
    metered.assert_closed("kept alive", seen.map(|bytes| bytes as u64), None);
}

#[tokio::test(flavor = "current_thread")]
async fn nt_69_hyper_serves_h2c_over_a_metered_stream() {
    // The client's end is metered by a layer of its own: what one end sent the other one received.
    let (at_server, at_client) = (Metered::new(), Metered::new());
    let (server, client) = tokio::io::duplex(4096);
    let server = at_server.layer.meter(server);
    let info: ConnectionInfo = server.connection_info().clone();
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(info.clone());
        hello(request)
    });
    let serving = tokio::spawn(
        hyper::server::conn::http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(server), service),
    );
    let client = TokioIo::new(at_client.layer.meter(client));
    let (mut send, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), client).await.unwrap();
    let connection = tokio::spawn(connection);

    for _ in 0..3 {
        let body = Full::new(Bytes::from(vec![b'x'; 100_000]));
        let request = Request::post("http://shop/").body(body).unwrap();
        let response = send.send_request(request).await.unwrap();
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes().len(), 100_006);
    }
    assert_eq!(at_server.active(), 1.0);
    drop(send);
    connection.await.unwrap().unwrap();
    serving.await.unwrap().unwrap();

    let [received, transmitted] = at_client.bytes().map(|bytes| bytes as u64);
    assert!(received > 300_000 && transmitted > 300_000, "{received} {transmitted}");
    at_client.assert_closed("client", [received, transmitted], None);
    at_server.assert_closed("server", [transmitted, received], None);
}

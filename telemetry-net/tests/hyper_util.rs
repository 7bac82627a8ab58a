//! The layer around hyper-util's connector, with its client and a real server.
#![cfg(feature = "hyper-util")]
#![allow(clippy::expect_used, clippy::unwrap_used)] // Helpers of tests may fail them.

use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Full};
use hyper::{Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use telemetry_core::testing::InMemoryMetrics;
use telemetry_core::{ConnectionInfo, MeterOptions};
use telemetry_net::{ClientNetworkMetricsLayer, ConnectionHandle, NetworkMetricsLayer};
use tokio::net::TcpListener;
use tower::Layer;

#[tokio::test(flavor = "current_thread")]
async fn nt_69_both_ends_of_a_pooled_connection_count_the_same() {
    let metrics = InMemoryMetrics::new();
    let options = || MeterOptions::default().with_meter_provider(metrics.provider());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = NetworkMetricsLayer::custom(options());
    tokio::spawn(async move {
        loop {
            let stream = TokioIo::new(server.meter(listener.accept().await.unwrap().0));
            let service = hyper::service::service_fn(async |_| {
                Ok::<_, std::io::Error>(Response::new(Full::new(Bytes::from_static(b"hello"))))
            });
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(stream, service));
        }
    });

    let connector = ClientNetworkMetricsLayer::custom(options()).layer(HttpConnector::new());
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build(connector);
    for _ in 0..3 {
        let response = client.get(format!("http://localhost:{port}/").parse().unwrap()).await.unwrap();
        let info = response.extensions().get::<ConnectionInfo>().unwrap().clone();
        assert_eq!(info.peer().unwrap().ip().unwrap().to_string(), "127.0.0.1");
        assert!(response.extensions().get::<ConnectionHandle>().unwrap().transmitted() > 0);
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "hello");
    }
    let snapshot = metrics.snapshot();
    let named = [("server.address", "localhost"), ("server.port", &*port.to_string())];
    assert_eq!(snapshot.count("transport.client.connect.duration", &named), 1);
    assert_eq!(snapshot.sum("transport.client.active_connections", &named), 1.0);
    let io =
        |side: &str, direction| snapshot.sum(&format!("transport.{side}.io"), &[("network.io.direction", direction)]);
    assert!(io("client", "transmit") > 0.0 && io("client", "receive") > 0.0);
    assert_eq!(io("client", "transmit"), io("server", "receive"));
    assert_eq!(io("client", "receive"), io("server", "transmit"));

    drop(client);
    while metrics.snapshot().sum("transport.server.active_connections", &[]) > 0.0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(metrics.snapshot().sum("transport.client.active_connections", &[]), 0.0);
}

#[tokio::test(flavor = "current_thread")]
async fn nt_14_failures_of_the_connector_are_told_apart() {
    let metrics = InMemoryMetrics::new();
    let options = MeterOptions::default().with_meter_provider(metrics.provider());
    let connector = ClientNetworkMetricsLayer::custom(options).layer(HttpConnector::new());
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build(connector);
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let rows = [
        (format!("http://{closed}/"), "connection_refused"),
        ("http://no-such-host.invalid/".to_owned(), "dns_error"),
        ("https://127.0.0.1/".to_owned(), "connect_error"), // a scheme that this connector refuses
    ];
    for (uri, error) in rows {
        client.request(Request::get(&uri).body(Empty::new()).unwrap()).await.unwrap_err();
        let counted = metrics.snapshot().count("transport.client.connect.duration", &[("error.type", error)]);
        assert_eq!(counted, 1, "{uri}: {:#?}", metrics.snapshot());
    }
}

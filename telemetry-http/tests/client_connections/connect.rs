//! Connects that fail or are given up, and the layer's options.

use std::future::{Ready, pending};
use std::pin::pin;
use std::sync::Mutex;

use telemetry_core::opentelemetry::metrics::{Meter, MeterProvider};
use telemetry_core::opentelemetry::{InstrumentationScope, KeyValue};
use telemetry_core::testing::poll_once;
use tower::Service;

use super::*;

/// Connects to a server, does nothing with the connection, and drops it.
async fn connect_and_drop(layer: &ClientConnectionLayer, uri: &Uri) {
    drop(layer.layer(HttpConnector::new()).call(uri.clone()).await.unwrap());
}

#[tokio::test]
async fn hc_13_a_refused_connect_is_not_recorded() {
    let metrics = InMemoryMetrics::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri: Uri = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    drop(listener);
    let error = client(&metrics).get(uri).await.unwrap_err();
    assert!(error.is_connect());
    assert_eq!(metrics.snapshot().names(), [""; 0]);
}

#[tokio::test]
async fn hc_13_a_connect_that_is_given_up_is_not_recorded() {
    let metrics = InMemoryMetrics::new();
    let never = tower::service_fn(|_: Uri| pending::<Result<TokioIo<tokio::net::TcpStream>, Infallible>>());
    let mut connector = layer(&metrics).layer(never);
    let uri = Uri::from_static("http://shop.example/");
    drop(connector.call(uri.clone()));
    assert!(poll_once(pin!(connector.call(uri))).is_pending());
    assert_eq!(metrics.snapshot().names(), [""; 0]);
}

#[tokio::test]
async fn hc_05_hc_06_a_connection_that_is_never_used() {
    let (metrics, server) = (InMemoryMetrics::new(), Server::start().await);
    let mut connector = layer(&metrics).layer(HttpConnector::new());
    let stream = connector.call(server.uri()).await.unwrap();
    assert_eq!(states(&metrics.snapshot()), (0.0, 1.0));
    drop(stream);
    all_closed(&metrics, 1).await;
}

#[tokio::test]
async fn hc_12_hc_13_peer_address_and_scheme_are_opt_in() {
    let server = Server::start().await;
    let (peer, scheme) = (("network.peer.address", "127.0.0.1"), ("url.scheme", "http"));
    let plain: fn(ClientConnectionLayer) -> ClientConnectionLayer = |layer| layer;
    let rows: [(fn(_) -> _, u64, u64); 4] = [
        (plain, 0, 0),
        (|layer| layer.with_peer_address(), 1, 0),
        (|layer| layer.with_scheme(), 0, 1),
        (|layer| layer.with_scheme().with_peer_address(), 1, 1),
    ];
    for (options, peers, schemes) in rows {
        let metrics = InMemoryMetrics::new();
        let layer = options(layer(&metrics));
        let mut connector = layer.layer(HttpConnector::new());
        let stream = connector.call(server.uri()).await.unwrap();
        assert_eq!(metrics.snapshot().sum(OPEN, &[peer]), peers as f64);
        assert_eq!(metrics.snapshot().sum(OPEN, &[scheme]), schemes as f64);
        drop(stream);
        let snapshot = all_closed(&metrics, 1).await;
        assert_eq!((snapshot.count(DURATION, &[peer]), snapshot.count(DURATION, &[scheme])), (peers, schemes));
    }
}

#[tokio::test]
async fn options_of_the_meter_are_obeyed() {
    let (metrics, server) = (InMemoryMetrics::new(), Server::start().await);
    let options = MeterOptions::default()
        .with_meter_provider(metrics.provider())
        .with_metric_prefix("shop")
        .with_attributes([KeyValue::new("shop.region", "eu")]);
    connect_and_drop(&ClientConnectionLayer::custom(options), &server.uri()).await;
    let snapshot = metrics.snapshot();
    assert_eq!(snapshot.names(), ["shop.http.client.connection.duration", "shop.http.client.open_connections"]);
    assert_eq!(snapshot.count("shop.http.client.connection.duration", &[("shop.region", "eu")]), 1);

    let metrics = InMemoryMetrics::new();
    connect_and_drop(&ClientConnectionLayer::with_meter(metrics.meter("mine")), &server.uri()).await;
    all_closed(&metrics, 1).await;
}

#[tokio::test]
async fn each_metric_can_be_left_out() {
    let server = Server::start().await;
    let metrics = InMemoryMetrics::new();
    connect_and_drop(&layer(&metrics).without_open_connections(), &server.uri()).await;
    assert_eq!(metrics.snapshot().names(), [DURATION]);
    let metrics = InMemoryMetrics::new();
    connect_and_drop(&layer(&metrics).without_connection_duration(), &server.uri()).await;
    assert_eq!(metrics.snapshot().names(), [OPEN]);
}

/// Notes which scopes are asked for.
#[derive(Clone)]
struct Asked {
    provider: Arc<dyn MeterProvider + Send + Sync>,
    scopes: Arc<Mutex<Vec<InstrumentationScope>>>,
}

impl MeterProvider for Asked {
    fn meter_with_scope(&self, scope: InstrumentationScope) -> Meter {
        self.scopes.lock().unwrap().push(scope.clone());
        self.provider.meter_with_scope(scope)
    }
}

#[tokio::test]
async fn instruments_are_made_once_when_the_first_connection_is_there() {
    let (metrics, server) = (InMemoryMetrics::new(), Server::start().await);
    let asked = Asked { provider: Arc::new(metrics.provider()), scopes: Arc::default() };
    let names = || asked.scopes.lock().unwrap().iter().map(|scope| scope.name().to_owned()).collect::<Vec<_>>();
    let layer = ClientConnectionLayer::custom(MeterOptions::default().with_meter_provider(asked.clone()));
    let refuses = tower::service_fn(|_: Uri| -> Ready<Result<TokioIo<tokio::net::TcpStream>, ()>> {
        std::future::ready(Err(()))
    });
    assert!(layer.layer(refuses).call(server.uri()).await.is_err());
    assert_eq!(names(), [""; 0]);
    for _ in 0..2 {
        connect_and_drop(&layer, &server.uri()).await;
        assert_eq!(names(), ["telemetry-http"]);
    }
    all_closed(&metrics, 2).await;
}

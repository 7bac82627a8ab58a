//! Connections that are dialled: attempts, their ends, and what the connections count.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // Helpers of tests may fail them.

use std::io;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::semconv::metric::REQUEST_SECONDS;
use telemetry_core::testing::{InMemoryMetrics, Value, poll_once};
use telemetry_core::{AttributesFactory, MeterOptions};
use telemetry_net::{ClientNetworkMetricsLayer, MeteredStream, ServerAddress};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::net::{TcpListener, TcpStream};
use tower::{Layer, Service, ServiceExt, service_fn};

const CONNECTS: &str = "transport.client.connect.duration";
const ACTIVE: &str = "transport.client.active_connections";
const DURATION: &str = "transport.client.connection.duration";
const IO: &str = "transport.client.io";

const DB: [(&str, &str); 2] = [("server.address", "db.example.com"), ("server.port", "5432")];

fn metered() -> (InMemoryMetrics, ClientNetworkMetricsLayer) {
    let metrics = InMemoryMetrics::new();
    let layer = ClientNetworkMetricsLayer::custom(MeterOptions::default().with_meter_provider(metrics.provider()));
    (metrics, layer)
}

/// The attributes of the only point of a metric.
#[track_caller]
fn attributes(metrics: &InMemoryMetrics, metric: &str) -> Vec<String> {
    let snapshot = metrics.snapshot();
    let [point] = snapshot.points(metric)[..] else { panic!("{metric}: {snapshot:#?}") };
    point.attributes.iter().map(|(name, value)| format!("{name}={value}")).collect()
}

#[tokio::test(flavor = "current_thread")]
async fn nt_06_nt_63_a_connection_carries_the_name_that_was_dialled() {
    let (metrics, layer) = metered();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut stream = layer.connect(("DB.example.com", 5432), TcpStream::connect(address)).await.unwrap();
    let (mut peer, _) = listener.accept().await.unwrap();
    assert_eq!(metrics.snapshot().sum(ACTIVE, &DB), 1.0);

    stream.write_all(b"hello").await.unwrap();
    stream.shutdown().await.unwrap();
    let mut text = String::new();
    peer.read_to_string(&mut text).await.unwrap();
    peer.write_all(b"bye").await.unwrap();
    drop(peer);
    assert_eq!(stream.read_to_end(&mut Vec::new()).await.unwrap(), 3);
    drop(stream);

    let base = ["network.transport=tcp", "network.type=ipv4", "server.address=db.example.com", "server.port=5432"];
    assert_eq!(attributes(&metrics, CONNECTS), base);
    assert_eq!(attributes(&metrics, ACTIVE), base);
    assert_eq!(attributes(&metrics, DURATION), [&base[..], &["transport.close.reason=local"]].concat());
    let snapshot = metrics.snapshot();
    assert_eq!(snapshot.sum(ACTIVE, &DB), 0.0);
    assert_eq!(snapshot.sum(IO, &[("network.io.direction", "transmit"), DB[0]]), 5.0);
    assert_eq!(snapshot.sum(IO, &[("network.io.direction", "receive"), DB[0]]), 3.0);
    assert!(snapshot.names().iter().all(|name| name.starts_with("transport.client.")), "{:?}", snapshot.names());
}

/// NT-63, NT-68: an attempt is one value, whatever its end, and only a success is a connection.
#[tokio::test(flavor = "current_thread")]
async fn nt_68_every_attempt_counts_once() {
    type Dialled = io::Result<DuplexStream>;
    let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
    for (error, connection) in [(None, 1), (Some("connection_refused"), 0), (Some("cancelled"), 0), (Some("panic"), 0)]
    {
        let (metrics, layer) = metered();
        match error {
            None => drop(layer.connect(("db.example.com", 5432), async { Dialled::Ok(duplex(1).0) }).await),
            Some("connection_refused") => {
                let failed = layer.connect(("db.example.com", 5432), async { Dialled::Err(refused()) }).await;
                assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
            }
            Some("cancelled") => {
                let connect = layer.connect(("db.example.com", 5432), std::future::pending::<Dialled>());
                assert!(poll_once(pin!(connect)).is_pending());
            }
            _ => {
                let connect = layer.connect(("db.example.com", 5432), async { panic!("on purpose") as Dialled });
                catch_unwind(AssertUnwindSafe(|| poll_once(pin!(connect)).is_ready())).unwrap_err();
            }
        }
        let snapshot = metrics.snapshot();
        assert_eq!(snapshot.count(CONNECTS, &DB), 1, "{error:?}");
        assert_eq!(snapshot.count(DURATION, &DB), connection, "{error:?}");
        let [point] = snapshot.points(CONNECTS)[..] else { panic!("{snapshot:#?}") };
        assert_eq!(point.attributes.get("error.type").map(String::as_str), error);
        // A server that was never reached has no connections, not even zero.
        assert_eq!(snapshot.points(ACTIVE).len() as u64, connection, "{error:?}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_connect_that_never_began_is_none() {
    let (metrics, layer) = metered();
    drop(layer.connect(("db.example.com", 5432), TcpStream::connect("127.0.0.1:1")));
    assert!(metrics.snapshot().names().is_empty());
}

#[tokio::test(flavor = "current_thread")]
async fn nt_06_nt_74_servers_by_address_and_by_path() {
    let (metrics, layer) = metered();
    let mapped: SocketAddr = "[::ffff:192.0.2.7]:443".parse().unwrap();
    drop(layer.meter(mapped, duplex(1).0));
    let expected = ["network.transport=pipe", "server.address=192.0.2.7", "server.port=443"];
    assert_eq!(attributes(&metrics, ACTIVE), expected);
    assert_eq!(metrics.snapshot().count(CONNECTS, &[]), 0);

    let (metrics, layer) = metered();
    drop(layer.meter(Path::new("/run/db.sock"), duplex(1).0));
    assert_eq!(attributes(&metrics, ACTIVE), ["network.transport=pipe", "server.address=/run/db.sock"]);
    assert_eq!(ServerAddress::new("[::1]", 1).address(), "::1");
}

/// A dial that fails is one to a Unix socket too: its server is a path.
#[tokio::test(flavor = "current_thread")]
async fn nt_74_a_path_that_nobody_listens_at_is_no_tcp() {
    let (metrics, layer) = metered();
    let gone = async { io::Result::<DuplexStream>::Err(io::ErrorKind::NotFound.into()) };
    layer.connect(Path::new("/run/db.sock"), gone).await.unwrap_err();
    assert_eq!(
        attributes(&metrics, CONNECTS),
        ["error.type=io_error", "network.transport=unix", "server.address=/run/db.sock"]
    );
}

#[tokio::test(flavor = "current_thread")]
async fn the_callers_function_is_asked_once_for_each_connection() {
    let (metrics, layer) = metered();
    let calls = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&calls);
    let layer = layer.with_attributes(AttributesFactory::from_fn(move |_| {
        vec![KeyValue::new("call", i64::from(seen.fetch_add(1, Ordering::Relaxed)))]
    }));
    drop(layer.connect(("a", 1), async { io::Result::Ok(duplex(1).0) }).await.unwrap());
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    for metric in [CONNECTS, ACTIVE, DURATION] {
        assert!(attributes(&metrics, metric).contains(&"call=0".to_owned()), "{metric}");
    }
}

/// A second panic on the way would end the process.
#[tokio::test(flavor = "current_thread")]
async fn nt_68_a_function_that_panics_ends_the_attempt_and_nothing_else() {
    let (metrics, layer) = metered();
    let layer = layer.with_attributes(AttributesFactory::from_fn(|_| panic!("on purpose")));
    let connect = layer.connect(("a", 1), async { io::Result::Ok(duplex(1).0) });
    catch_unwind(AssertUnwindSafe(|| poll_once(pin!(connect)).is_ready())).unwrap_err();
    let connect = layer.connect(("a", 1), async { panic!("on purpose") as io::Result<DuplexStream> });
    catch_unwind(AssertUnwindSafe(|| poll_once(pin!(connect)).is_ready())).unwrap_err();
    let snapshot = metrics.snapshot();
    assert_eq!(snapshot.count(CONNECTS, &[("server.address", "a"), ("error.type", "panic")]), 2);
    assert!(snapshot.points(ACTIVE).is_empty());
}

#[tokio::test(flavor = "current_thread")]
async fn nt_65_connects_have_the_bounds_of_handshakes() {
    let (metrics, layer) = metered();
    drop(layer.connect(("a", 1), async { io::Result::Ok(duplex(1).0) }).await);
    let snapshot = metrics.snapshot();
    let [point] = snapshot.points(CONNECTS)[..] else { panic!("{snapshot:#?}") };
    assert_eq!(point.unit, "s");
    assert!(matches!(&point.value, Value::Histogram { bounds, .. } if bounds == REQUEST_SECONDS));
}

#[tokio::test(flavor = "current_thread")]
async fn what_is_past_the_limit_is_counted_together() {
    let (metrics, layer) = metered();
    let layer = layer.with_series_limit(2);
    let (mut open, _peers): (Vec<_>, Vec<_>) = (0..10)
        .map(|port| {
            let (near, far) = duplex(64);
            (layer.meter(("db", port), near), far)
        })
        .unzip();
    for stream in &mut open {
        stream.write_all(b"12345").await.unwrap();
    }
    let over = [("otel.metric.overflow", "true")];
    let snapshot = metrics.snapshot();
    assert_eq!((snapshot.sum(ACTIVE, &[]), snapshot.sum(ACTIVE, &over)), (10.0, 8.0));
    assert_eq!((snapshot.sum(IO, &[]), snapshot.sum(IO, &over)), (50.0, 40.0));
    drop(open);
    let snapshot = metrics.snapshot();
    assert_eq!((snapshot.sum(ACTIVE, &[]), snapshot.count(DURATION, &[])), (0.0, 10));
    assert!(snapshot.points(DURATION).len() <= 3);
}

#[tokio::test(flavor = "current_thread")]
async fn the_layer_meters_what_a_connector_gives() {
    let (metrics, layer) = metered();
    let (near, _far) = duplex(64);
    let near = std::cell::RefCell::new(Some(near));
    let connector = service_fn(async |_: http::Uri| near.take().ok_or(io::Error::from(io::ErrorKind::HostUnreachable)));
    let mut connector = layer.layer(connector);
    let uri = |text: &str| text.parse::<http::Uri>().unwrap();
    let mut stream: MeteredStream<DuplexStream> =
        connector.ready().await.unwrap().call(uri("http://db.example.com:5432/")).await.unwrap();
    stream.write_all(b"hello").await.unwrap();
    assert_eq!(metrics.snapshot().count(CONNECTS, &DB), 1);
    assert_eq!(metrics.snapshot().sum(IO, &DB), 5.0);

    let error = connector.ready().await.unwrap().call(uri("https://[2001:db8::1]/")).await.unwrap_err();
    assert_eq!(error.downcast_ref::<io::Error>().unwrap().kind(), io::ErrorKind::HostUnreachable);
    let failed = [("server.address", "2001:db8::1"), ("server.port", "443"), ("error.type", "host_unreachable")];
    assert_eq!(metrics.snapshot().count(CONNECTS, &failed), 1);

    drop(connector.call(uri("http://db.example.com:5432/")));
    assert_eq!(metrics.snapshot().count(CONNECTS, &[("error.type", "cancelled")]), 1);
}

//! Which attributes the metrics have, and which they cannot have.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // Helpers of tests may fail them.

mod common;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;

use common::{ACTIVE, DURATION, IO, Metered};
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::semconv::metric::CONNECTION_SECONDS;
use telemetry_core::testing::{InMemoryMetrics, ScriptedStream, Snapshot, Value};
use telemetry_core::{AttributesFactory, ConnectionInfo, MeterOptions, Transport};
use telemetry_net::{MeteredStream, NetworkMetricsLayer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// Writes a byte and ends the connection, so that all three metrics have a point.
async fn use_and_end<S: AsyncRead + AsyncWrite + Unpin>(mut stream: MeteredStream<S>) {
    stream.write_all(b"x").await.unwrap();
}

/// Asserts that all three metrics have one point with these attributes and nothing else but the direction and the reason.
#[track_caller]
fn assert_attributes(snapshot: &Snapshot, expected: &[(&str, &str)]) {
    let expected: BTreeMap<_, _> = expected.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    for metric in [ACTIVE, DURATION, IO] {
        let [point] = snapshot.points(metric)[..] else { panic!("{metric}: {snapshot:#?}") };
        let mut expected = expected.clone();
        if metric == IO {
            expected.insert("network.io.direction".into(), "transmit".into());
        }
        if metric == DURATION {
            expected.insert("transport.close.reason".into(), "dropped".into());
        }
        assert_eq!(point.attributes, expected, "{metric}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn nt_02_the_network_type_comes_from_the_peer() {
    let rows = [("192.0.2.7:1", "ipv4"), ("[2001:db8::1]:1", "ipv6"), ("[::ffff:192.0.2.7]:1", "ipv4")];
    for (peer, network_type) in rows {
        let metered = Metered::new();
        let info = ConnectionInfo::new(Transport::Tcp).with_peer(address(peer));
        let stream = metered.layer.meter_with_info(ScriptedStream::new(), info.clone());
        assert_eq!(stream.connection_info(), info);
        use_and_end(stream).await;
        assert_attributes(&metered.metrics.snapshot(), &[("network.transport", "tcp"), ("network.type", network_type)]);
    }
}

#[tokio::test(flavor = "current_thread")]
async fn nt_77_a_tcp_stream_tells_its_addresses() {
    let metered = Metered::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap());
    let (accepted, client) = tokio::join!(listener.accept(), client);
    let stream = metered.layer.meter(accepted.unwrap().0);
    let expected = ConnectionInfo::new(Transport::Tcp)
        .with_peer(client.unwrap().local_addr().unwrap())
        .with_local(listener.local_addr().unwrap());
    assert_eq!(stream.connection_info(), expected);
    use_and_end(stream).await;
    // NT-66: neither an address nor a port is among them.
    assert_attributes(&metered.metrics.snapshot(), &[("network.transport", "tcp"), ("network.type", "ipv4")]);
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "current_thread")]
async fn nt_77_a_peer_that_has_gone_is_no_error_of_the_connection() {
    let metered = Metered::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap());
    let (accepted, client) = tokio::join!(listener.accept(), client);
    let (server, client) = (accepted.unwrap().0, client.unwrap());
    client.set_zero_linger().unwrap();
    drop(client); // resets the connection, and the peer's address is gone with it

    server.peer_addr().unwrap_err();
    let mut stream = metered.layer.meter(server);
    assert_eq!(stream.connection_info().peer(), None);
    assert_eq!(stream.connection_info().network_type(), Some("ipv4"));
    let error = stream.read(&mut [0; 1]).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    drop(stream);
    metered.assert_closed("peer gone", [0, 0], Some("connection_reset"));
}

#[cfg(unix)]
#[tokio::test(flavor = "current_thread")]
async fn nt_74_a_unix_stream_has_no_network_type() {
    let metered = Metered::new();
    let (server, _client) = tokio::net::UnixStream::pair().unwrap();
    let stream = metered.layer.meter(server);
    assert_eq!(stream.connection_info(), ConnectionInfo::new(Transport::Unix));
    use_and_end(stream).await;
    assert_attributes(&metered.metrics.snapshot(), &[("network.transport", "unix")]);
}

#[cfg(unix)]
#[tokio::test(flavor = "current_thread")]
async fn nt_74_a_unix_listener_has_a_path_and_its_client_none() {
    let directory = std::env::temp_dir().join(format!("telemetry-net-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let path = directory.join("test.sock");
    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    let (accepted, client) = tokio::join!(listener.accept(), tokio::net::UnixStream::connect(&path));
    let layer = Metered::new().layer;
    let server = layer.meter(accepted.unwrap().0);
    let client = layer.meter(client.unwrap());
    std::fs::remove_dir_all(&directory).unwrap();

    let unix = ConnectionInfo::new(Transport::Unix);
    assert_eq!(server.connection_info(), unix.clone().with_local(path.as_path()));
    assert_eq!(client.connection_info(), unix.with_peer(path.as_path()));
}

#[tokio::test(flavor = "current_thread")]
async fn nt_01_a_duplex_stream_is_a_pipe_and_other_streams_are_what_the_layer_says() {
    let metered = Metered::new();
    let layer = metered.layer.with_transport(Transport::Quic);
    let (server, _client) = tokio::io::duplex(8);
    use_and_end(layer.meter(server)).await;
    assert_attributes(&metered.metrics.snapshot(), &[("network.transport", "pipe")]);

    let metered = Metered::new();
    use_and_end(metered.layer.meter(ScriptedStream::new())).await;
    assert_attributes(&metered.metrics.snapshot(), &[("network.transport", "tcp")]);

    let metered = Metered::new();
    let layer = metered.layer.with_transport(Transport::Quic);
    use_and_end(layer.meter(ScriptedStream::new())).await;
    assert_attributes(&metered.metrics.snapshot(), &[("network.transport", "quic")]);
}

#[tokio::test(flavor = "current_thread")]
async fn the_callers_attributes_are_on_all_metrics() {
    let options = MeterOptions::default().with_attributes([
        KeyValue::new("zone", "a"),
        KeyValue::new("lane", "fixed"),
        KeyValue::new("attempt", 1),
    ]);
    let metered = Metered::with(options);
    let layer = metered.layer.clone().with_attributes(AttributesFactory::from_fn(|extensions| {
        let peer = extensions.get::<ConnectionInfo>().and_then(|info| info.peer()?.ip());
        let local = peer.is_some_and(|ip| ip.is_loopback());
        vec![KeyValue::new("peer.local", local), KeyValue::new("lane", "own")]
    }));
    let info = ConnectionInfo::new(Transport::Tcp).with_peer(address("127.0.0.1:5"));
    use_and_end(layer.meter_with_info(ScriptedStream::new(), info)).await;
    let expected = [
        ("attempt", "1"),
        ("lane", "own"),
        ("network.transport", "tcp"),
        ("network.type", "ipv4"),
        ("peer.local", "true"),
        ("zone", "a"),
    ];
    assert_attributes(&metered.metrics.snapshot(), &expected);
}

#[tokio::test(flavor = "current_thread")]
async fn names_of_the_layer_win_over_the_callers() {
    let taken = ["error.type", "network.io.direction", "network.transport", "network.type"];
    let options = MeterOptions::default().with_attributes(taken.map(|name| KeyValue::new(name, "fixed")));
    let metered = Metered::with(options);
    let layer = metered.layer.clone().with_attributes(taken.map(|name| KeyValue::new(name, "own")));
    use_and_end(layer.meter(ScriptedStream::new())).await;
    assert_attributes(&metered.metrics.snapshot(), &[("network.transport", "tcp")]);
}

#[tokio::test(flavor = "current_thread")]
async fn an_error_is_on_the_duration_alone_and_the_rest_keeps_its_attributes() {
    let options = MeterOptions::default().with_attributes([KeyValue::new("zone", "a"), KeyValue::new("area", "b")]);
    let metered = Metered::with(options);
    let script = ScriptedStream::new().then_write(1).then_write_error(io::ErrorKind::BrokenPipe);
    let mut stream = metered.layer.meter(script);
    stream.write_all(b"xy").await.unwrap_err();
    drop(stream);
    let snapshot = metered.metrics.snapshot();
    let names = |metric| -> Vec<_> { snapshot.points(metric)[0].attributes.keys().cloned().collect() };
    assert_eq!(names(ACTIVE), ["area", "network.transport", "zone"]);
    assert_eq!(names(DURATION), ["area", "error.type", "network.transport", "transport.close.reason", "zone"]);
    assert_eq!(names(IO), ["area", "network.io.direction", "network.transport", "zone"]);
}

#[tokio::test(flavor = "current_thread")]
async fn nt_61_nt_65_units_bounds_and_prefix() {
    let metered = Metered::with(MeterOptions::default().with_metric_prefix("shop"));
    use_and_end(metered.layer.meter(ScriptedStream::new())).await;
    let snapshot = metered.metrics.snapshot();
    let point = |metric| snapshot.points(metric)[0];
    assert_eq!(
        snapshot.names(),
        [
            "shop.transport.server.active_connections",
            "shop.transport.server.connection.duration",
            "shop.transport.server.io"
        ]
    );
    assert_eq!(point("shop.transport.server.active_connections").unit, "{connection}");
    assert_eq!(point("shop.transport.server.io").unit, "By");
    let duration = point("shop.transport.server.connection.duration");
    assert_eq!(duration.unit, "s");
    assert!(matches!(&duration.value, Value::Histogram { bounds, .. } if bounds == CONNECTION_SECONDS));
}

#[tokio::test(flavor = "current_thread")]
async fn two_layers_on_one_provider_add_up() {
    let metrics = InMemoryMetrics::new();
    let layer = || NetworkMetricsLayer::custom(MeterOptions::default().with_meter_provider(metrics.provider()));
    let (first, second) = (layer(), layer());
    let open = [first.meter(ScriptedStream::new()), second.meter(ScriptedStream::new())];
    assert_eq!(metrics.snapshot().sum(ACTIVE, &[]), 2.0);
    for stream in open {
        use_and_end(stream).await;
    }
    let snapshot = metrics.snapshot();
    assert_eq!(snapshot.points(IO).len(), 1);
    assert_eq!(snapshot.sum(IO, &[]), 2.0);
    assert_eq!(snapshot.count(DURATION, &[]), 2);
    assert_eq!(snapshot.sum(ACTIVE, &[]), 0.0);
}

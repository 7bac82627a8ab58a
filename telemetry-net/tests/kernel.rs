//! What the kernel tells of connections, in the metrics.
#![cfg(all(feature = "tcp-info", any(target_os = "linux", target_os = "android")))]
#![allow(clippy::expect_used, clippy::unwrap_used)] // Helpers of tests may fail them.

mod common;

use std::time::Duration;

use common::Metered;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use telemetry_core::MeterOptions;
use telemetry_core::testing::Value;
use telemetry_net::ClientNetworkMetricsLayer;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::net::{TcpListener, TcpStream};

const RTT: &str = "transport.server.tcp.rtt";
const UNACKED: &str = "transport.server.tcp.unacked";
const RETRANSMITS: &str = "transport.server.tcp.retransmits";

async fn pair(listener: &TcpListener) -> (TcpStream, TcpStream) {
    let address = listener.local_addr().unwrap();
    let (client, server) = tokio::join!(TcpStream::connect(address), listener.accept());
    (client.unwrap(), server.unwrap().0)
}

#[tokio::test(flavor = "current_thread")]
async fn each_connection_is_asked_about_in_each_collection_and_at_its_end() {
    let metered = Metered::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (mut client, server) = pair(&listener).await;
    let mut server = metered.layer.meter(server);
    client.write_all(b"hello").await.unwrap();
    server.read_exact(&mut [0; 5]).await.unwrap();
    server.write_all(b"hello").await.unwrap();

    let tcp = [("network.transport", "tcp"), ("network.type", "ipv4")];
    for samples in 1..=3 {
        assert_eq!(metered.metrics.snapshot().count(RTT, &tcp), samples);
    }
    drop(server);
    let snapshot = metered.metrics.snapshot();
    assert_eq!((snapshot.count(RTT, &tcp), snapshot.count(UNACKED, &tcp)), (4, 4));
    // Loopback loses nothing, and that it did not is shown.
    assert_eq!((snapshot.points(RETRANSMITS).len(), snapshot.sum(RETRANSMITS, &tcp)), (1, 0.0));
    let [rtt] = snapshot.points(RTT)[..] else { panic!("{snapshot:#?}") };
    assert!(matches!(rtt.value, Value::Histogram { sum, .. } if sum > 0.0 && sum < 1.0), "{rtt:?}");
    assert_eq!(metered.metrics.snapshot().count(RTT, &tcp), 4);
}

/// A peer that reads nothing: what it was sent stays without acknowledgement, and a collection sees that although nobody
/// polls the stream.
#[tokio::test(flavor = "current_thread")]
async fn a_stalled_connection_shows_what_is_on_its_way() {
    let metered = Metered::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (_client, server) = pair(&listener).await;
    let mut server = metered.layer.meter(server);
    let much = vec![0; 64 << 20];
    tokio::time::timeout(Duration::from_millis(50), server.write_all(&much)).await.unwrap_err();
    let snapshot = metered.metrics.snapshot();
    let [rate] = snapshot.points("transport.server.tcp.delivery_rate")[..] else { panic!("{snapshot:#?}") };
    assert!(matches!(rate.value, Value::Histogram { sum, .. } if sum > 0.0), "{rate:?}");
    assert_eq!(snapshot.count(UNACKED, &[]), 1);
}

#[tokio::test(flavor = "current_thread")]
async fn no_more_than_the_limit_is_asked_before_a_collection() {
    let metered = Metered::new();
    let layer = metered.layer.clone().with_tcp_info_limit(3);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut open = Vec::new();
    for _ in 0..10 {
        let (client, server) = pair(&listener).await;
        open.push((client, layer.meter(server)));
    }
    for round in 1..=4 {
        assert_eq!(metered.metrics.snapshot().count(RTT, &[]), 3 * round);
    }
    drop(open);
    assert_eq!(metered.metrics.snapshot().count(RTT, &[]), 12 + 10);
}

#[tokio::test(flavor = "current_thread")]
async fn what_is_no_tcp_is_not_asked_about_and_clients_have_names_of_their_own() {
    let metered = Metered::new();
    drop(metered.layer.meter(duplex(1).0));
    let options = MeterOptions::default().with_meter_provider(metered.metrics.provider());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (client, _server) = pair(&listener).await;
    drop(ClientNetworkMetricsLayer::custom(options).meter(("localhost", 1), client));
    let snapshot = metered.metrics.snapshot();
    assert!(snapshot.points(RTT).is_empty());
    assert_eq!(snapshot.count("transport.client.tcp.rtt", &[("server.address", "localhost")]), 1);
}

/// Ten thousand, or as many as this process may have: a collection asks about no more than the limit, and the end about
/// each.
#[tokio::test(flavor = "current_thread")]
async fn very_many_connections_take_turns() {
    let most = getrlimit(Resource::Nofile);
    let files = most.maximum.unwrap_or(u64::MAX).min(21_000);
    let current = most.current.unwrap_or(u64::MAX).max(files);
    setrlimit(Resource::Nofile, Rlimit { current: Some(current), ..most }).unwrap();
    let connections = (files - 1000) / 2;

    let metered = Metered::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut open = Vec::new();
    for _ in 0..connections {
        let (client, server) = pair(&listener).await;
        open.push((client, metered.layer.meter(server)));
    }
    for round in 1..=3 {
        let snapshot = metered.metrics.snapshot();
        assert_eq!(snapshot.count(RTT, &[]), 256 * round, "{connections} connections");
        assert_eq!(snapshot.sum(common::ACTIVE, &[]), connections as f64);
    }
    drop(open);
    let snapshot = metered.metrics.snapshot();
    assert_eq!((snapshot.count(RTT, &[]), snapshot.sum(common::ACTIVE, &[])), (3 * 256 + connections, 0.0));
}

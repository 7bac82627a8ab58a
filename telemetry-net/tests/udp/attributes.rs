//! Which attributes the series have.

use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::testing::InMemoryMetrics;
use telemetry_core::{Address, AttributesFactory, ConnectionInfo, MeterOptions};
use telemetry_net::UdpMetrics;
use tokio::net::UdpSocket;

use crate::{DATAGRAMS, ERRORS, IO, LOOPBACK, counts, run, sockets};

fn series(metrics: &InMemoryMetrics, metric: &str) -> Vec<String> {
    let snapshot = metrics.snapshot();
    let points = snapshot.points(metric).into_iter();
    let text = |attributes: &std::collections::BTreeMap<String, String>| {
        attributes.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
    };
    let mut series: Vec<_> = points.map(|point| text(&point.attributes)).collect();
    series.sort_unstable();
    series
}

/// A datagram to itself, received again, and one that is too long.
async fn use_it(udp: &UdpMetrics, address: &str) {
    let socket = udp.bind(address).await.unwrap();
    let to = socket.local_addr().unwrap();
    socket.send_to(b"me", to).await.unwrap();
    socket.recv(&mut [0; 2]).await.unwrap();
    socket.send_to(&[0; 70_000], to).await.unwrap_err();
}

#[test]
fn nt_73_datagrams_have_transport_type_and_direction() {
    run(async {
        let metrics = InMemoryMetrics::new();
        use_it(&UdpMetrics::with_meter(metrics.meter("net")), LOOPBACK).await;
        let both = ["receive", "transmit"]
            .map(|direction| format!("network.io.direction={direction} network.transport=udp network.type=ipv4"));
        assert_eq!(series(&metrics, IO), both);
        assert_eq!(series(&metrics, DATAGRAMS), both);
        assert_eq!(series(&metrics, ERRORS), [format!("error.type=io_error {}", both[1])]);
    });
}

#[test]
fn nt_02_the_type_is_that_of_the_local_address() {
    run(async {
        let metrics = InMemoryMetrics::new();
        let udp = UdpMetrics::with_meter(metrics.meter("net"));
        for (address, expected) in [("0.0.0.0:0", "ipv4"), ("[::1]:0", "ipv6"), ("[::]:0", "ipv6")] {
            let Ok(socket) = udp.bind(address).await else { continue }; // A machine without IPv6.
            let port = socket.local_addr().unwrap().port();
            let to = if expected == "ipv4" { "127.0.0.1" } else { "::1" };
            let before = metrics.snapshot().sum(DATAGRAMS, &[("network.type", expected)]);
            socket.send_to(b"me", (to, port)).await.unwrap();
            assert_eq!(metrics.snapshot().sum(DATAGRAMS, &[("network.type", expected)]), before + 1.0, "{address}");
        }
    });
}

#[test]
fn the_callers_attributes_are_added_and_ours_stay() {
    run(async {
        let metrics = InMemoryMetrics::new();
        let options = MeterOptions::default().with_meter_provider(metrics.provider()).with_metric_prefix("shop");
        let options = options.with_attributes([
            KeyValue::new("zone", "a"),
            KeyValue::new("lane", "options"),
            KeyValue::new("network.transport", "quic"),
            KeyValue::new("error.type", "none"),
        ]);
        let own = [KeyValue::new("lane", "own"), KeyValue::new("network.io.direction", "up")];
        use_it(&UdpMetrics::custom(options).with_attributes(own), LOOPBACK).await;
        let both = ["receive", "transmit"].map(|direction| {
            format!("lane=own network.io.direction={direction} network.transport=udp network.type=ipv4 zone=a")
        });
        assert_eq!(series(&metrics, &format!("shop.{DATAGRAMS}")), both);
        assert_eq!(series(&metrics, &format!("shop.{ERRORS}")), [format!("error.type=io_error {}", both[1])]);
    });
}

#[test]
fn a_function_sees_the_socket() {
    run(async {
        let metrics = InMemoryMetrics::new();
        let udp =
            UdpMetrics::with_meter(metrics.meter("net")).with_attributes(AttributesFactory::from_fn(|extensions| {
                let info = extensions.get::<ConnectionInfo>();
                let ip = |address: Option<&Address>| address.and_then(Address::ip).is_some();
                let has = |what: fn(&ConnectionInfo) -> Option<&Address>| ip(info.and_then(what));
                vec![
                    KeyValue::new("local", has(ConnectionInfo::local)),
                    KeyValue::new("peer", has(ConnectionInfo::peer)),
                ]
            }));
        let (connected, _peer) = sockets().await;
        udp.meter(connected).send(b"x").await.unwrap();
        assert_eq!(metrics.snapshot().sum(IO, &[("local", "true"), ("peer", "true")]), 1.0);
        use_it(&udp, LOOPBACK).await;
        assert_eq!(metrics.snapshot().sum(IO, &[("local", "true"), ("peer", "false")]), 4.0);
    });
}

#[test]
fn past_the_limit_all_count_in_one_series() {
    run(async {
        let metrics = InMemoryMetrics::new();
        let next = std::sync::atomic::AtomicI64::new(0);
        let udp = UdpMetrics::with_meter(metrics.meter("net")).with_attributes(AttributesFactory::from_fn(move |_| {
            vec![KeyValue::new("n", next.fetch_add(1, std::sync::atomic::Ordering::Relaxed))]
        }));
        for n in 1..=230 {
            let socket = udp.meter(UdpSocket::bind(LOOPBACK).await.unwrap());
            socket.send_to(b"me", socket.local_addr().unwrap()).await.unwrap();
            assert_eq!(counts(&metrics.snapshot()), [0, 0, 2 * n, n]);
        }
        let snapshot = metrics.snapshot();
        let rest = [("otel.metric.overflow", "true"), ("network.io.direction", "transmit")];
        assert_eq!((snapshot.points(DATAGRAMS).len(), snapshot.sum(DATAGRAMS, &rest)), (201, 30.0));
    });
}

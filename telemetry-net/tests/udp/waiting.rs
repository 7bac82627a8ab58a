//! Whatever becomes of socket, metrics and provider, no datagram is lost or counted twice.

use telemetry_core::MeterOptions;
use telemetry_core::opentelemetry_sdk::metrics::{
    Aggregation, InMemoryMetricExporter, Instrument, PeriodicReader, SdkMeterProvider, Stream,
};
use telemetry_core::testing::{InMemoryMetrics, Snapshot};
use telemetry_net::{MeteredUdpSocket, UdpMetrics};

use crate::{DATAGRAMS, LOOPBACK, counts, run};

async fn send(socket: &MeteredUdpSocket) {
    socket.send_to(b"hello", socket.local_addr().unwrap()).await.unwrap();
}

#[test]
fn what_a_socket_leaves_behind_is_collected() {
    for looks in [[false, false], [true, false], [false, true], [true, true]] {
        for metrics_go_first in [false, true] {
            run(async {
                let metrics = InMemoryMetrics::new();
                let udp = UdpMetrics::with_meter(metrics.meter("net"));
                let socket = udp.bind(LOOPBACK).await.unwrap();
                let mut udp = Some(udp);
                for (sent, look) in (0..).zip(looks) {
                    if look {
                        assert_eq!(counts(&metrics.snapshot()), [0, 0, 5 * sent, sent]);
                    }
                    send(&socket).await;
                    udp.take_if(|_| metrics_go_first);
                }
                drop(socket);
                assert_eq!(counts(&metrics.snapshot()), [0, 0, 10, 2], "{looks:?}");
                drop(udp);
                assert_eq!(counts(&metrics.snapshot()), [0, 0, 10, 2], "{looks:?}");
            });
        }
    }
}

#[test]
fn a_socket_taken_apart_is_counted_no_more() {
    run(async {
        let metrics = InMemoryMetrics::new();
        let socket = UdpMetrics::with_meter(metrics.meter("net")).bind(LOOPBACK).await.unwrap();
        let _ = metrics.snapshot();
        send(&socket).await;
        let address = socket.local_addr().unwrap();
        socket.get_ref().send_to(b"not counted", address).await.unwrap();
        let socket = socket.into_inner();
        socket.send_to(b"neither", address).await.unwrap();
        assert_eq!(counts(&metrics.snapshot()), [0, 0, 5, 1]);
    });
}

#[test]
fn a_provider_that_never_asks_gets_everything_at_once() {
    let without_hook = |instrument: &Instrument| {
        let dropped = || Stream::builder().with_aggregation(Aggregation::Drop).build().unwrap();
        instrument.name().ends_with("telemetry.collection").then(dropped)
    };
    let exporter = InMemoryMetricExporter::default();
    let reader = PeriodicReader::builder(exporter.clone()).build();
    let provider = SdkMeterProvider::builder().with_reader(reader).with_view(without_hook).build();
    let read = || {
        exporter.reset();
        provider.force_flush().unwrap();
        let metrics = exporter.get_finished_metrics().unwrap();
        metrics.last().map_or([0; 4], |metrics| counts(&Snapshot::from(metrics)))
    };
    run(async {
        let socket = UdpMetrics::custom(MeterOptions::default().with_meter_provider(provider.clone()));
        let socket = socket.bind(LOOPBACK).await.unwrap();
        for n in 1..=3 {
            send(&socket).await;
            assert_eq!(read(), [0, 0, 5 * n, n]);
        }
        drop(socket);
        assert_eq!(read(), [0, 0, 15, 3]);
    });
}

#[test]
fn many_sockets_that_come_and_go_are_all_counted() {
    run(async {
        let metrics = InMemoryMetrics::new();
        let udp = UdpMetrics::with_meter(metrics.meter("net"));
        for n in 1..=100 {
            let socket = udp.bind(LOOPBACK).await.unwrap();
            send(&socket).await;
            if n % 10 == 0 {
                assert_eq!(metrics.snapshot().sum(DATAGRAMS, &[]), f64::from(n));
            }
        }
    });
}

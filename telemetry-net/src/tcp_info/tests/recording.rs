//! What becomes of the numbers.

use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::sync::atomic::AtomicU32;
use std::time::Instant;

use allocation_counter::measure;
use telemetry_core::MeterOptions;
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::testing::{InMemoryMetrics, Snapshot};

use super::super::TcpInfo;
use super::super::metrics::{TcpMetrics, TcpSeries};
use super::{LIMIT, go_deaf, hear_again, pair, talk, until};

struct Metered {
    metrics: InMemoryMetrics,
    series: TcpSeries,
    attributes: [KeyValue; 2],
}

impl Metered {
    fn new() -> Self {
        let metrics = InMemoryMetrics::new();
        let meter = MeterOptions::default().with_meter_provider(metrics.provider()).meter("net", "1");
        let attributes = [("network.transport", "tcp"), ("network.type", "ipv4")].map(|(k, v)| KeyValue::new(k, v));
        Self { series: TcpMetrics::server(&meter).series(), metrics, attributes }
    }

    fn observe(&self, socket: &impl AsRawFd, reported: &AtomicU32) {
        self.series.observe(socket.as_raw_fd(), reported, &self.attributes);
    }

    fn retransmits(&self) -> f64 {
        self.metrics.snapshot().sum("transport.server.tcp.retransmits", &TCP)
    }
}

const TCP: [(&str, &str); 2] = [("network.transport", "tcp"), ("network.type", "ipv4")];

fn counts(snapshot: &Snapshot) -> [u64; 3] {
    ["rtt", "unacked", "delivery_rate"].map(|name| snapshot.count(&format!("transport.server.tcp.{name}"), &TCP))
}

#[test]
fn each_sample_is_a_value_of_each_metric() {
    let metered = Metered::new();
    let reported = AtomicU32::new(0);
    let (mut client, mut server) = pair();
    talk(&mut client, &mut server);
    for n in 1..=3 {
        metered.observe(&client, &reported);
        assert_eq!(counts(&metered.metrics.snapshot()), [n; 3]);
    }
    let snapshot = metered.metrics.snapshot();
    let mut names = snapshot.names();
    names.sort_unstable();
    let expected =
        ["delivery_rate", "retransmits", "rtt", "unacked"].map(|name| format!("transport.server.tcp.{name}"));
    assert_eq!(names, expected);
    assert!(expected.iter().all(|name| snapshot.points(name).len() == 1));
    let rtt = snapshot.sum("transport.server.tcp.rtt", &TCP);
    assert!(rtt > 0.0 && rtt < 1.0, "seconds: {rtt}");

    let unix = UnixStream::pair().unwrap();
    metered.observe(&unix.0, &reported);
    assert_eq!(counts(&metered.metrics.snapshot()), [3; 3]);
}

#[test]
fn retransmits_are_added_once_however_often_one_looks() {
    let metered = Metered::new();
    let reported = AtomicU32::new(0);
    let (mut client, mut server) = pair();
    talk(&mut client, &mut server);
    metered.observe(&client, &reported);
    assert_eq!(metered.metrics.snapshot().points("transport.server.tcp.retransmits").len(), 1, "shown from the start");
    go_deaf(&server);
    client.write_all(b"hello").unwrap();
    let begin = Instant::now();
    while metered.retransmits() < 3.0 && begin.elapsed() < LIMIT {
        metered.observe(&client, &reported);
    }
    hear_again(&server);
    server.read_exact(&mut [0; 5]).unwrap();
    let info = until(&client, |info| info.unacked == 0);
    metered.observe(&client, &reported);
    assert!(info.total_retrans >= 3);
    assert_eq!(metered.retransmits(), f64::from(info.total_retrans));
}

#[test]
fn who_looked_earlier_and_comes_later_takes_nothing_back() {
    let metered = Metered::new();
    let reported = AtomicU32::new(0);
    let (client, _server) = pair();
    let info = TcpInfo::of(&client).unwrap();
    for (total, sum) in
        [(2, 2.0), (7, 7.0), (5, 7.0), (7, 7.0), (8, 8.0), (u32::MAX, 4_294_967_295.0), (3, 4_294_967_295.0)]
    {
        let info = TcpInfo { total_retrans: total, ..info };
        metered.series.record(&info, &reported, &metered.attributes);
        assert_eq!(metered.retransmits(), sum);
    }
}

#[test]
fn the_other_side_has_names_of_its_own() {
    let metrics = InMemoryMetrics::new();
    let meter = MeterOptions::default().with_meter_provider(metrics.provider()).meter("net", "1");
    let series = TcpMetrics::client(&meter).series();
    let (mut client, mut server) = pair();
    talk(&mut client, &mut server);
    series.observe(client.as_raw_fd(), &AtomicU32::new(0), &[]);
    let snapshot = metrics.snapshot();
    assert_eq!(snapshot.names().len(), 4);
    assert!(snapshot.names().iter().all(|name| name.starts_with("transport.client.tcp.")), "{snapshot:?}");
}

#[test]
fn a_sample_allocates_nothing() {
    let metered = Metered::new();
    let reported = AtomicU32::new(0);
    let (mut client, mut server) = pair();
    talk(&mut client, &mut server);
    metered.observe(&client, &reported); // The SDK makes the series.
    let allocations = measure(|| (0..100).for_each(|_| metered.observe(&client, &reported)));
    assert_eq!(allocations.count_total, 0, "{allocations:?}");
}

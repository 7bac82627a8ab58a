//! Connections of several threads, with collections meanwhile, and every byte of them is in what is exported.

mod collector;
mod threads;

use collector::{Collector, Totals};
use opentelemetry_sdk::metrics::Temporality;
use telemetry_core::MeterOptions;
use telemetry_net::NetworkMetricsLayer;
use threads::{THREADS, drive, now};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

const COLLECTIONS: u64 = 20;
const HELD: u64 = 3;

const DURATION: &str = "transport.server.connection.duration";
const ACTIVE: &str = "transport.server.active_connections";
const IO: &str = "transport.server.io";

fn main() {
    for temporality in [Temporality::Cumulative, Temporality::Delta] {
        run(temporality);
        println!("{temporality:?}: everything is there");
    }
}

fn run(temporality: Temporality) {
    let collector = Collector::new(temporality);
    let options = MeterOptions::default().with_meter_provider(collector.provider.clone());
    let layer = NetworkMetricsLayer::custom(options);
    let work = || now(connect(&layer));
    let mut connections = 0;

    // Before the first collection, and then with some meanwhile.
    connections += drive(work, 0, || ());
    check(&collector.collect(), connections);
    for _ in 0..3 {
        let mut least = connections;
        connections += drive(work, COLLECTIONS, || {
            let totals = collector.collect();
            let seen = totals.count(DURATION, &[]);
            assert!(seen >= least, "{seen} after {least}");
            let active = totals.sum(ACTIVE, &[]);
            assert!((0.0..=THREADS as f64).contains(&active), "{active} connections are active");
            least = seen;
        });
        check(&collector.collect(), connections);
        assert!(least <= connections, "{least} of {connections}");
    }

    let held: Vec<_> = (0..HELD).map(|_| layer.meter(duplex(1).0)).collect();
    assert_eq!(collector.collect().sum(ACTIVE, &[]), HELD as f64);
    drop(held);

    // The last ones are collected when the layer is gone.
    connections += drive(work, 0, || ());
    drop(layer);
    let totals = collector.shutdown();
    assert_eq!(totals.count(DURATION, &[]), connections + HELD);
    assert_eq!(totals.sum(IO, &[]), (12 * connections) as f64);
    assert_eq!(totals.sum(ACTIVE, &[]), 0.0);
}

/// What this many connections come to, as [`connect`] tells.
fn check(totals: &Totals, connections: u64) {
    let io = |direction| totals.sum(IO, &[("network.io.direction", direction)]);
    assert_eq!(totals.count(DURATION, &[]), connections);
    assert!(totals.sum(DURATION, &[]) > 0.0);
    assert_eq!(io("receive"), (7 * connections) as f64);
    assert_eq!(io("transmit"), (5 * connections) as f64);
    assert_eq!(totals.sum(ACTIVE, &[]), 0.0);
}

async fn connect(layer: &NetworkMetricsLayer) {
    let (server, mut client) = duplex(64);
    let mut server = layer.meter(server);
    client.write_all(b"goodbye").await.unwrap();
    server.write_all(b"hello").await.unwrap();
    let mut read = [0; 7];
    server.read_exact(&mut read).await.unwrap();
}

//! Several readers of one provider, each with a rhythm of its own.
#![allow(clippy::expect_used, clippy::unwrap_used)] // Helpers of tests may fail them.

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use common::{ACTIVE, DURATION, IO, bytes};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{InstrumentKind, ManualReader, Pipeline, SdkMeterProvider, Temporality};
use telemetry_core::MeterOptions;
use telemetry_core::testing::{ScriptedStream, Snapshot};
use telemetry_net::NetworkMetricsLayer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Collects when it is told to.
#[derive(Clone, Debug)]
struct Reader {
    inner: Arc<ManualReader>,
    temporality: Temporality,
}

impl Reader {
    fn new(temporality: Temporality) -> Self {
        Self { inner: Arc::default(), temporality }
    }

    fn read(&self) -> Snapshot {
        let mut metrics = ResourceMetrics::default();
        self.collect(&mut metrics).unwrap();
        Snapshot::from(&metrics)
    }
}

impl MetricReader for Reader {
    fn register_pipeline(&self, pipeline: Weak<Pipeline>) {
        self.inner.register_pipeline(pipeline);
    }

    fn collect(&self, metrics: &mut ResourceMetrics) -> OTelSdkResult {
        self.inner.collect(metrics)
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn temporality(&self, _: InstrumentKind) -> Temporality {
        self.temporality
    }
}

fn layer(readers: [&Reader; 2]) -> (SdkMeterProvider, NetworkMetricsLayer) {
    let provider = SdkMeterProvider::builder().with_reader(readers[0].clone()).with_reader(readers[1].clone()).build();
    let options = MeterOptions::default().with_meter_provider(provider.clone());
    (provider, NetworkMetricsLayer::custom(options))
}

/// NT-69: what one reader has taken is not taken from the other, whichever comes first and however often.
#[tokio::test(flavor = "current_thread")]
async fn nt_71_readers_of_totals_and_of_deltas_agree_on_bytes() {
    let (total, delta) = (Reader::new(Temporality::Cumulative), Reader::new(Temporality::Delta));
    let (_provider, layer) = layer([&total, &delta]);
    let (server, mut client) = tokio::io::duplex(1024);
    let mut server = layer.meter(server);
    let (mut moved, mut deltas) = ([0.0; 2], [0.0; 2]);
    let mut read_delta = || {
        let now = bytes(&delta.read());
        deltas = [deltas[0] + now[0], deltas[1] + now[1]];
        deltas
    };
    for turn in 1..=12_u8 {
        client.write_all(&[1; 100][..turn.into()]).await.unwrap();
        server.read_exact(&mut [0; 100][..turn.into()]).await.unwrap();
        server.write_all(b"abc").await.unwrap();
        moved = [moved[0] + f64::from(turn), moved[1] + 3.0];
        match turn % 4 {
            0 => assert_eq!([bytes(&total.read()), read_delta()], [moved; 2]),
            1 => assert_eq!([read_delta(), bytes(&total.read())], [moved; 2]),
            2 => assert_eq!(bytes(&total.read()), moved),
            _ => assert_eq!([read_delta(), read_delta()], [moved; 2]),
        }
    }
    server.write_all(b"last words").await.unwrap();
    drop(server);
    moved[1] += 10.0;
    assert_eq!([read_delta(), bytes(&total.read())], [moved; 2]);
    assert_eq!([read_delta(), bytes(&total.read())], [moved; 2], "the end is not told twice");
}

/// One end each, in the sums of both: deltas of what is active fall as they rise.
#[test]
fn nt_68_readers_agree_on_ends() {
    let (total, delta) = (Reader::new(Temporality::Cumulative), Reader::new(Temporality::Delta));
    let (_provider, layer) = layer([&total, &delta]);
    let (mut active, mut ended) = (0.0, 0);
    for turn in 0..3 {
        let open = [(); 5].map(|()| layer.meter(ScriptedStream::new()));
        active += delta.read().sum(ACTIVE, &[]);
        assert_eq!((active, total.read().sum(ACTIVE, &[])), (5.0, 5.0));
        drop(open);
        let read = delta.read();
        active += read.sum(ACTIVE, &[]);
        ended += read.count(DURATION, &[]);
        let all = total.read();
        assert_eq!((active, all.sum(ACTIVE, &[])), (0.0, 0.0));
        assert_eq!((ended, all.count(DURATION, &[])), (5 * (turn + 1), 5 * (turn + 1)));
    }
}

/// Before the first connection there is nothing; a reader that comes first after its end finds all of it.
#[tokio::test(flavor = "current_thread")]
async fn nt_71_the_first_collection_may_come_before_and_after() {
    let (early, late) = (Reader::new(Temporality::Cumulative), Reader::new(Temporality::Cumulative));
    let (_provider, layer) = layer([&early, &late]);
    assert!(early.read().names().is_empty());
    let mut stream = layer.meter(ScriptedStream::new().then_read("hello"));
    assert_eq!(early.read().names(), [ACTIVE]);
    stream.read_exact(&mut [0; 5]).await.unwrap();
    assert_eq!(bytes(&early.read()), [5.0, 0.0]);
    drop(stream);
    let (early, late) = (early.read(), late.read());
    for snapshot in [early, late] {
        assert_eq!(snapshot.names(), [ACTIVE, DURATION, IO]);
        assert_eq!((snapshot.sum(ACTIVE, &[]), snapshot.count(DURATION, &[])), (0.0, 1));
        assert_eq!(bytes(&snapshot), [5.0, 0.0]);
    }
}

/// Two readers on threads of their own, while others move bytes and end connections: nothing is lost, and nothing is told
/// twice.
#[test]
fn nt_71_readers_may_collect_at_once() {
    const THREADS: usize = 3;
    const CONNECTIONS: usize = 200;
    let (total, delta) = (Reader::new(Temporality::Cumulative), Reader::new(Temporality::Delta));
    let (_provider, layer) = layer([&total, &delta]);
    let done = AtomicUsize::new(0);
    let mut deltas = [0.0; 2];
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                common::runtime().block_on(async {
                    let mut kept = None;
                    for _ in 0..CONNECTIONS {
                        let mut stream = layer.meter(ScriptedStream::new().then_read("hello"));
                        stream.write_all(b"how do you do").await.unwrap();
                        stream.read_exact(&mut [0; 5]).await.unwrap();
                        kept = Some(stream); // and the one before it ends
                    }
                    drop(kept);
                });
                done.fetch_add(1, Ordering::Release);
            });
        }
        let totals = scope.spawn(|| {
            let mut least = [0.0; 2];
            while done.load(Ordering::Acquire) < THREADS {
                let now = bytes(&total.read());
                assert!(now[0] >= least[0] && now[1] >= least[1], "{now:?} after {least:?}");
                least = now;
            }
        });
        let mut add = |read: Snapshot| {
            let now = bytes(&read);
            deltas = [deltas[0] + now[0], deltas[1] + now[1]];
        };
        while done.load(Ordering::Acquire) < THREADS {
            add(delta.read());
        }
        totals.join().unwrap();
        add(delta.read());
    });
    let moved = [5.0, 13.0].map(|bytes| bytes * (THREADS * CONNECTIONS) as f64);
    assert_eq!([bytes(&total.read()), deltas], [moved; 2]);
    assert_eq!(total.read().count(DURATION, &[]), (THREADS * CONNECTIONS) as u64);
}

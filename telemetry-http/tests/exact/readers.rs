//! Readers of different temporality, views, and the end of a provider.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use telemetry_core::opentelemetry_sdk::metrics::{
    Aggregation, InMemoryMetricExporter, InMemoryMetricExporterBuilder, Instrument, MeterProviderBuilder,
    PeriodicReader, Stream, Temporality,
};

use super::*;

/// Longer than any test.
const NEVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The one collection since the last reset, or nothing if there was nothing to collect.
fn collected(exporter: &InMemoryMetricExporter) -> Snapshot {
    let collections = exporter.get_finished_metrics().unwrap();
    assert!(collections.len() < 2);
    collections.first().map(Snapshot::from).unwrap_or_default()
}

/// One provider with two readers.
struct Both {
    provider: SdkMeterProvider,
    exporters: [InMemoryMetricExporter; 2],
}

impl Both {
    fn new() -> Self {
        let temporalities = [Temporality::Cumulative, Temporality::Delta];
        let exporters =
            temporalities.map(|temporality| InMemoryMetricExporterBuilder::new().with_temporality(temporality).build());
        let readers = exporters.clone().map(|exporter| PeriodicReader::builder(exporter).with_interval(NEVER).build());
        let provider = readers.into_iter().fold(SdkMeterProvider::builder(), MeterProviderBuilder::with_reader);
        Self { provider: provider.build(), exporters }
    }

    /// What each of them collects now: everything, and what is new. Counts that fall are cumulative for both.
    fn read(&self) -> [Snapshot; 2] {
        self.exporters.iter().for_each(InMemoryMetricExporter::reset);
        self.provider.force_flush().unwrap();
        self.exporters.each_ref().map(collected)
    }
}

#[test]
fn hs_41_both_readers_see_each_request_once() {
    let both = Both::new();
    let layer = layer(&both.provider);
    for round in 1..=5 {
        (0..100).for_each(|_| send(&layer));
        let [everything, new] = both.read();
        assert_eq!(totals(&everything), (100 * round, 500.0 * round as f64, 0.0));
        assert_eq!(totals(&new), (100, 500.0, 0.0));
    }
    let [_, new] = both.read();
    assert_eq!(new.names(), [ACTIVE], "nothing has ended, and that is no value");
}

const THREADS: u64 = 3;
const REQUESTS: u64 = 3000;

#[test]
fn hs_39_hs_41_every_collection_is_exact_while_requests_come_and_go() {
    let both = Both::new();
    let layer = layer(&both.provider);
    let (begun, ended) = (AtomicU64::new(0), AtomicU64::new(0));
    let work = || {
        for _ in 0..REQUESTS {
            begun.fetch_add(1, Ordering::SeqCst);
            send(&layer);
            ended.fetch_add(1, Ordering::SeqCst);
        }
    };
    let mut sum_of_new = 0;
    let mut read = || {
        let least = ended.load(Ordering::SeqCst);
        let [everything, new] = both.read();
        sum_of_new += totals(&new).0;
        let possible = least..=begun.load(Ordering::SeqCst);
        let (all, _, active) = totals(&everything);
        assert!(possible.contains(&all) && possible.contains(&sum_of_new), "{all}, {sum_of_new} of {possible:?}");
        assert!((0.0..=THREADS as f64).contains(&active), "{active} of {THREADS} threads are in a request");
        (all, sum_of_new, active)
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
        while threads.iter().any(|thread| !thread.is_finished()) {
            read();
        }
    });
    assert_eq!(read(), (THREADS * REQUESTS, THREADS * REQUESTS, 0.0));
}

#[test]
fn hs_41_what_has_no_value_is_no_series() {
    let both = Both::new();
    let mut service =
        layer(&both.provider).layer(service_fn(|_| ready(Err::<Response<Upload>, _>("user 42 not found"))));
    for reads in [false, true] {
        if reads {
            let _ = both.read();
        }
        assert!(now(service.call(get())).is_err());
    }
    for snapshot in both.read() {
        assert_eq!(snapshot.names(), [ACTIVE, REQUEST_SIZE, DURATION], "no head, so no response has a size");
        assert_eq!(snapshot.points(DURATION).len(), 1);
    }
}

/// A provider with this view, and its exporter.
fn with_view(
    view: impl Fn(&Instrument) -> Option<Stream> + Send + Sync + 'static,
) -> (SdkMeterProvider, InMemoryMetricExporter) {
    let exporter = InMemoryMetricExporter::default();
    let reader = PeriodicReader::builder(exporter.clone()).with_interval(NEVER).build();
    (SdkMeterProvider::builder().with_reader(reader).with_view(view).build(), exporter)
}

fn dropped() -> Stream {
    Stream::builder().with_aggregation(Aggregation::Drop).build().unwrap()
}

#[test]
fn a_view_that_drops_the_hook_costs_no_request() {
    let (provider, exporter) = with_view(|instrument| (instrument.name() == "telemetry.collection").then(dropped));
    let layer = layer(&provider);
    for round in 1..=3 {
        (0..10).for_each(|_| send(&layer));
        exporter.reset();
        provider.force_flush().unwrap();
        let snapshot = collected(&exporter);
        assert_eq!(totals(&snapshot), (10 * round, 50.0 * round as f64, 0.0));
    }
}

#[test]
fn a_view_that_drops_a_metric_leaves_the_others() {
    let (provider, exporter) = with_view(|instrument| (instrument.name() == ACTIVE).then(dropped));
    let layer = layer(&provider);
    for _ in 0..3 {
        (0..10).for_each(|_| send(&layer));
        exporter.reset();
        provider.force_flush().unwrap();
    }
    let snapshot = collected(&exporter);
    assert_eq!(snapshot.names(), [REQUEST_SIZE, DURATION, RESPONSE_SIZE]);
    assert_eq!(snapshot.count(DURATION, &[]), 30);
}

#[test]
fn requests_go_on_after_the_provider_was_shut_down() {
    for reads in [false, true] {
        let both = Both::new();
        let layer = layer(&both.provider);
        send(&layer);
        if reads {
            assert_eq!(totals(&both.read()[0]), (1, 5.0, 0.0));
        }
        both.provider.shutdown().unwrap();
        (0..1000).for_each(|_| send(&layer));
    }
}

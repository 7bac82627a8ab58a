//! Records that wait: for how long, and where they go.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use telemetry_core::MeterOptions;
use telemetry_core::bound::{Buffered, Sink};
use telemetry_core::opentelemetry_sdk::metrics::reader::MetricReader;
use telemetry_core::opentelemetry_sdk::metrics::{Aggregation, Instrument, SdkMeterProvider, Stream, Temporality};

use crate::{Reader, Shop, inside, provider, sales, scoped};

/// Adds up what has reached it.
#[derive(Clone, Default)]
struct Tally(Arc<Counts>);

#[derive(Default)]
struct Counts {
    sum: AtomicU64,
    drains: AtomicU64,
}

impl Sink for Tally {
    type Record = u64;
    type Ongoing = ();

    fn record(&self, record: u64) {
        self.0.sum.fetch_add(record, Ordering::SeqCst);
    }

    fn drain(&self) {
        self.0.drains.fetch_add(1, Ordering::SeqCst);
    }
}

impl Tally {
    fn sum(&self) -> u64 {
        self.0.sum.load(Ordering::SeqCst)
    }

    fn drains(&self) -> u64 {
        self.0.drains.load(Ordering::SeqCst)
    }
}

/// More than wait on one thread.
const MANY: u64 = 1000;

#[test]
fn nothing_waits_before_the_first_collection() {
    let reader = Reader::new(Temporality::Cumulative);
    let tally = Tally::default();
    let meter = scoped(&provider(&[&reader]));
    let buffered = Buffered::new(tally.clone(), &meter);
    for n in 1..=MANY {
        buffered.local().record(1);
        assert_eq!(tally.sum(), n);
    }
    assert_eq!(tally.drains(), 0);
}

#[test]
fn after_it_records_wait_for_the_next_and_never_more_than_64_of_them() {
    let reader = Reader::new(Temporality::Cumulative);
    let tally = Tally::default();
    let meter = scoped(&provider(&[&reader]));
    let buffered = Buffered::new(tally.clone(), &meter);
    reader.read();
    for n in 1..=MANY {
        buffered.local().record(1);
        assert!(tally.sum() <= n && n - tally.sum() < 64, "{} of {n}", tally.sum());
    }
    buffered.local().record(1);
    assert!(tally.sum() < MANY + 1, "something waits");
    reader.read();
    assert_eq!((tally.sum(), tally.drains()), (MANY + 1, 2));
}

#[test]
fn records_of_threads_that_have_ended_are_in_the_next_collection() {
    let reader = Reader::new(Temporality::Cumulative);
    let meter = scoped(&provider(&[&reader]));
    let buffered = Buffered::new(Shop::new(&meter), &meter);
    reader.read();
    for round in 1..=50 {
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| buffered.local().record(2));
            }
        });
        assert_eq!(sales(&reader.read()), (3 * round, 6.0 * round as f64));
    }
}

#[test]
fn a_handle_may_move_to_another_thread() {
    let reader = Reader::new(Temporality::Cumulative);
    let meter = scoped(&provider(&[&reader]));
    let buffered = Buffered::new(Shop::new(&meter), &meter);
    reader.read();
    let handle = buffered.local().clone();
    handle.inside.add(1, &handle);
    thread::spawn(move || {
        handle.record(3);
        handle.inside.add(-1, &handle);
    })
    .join()
    .unwrap();
    let snapshot = reader.read();
    assert_eq!((sales(&snapshot), inside(&snapshot)), ((1, 3.0), 0.0));
}

#[test]
fn the_last_handle_drains_whether_a_reader_was_there_or_not() {
    for reads in [0, 1] {
        let reader = Reader::new(Temporality::Cumulative);
        let tally = Tally::default();
        let meter = scoped(&provider(&[&reader]));
        let buffered = Buffered::new(tally.clone(), &meter);
        (0..reads).for_each(|_| drop(reader.read()));
        let in_flight = buffered.local().clone();
        buffered.local().record(1);
        drop(buffered);
        assert_eq!(tally.drains(), reads, "one is still under way");
        in_flight.record(2);
        drop(in_flight);
        assert_eq!((tally.sum(), tally.drains()), (3, reads + 1));
        reader.read();
        assert_eq!(tally.drains(), reads + 1, "nothing is left to drain");
    }
}

#[test]
fn what_ends_after_its_layer_is_gone_is_read() {
    let reader = Reader::new(Temporality::Delta);
    let meter = scoped(&provider(&[&reader]));
    let buffered = Buffered::new(Shop::new(&meter), &meter);
    reader.read();
    let in_flight = buffered.local().clone();
    in_flight.inside.add(1, &in_flight);
    drop(buffered);
    assert_eq!(inside(&reader.read()), 1.0);
    in_flight.record(7);
    in_flight.inside.add(-1, &in_flight);
    drop(in_flight);
    let snapshot = reader.read();
    assert_eq!((sales(&snapshot), inside(&snapshot)), ((1, 7.0), -1.0));
}

#[test]
fn where_a_view_drops_the_hook_nothing_waits() {
    let reader = Reader::new(Temporality::Cumulative);
    let view = |instrument: &Instrument| {
        let dropped = || Stream::builder().with_aggregation(Aggregation::Drop).build().unwrap();
        instrument.name().ends_with("telemetry.collection").then(dropped)
    };
    let provider = SdkMeterProvider::builder().with_reader(reader.clone()).with_view(view).build();
    for options in [MeterOptions::default(), MeterOptions::default().with_metric_prefix("shop")] {
        let meter = options.with_meter_provider(provider.clone()).meter("shop", "1");
        let tally = Tally::default();
        let buffered = Buffered::new(tally.clone(), &meter);
        for n in 1..=MANY {
            reader.read();
            buffered.local().record(1);
            assert_eq!(tally.sum(), n);
        }
    }
}

#[test]
fn the_hook_is_no_metric() {
    let reader = Reader::new(Temporality::Cumulative);
    let meter = scoped(&provider(&[&reader]));
    let _buffered = Buffered::new(Tally::default(), &meter);
    for _ in 0..3 {
        assert!(reader.read().names().is_empty());
    }
}

#[test]
fn after_the_provider_was_shut_down_the_sink_still_gets_everything() {
    for reads in [0, 1] {
        let reader = Reader::new(Temporality::Cumulative);
        let provider = provider(&[&reader]);
        let tally = Tally::default();
        let buffered = Buffered::new(tally.clone(), &scoped(&provider));
        (0..reads).for_each(|_| drop(reader.read()));
        buffered.local().record(1);
        provider.shutdown().unwrap();
        assert!(reader.collect(&mut Default::default()).is_err());
        (0..MANY).for_each(|_| buffered.local().record(1));
        assert!(MANY + 1 - tally.sum() < 64);
        drop(buffered);
        assert_eq!(tally.sum(), MANY + 1);
    }
}

#[test]
fn two_layers_on_one_meter_add_up() {
    let reader = Reader::new(Temporality::Cumulative);
    let meter = scoped(&provider(&[&reader]));
    let layers = [(); 2].map(|()| Buffered::new(Shop::new(&meter), &meter));
    for round in 1..=3 {
        for layer in &layers {
            let local = layer.local();
            local.inside.add(1, local);
            local.record(5);
        }
        let snapshot = reader.read();
        assert_eq!((sales(&snapshot), inside(&snapshot)), ((2 * round, 10.0 * round as f64), 2.0 * round as f64));
    }
    let [first, _second] = layers;
    first.local().inside.add(-3, first.local());
    drop(first);
    assert_eq!(inside(&reader.read()), 3.0);
}

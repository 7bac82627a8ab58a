//! Sums with a cell for each stripe of threads.

use std::convert::Infallible;
use std::thread;

use telemetry_core::bound::{BoundCounter, Buffered, Sink, StripedSums};
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::opentelemetry_sdk::metrics::{Aggregation, Instrument, SdkMeterProvider, Stream, Temporality};
use telemetry_core::semconv::metric::TRANSPORT_SERVER_IO as WEIGHT;
use telemetry_core::testing::Snapshot;

use crate::{Reader, Scoped, provider, scoped};

/// What goes in and out by one door.
struct Scales(StripedSums<2>);

impl Sink for Scales {
    type Record = Infallible;
    type Ongoing = ();

    fn record(&self, record: Infallible) {
        match record {}
    }

    fn drain(&self) {
        self.0.drain();
    }
}

fn scales(meter: &Scoped) -> Buffered<Scales> {
    let sums = ["in", "out"].map(|way| {
        let attributes = Box::new([KeyValue::new("way", way)]);
        (BoundCounter::new(meter.u64_counter(&WEIGHT)), attributes as Box<[_]>)
    });
    Buffered::new(Scales(StripedSums::new(sums)), meter)
}

fn add(scales: &Buffered<Scales>, values: [u64; 2]) {
    let local = scales.local();
    local.0.add(values, local);
}

fn weights(snapshot: &Snapshot) -> [f64; 2] {
    ["in", "out"].map(|way| snapshot.sum(WEIGHT.name, &[("way", way)]))
}

#[test]
fn each_sum_is_shown_once_it_has_a_value() {
    let reader = Reader::new(Temporality::Cumulative);
    let meter = scoped(&provider(&[&reader]));
    let scales = scales(&meter);
    assert!(reader.read().points(WEIGHT.name).is_empty());
    add(&scales, [0, 0]);
    add(&scales, [3, 0]);
    let snapshot = reader.read();
    assert_eq!((snapshot.points(WEIGHT.name).len(), weights(&snapshot)), (1, [3.0, 0.0]));
    add(&scales, [1, 5]);
    assert_eq!(weights(&reader.read()), [4.0, 5.0]);
    assert_eq!(weights(&reader.read()), [4.0, 5.0], "nothing is added twice");
}

#[test]
fn no_change_is_no_value_for_a_reader_of_deltas() {
    let reader = Reader::new(Temporality::Delta);
    let meter = scoped(&provider(&[&reader]));
    let scales = scales(&meter);
    add(&scales, [3, 1]);
    assert_eq!(weights(&reader.read()), [3.0, 1.0]);
    add(&scales, [0, 2]);
    assert_eq!(weights(&reader.read()), [0.0, 2.0]);
    assert!(reader.read().points(WEIGHT.name).is_empty());
}

#[test]
fn what_waits_is_there_after_the_last_handle_has_gone() {
    let reader = Reader::new(Temporality::Cumulative);
    let meter = scoped(&provider(&[&reader]));
    let scales = scales(&meter);
    reader.read();
    add(&scales, [2, 7]);
    let local = scales.local().clone();
    drop(scales);
    local.0.add([1, 0], &local);
    drop(local);
    assert_eq!(weights(&reader.read()), [3.0, 7.0]);
}

#[test]
fn nothing_waits_for_a_provider_that_never_asks() {
    let reader = Reader::new(Temporality::Cumulative);
    let without_hook = |instrument: &Instrument| {
        let is_hook = instrument.name() == "telemetry.collection";
        is_hook.then(|| Stream::builder().with_aggregation(Aggregation::Drop).build().unwrap())
    };
    let meter = scoped(&SdkMeterProvider::builder().with_reader(reader.clone()).with_view(without_hook).build());
    let scales = scales(&meter);
    for round in 1..=3 {
        add(&scales, [1, 2]);
        assert_eq!(weights(&reader.read()), [f64::from(round), f64::from(2 * round)]);
    }
}

#[test]
fn threads_that_add_while_readers_look_lose_nothing() {
    const THREADS: u64 = 8;
    const ROUNDS: u64 = 5_000;
    let reader = Reader::new(Temporality::Cumulative);
    let meter = scoped(&provider(&[&reader]));
    let scales = scales(&meter);
    reader.read();
    thread::scope(|scope| {
        let adding: Vec<_> =
            (0..THREADS).map(|_| scope.spawn(|| (0..ROUNDS).for_each(|_| add(&scales, [1, 3])))).collect();
        let mut last = [0.0; 2];
        while !adding.iter().all(thread::ScopedJoinHandle::is_finished) {
            let now = weights(&reader.read());
            assert!(now[0] >= last[0] && now[1] >= last[1], "{now:?} after {last:?}");
            last = now;
        }
    });
    let all = (THREADS * ROUNDS) as f64;
    assert_eq!(weights(&reader.read()), [all, 3.0 * all]);
}

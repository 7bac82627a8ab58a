//! The count with a cell for each stripe of threads.

use std::thread;

use telemetry_core::bound::{BoundUpDownCounter, Buffered, Local, Sink, StripedCount};
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::opentelemetry_sdk::metrics::Temporality;

use crate::{INSIDE, Reader, Scoped, Shop, inside, provider, scoped};

fn shop(reader: &Reader) -> (Buffered<Shop>, Scoped) {
    let meter = scoped(&provider(&[reader]));
    (Buffered::new(Shop::new(&meter), &meter), meter)
}

fn add(value: i64, local: &Local<Shop>) {
    local.inside.add(value, local);
}

#[test]
fn a_count_that_rose_and_fell_between_two_collections_is_shown_as_zero() {
    let reader = Reader::new(Temporality::Cumulative);
    let (shop, _meter) = shop(&reader);
    assert_eq!(reader.read().points(INSIDE.name).len(), 1, "the first drain shows it");
    assert_eq!(inside(&reader.read()), 0.0);
    add(1, shop.local());
    add(-1, shop.local());
    let snapshot = reader.read();
    assert_eq!((snapshot.points(INSIDE.name).len(), inside(&snapshot)), (1, 0.0));
}

#[test]
fn what_was_counted_before_the_first_collection_may_leave_after_it() {
    let reader = Reader::new(Temporality::Cumulative);
    let (shop, _meter) = shop(&reader);
    add(2, shop.local());
    assert_eq!(inside(&reader.read()), 2.0);
    add(-1, shop.local());
    assert_eq!(inside(&reader.read()), 1.0);
    add(-1, shop.local());
    assert_eq!(inside(&reader.read()), 0.0);
}

#[test]
fn no_change_is_no_value_for_a_reader_of_deltas() {
    let reader = Reader::new(Temporality::Delta);
    let (shop, _meter) = shop(&reader);
    add(1, shop.local());
    assert_eq!(inside(&reader.read()), 1.0);
    add(1, shop.local());
    add(-1, shop.local());
    assert!(reader.read().points(INSIDE.name).is_empty());
}

#[test]
fn what_one_handle_adds_another_may_take_back() {
    let reader = Reader::new(Temporality::Cumulative);
    let (shop, _meter) = shop(&reader);
    reader.read();
    // A new thread has another handle, until all stripes have been gone through.
    for round in 0..600 {
        let local = shop.local().clone();
        add(2, &local);
        thread::scope(|scope| scope.spawn(|| add(-1, shop.local())).join().unwrap());
        assert_eq!(inside(&reader.read()), f64::from(round + 1));
    }
}

/// Two counts for one series, as two layers have them that know nothing of each other.
struct Twins([StripedCount; 2]);

impl Sink for Twins {
    type Record = ();
    type Ongoing = ();

    fn record(&self, (): ()) {}

    fn drain(&self) {
        self.0.iter().for_each(StripedCount::drain);
    }
}

#[test]
fn two_counts_of_one_series_add_up() {
    let reader = Reader::new(Temporality::Cumulative);
    let meter = scoped(&provider(&[&reader]));
    let attributes = || [KeyValue::new("door", "back")].into();
    let count = || StripedCount::new(BoundUpDownCounter::new(meter.i64_up_down_counter(&INSIDE)), attributes());
    let twins = Buffered::new(Twins([count(), count()]), &meter);
    for round in 1..=4 {
        let local = twins.local();
        local.0[0].add(3, local);
        local.0[1].add(-1, local);
        let snapshot = reader.read();
        assert_eq!((snapshot.points(INSIDE.name).len(), inside(&snapshot)), (1, f64::from(2 * round)));
    }
}

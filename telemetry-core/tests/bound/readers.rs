//! Writers and two readers of different temporality at the same time.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::thread;

use telemetry_core::bound::Buffered;
use telemetry_core::opentelemetry_sdk::metrics::Temporality;

use crate::{Reader, Shop, inside, provider, sales, scoped, within_limit};

const WRITERS: u64 = 4;
const RECORDS: u64 = 20_000;

/// How many records had begun, and how many had ended.
#[derive(Default)]
struct Progress {
    begun: AtomicU64,
    ended: AtomicU64,
    entering: AtomicI64,
}

fn write(shop: &Buffered<Shop>, progress: &Progress) {
    for n in 0..RECORDS {
        // Another handle each time, as for requests that come in on one thread and end on another.
        let local = shop.local().clone();
        progress.entering.fetch_add(1, Ordering::SeqCst);
        local.inside.add(1, &local);
        progress.begun.fetch_add(1, Ordering::SeqCst);
        local.record(n % 3);
        progress.ended.fetch_add(1, Ordering::SeqCst);
        local.inside.add(-1, &local);
        progress.entering.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Collects until the writers are done, and once more. Gives the totals as this reader knows them, and the number of its
/// collections.
fn read(reader: &Reader, progress: &Progress, done: &AtomicBool) -> (u64, f64, f64, u64) {
    let (mut total, mut sum, mut active, mut collections) = (0, 0.0, 0.0, 0);
    loop {
        let is_last = done.load(Ordering::SeqCst);
        let ended = progress.ended.load(Ordering::SeqCst);
        let snapshot = reader.read();
        let begun = progress.begun.load(Ordering::SeqCst);
        let (count, value) = sales(&snapshot);
        let keep = if reader.temporality == Temporality::Delta { 1.0 } else { 0.0 };
        (total, sum, active) = (total * keep as u64 + count, sum * keep + value, active * keep + inside(&snapshot));
        assert!((ended..=begun).contains(&total), "{total} is not between {ended} and {begun}");
        assert!((0.0..=WRITERS as f64).contains(&active), "{active} of {WRITERS} inside");
        collections += 1;
        if is_last {
            return (total, sum, active, collections);
        }
    }
}

#[test]
fn every_collection_of_every_reader_is_exact() {
    within_limit(|| {
        let readers = [Reader::new(Temporality::Cumulative), Reader::new(Temporality::Delta)];
        let provider = provider(&[&readers[0], &readers[1]]);
        let meter = scoped(&provider);
        let shop = Buffered::new(Shop::new(&meter), &meter);
        let (progress, done) = (Progress::default(), AtomicBool::new(false));
        let results = thread::scope(|scope| {
            let reads = [0, 1].map(|index| {
                scope.spawn({
                    let (reader, progress, done) = (&readers[index], &progress, &done);
                    move || read(reader, progress, done)
                })
            });
            let writers: Vec<_> = (0..WRITERS).map(|_| scope.spawn(|| write(&shop, &progress))).collect();
            writers.into_iter().for_each(|writer| writer.join().unwrap());
            done.store(true, Ordering::SeqCst);
            reads.map(|read| read.join().unwrap())
        });
        for (total, sum, active, collections) in results {
            assert_eq!(total, WRITERS * RECORDS);
            let of_one: u64 = (0..RECORDS).map(|n| n % 3).sum();
            assert_eq!(sum, (WRITERS * of_one) as f64);
            assert_eq!(active, 0.0);
            assert!(collections > 1);
        }
    });
}

#[test]
fn layers_that_come_and_go_while_readers_read_lose_nothing() {
    within_limit(|| {
        let readers = [Reader::new(Temporality::Cumulative), Reader::new(Temporality::Delta)];
        let provider = provider(&[&readers[0], &readers[1]]);
        let meter = scoped(&provider);
        let (progress, done) = (Progress::default(), AtomicBool::new(false));
        let results = thread::scope(|scope| {
            let reads = [0, 1].map(|index| {
                scope.spawn({
                    let (reader, progress, done) = (&readers[index], &progress, &done);
                    move || read(reader, progress, done)
                })
            });
            let come_and_go = || {
                for _ in 0..200 {
                    let shop = Buffered::new(Shop::new(&meter), &meter);
                    let in_flight = shop.local().clone();
                    progress.begun.fetch_add(71, Ordering::SeqCst);
                    (0..70).for_each(|_| shop.local().record(1));
                    drop(shop);
                    in_flight.record(1);
                    drop(in_flight);
                    progress.ended.fetch_add(71, Ordering::SeqCst);
                }
            };
            [(); 2].map(|()| scope.spawn(come_and_go)).into_iter().for_each(|thread| thread.join().unwrap());
            done.store(true, Ordering::SeqCst);
            reads.map(|read| read.join().unwrap())
        });
        for (total, sum, active, _) in results {
            assert_eq!((total, sum, active), (2 * 200 * 71, 28_400.0, 0.0));
        }
    });
}

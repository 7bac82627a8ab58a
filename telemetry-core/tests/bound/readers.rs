//! Writers and two readers of different temporality at the same time.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use telemetry_core::bound::{Buffered, Sink, Stripe};
use telemetry_core::opentelemetry_sdk::metrics::Temporality;

use crate::{Reader, Scoped, Shop, inside, provider, sales, scoped, within_limit};

const WRITERS: u64 = 4;
const RECORDS: u64 = 20_000;
const BOTH: [Temporality; 2] = [Temporality::Cumulative, Temporality::Delta];

/// How many records had begun, and how many had ended.
#[derive(Default)]
struct Progress {
    begun: AtomicU64,
    ended: AtomicU64,
}

fn write(shop: &Buffered<Shop>, progress: &Progress) {
    for n in 0..RECORDS {
        // Another handle each time, as for requests that come in on one thread and end on another.
        let local = shop.local().clone();
        local.inside.add(1, &local);
        progress.begun.fetch_add(1, Ordering::SeqCst);
        local.record(n % 3);
        progress.ended.fetch_add(1, Ordering::SeqCst);
        local.inside.add(-1, &local);
    }
}

/// What a reader knows in the end: count and sum of what was sold, who is inside, and how often it has collected.
type Seen = (u64, f64, f64, u64);

/// Collects until the writers are done, and once more.
fn read(reader: &Reader, progress: &Progress, done: &AtomicBool) -> Seen {
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

/// Two readers, and the meter of their provider.
fn two_readers(temporalities: [Temporality; 2]) -> ([Reader; 2], Scoped) {
    let readers = temporalities.map(Reader::new);
    let meter = scoped(&provider(&[&readers[0], &readers[1]]));
    (readers, meter)
}

/// Both readers collect while so many threads write.
fn race(readers: &[Reader; 2], writers: u64, write: impl Fn(&Progress) + Sync) -> [Seen; 2] {
    let (progress, done) = (Progress::default(), AtomicBool::new(false));
    thread::scope(|scope| {
        let reads = readers.each_ref().map(|reader| scope.spawn(|| read(reader, &progress, &done)));
        let writers: Vec<_> = (0..writers).map(|_| scope.spawn(|| write(&progress))).collect();
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        done.store(true, Ordering::SeqCst);
        reads.map(|read| read.join().unwrap())
    })
}

#[test]
fn every_collection_of_every_reader_is_exact() {
    within_limit(|| {
        let (readers, meter) = two_readers(BOTH);
        let shop = Buffered::new(Shop::new(&meter), &meter);
        for (total, sum, active, collections) in race(&readers, WRITERS, |progress| write(&shop, progress)) {
            assert_eq!(total, WRITERS * RECORDS);
            let of_one: u64 = (0..RECORDS).map(|n| n % 3).sum();
            assert_eq!(sum, (WRITERS * of_one) as f64);
            assert_eq!(active, 0.0);
            assert!(collections > 1);
        }
    });
}

/// Who is recorded has left.
struct Turnstile(Shop);

impl Sink for Turnstile {
    type Record = u64;
    type Ongoing = ();

    fn record(&self, record: u64) {
        self.0.record(record);
        self.0.inside.add_now(-1);
    }

    fn record_all(&self, records: impl Iterator<Item = u64>, stripe: Stripe) {
        let left = records.map(|record| self.0.record(record)).count();
        self.0.inside.add_later(-(left as i64), stripe);
    }

    fn drain(&self) {
        self.0.drain();
    }
}

#[test]
fn records_that_take_back_what_was_counted_are_never_ahead_nor_behind() {
    within_limit(|| {
        let (readers, meter) = two_readers(BOTH);
        let turnstile = Buffered::new(Turnstile(Shop::new(&meter)), &meter);
        let write = |progress: &Progress| {
            for n in 0..RECORDS {
                let local = turnstile.local().clone();
                local.0.inside.add(1, &local);
                progress.begun.fetch_add(1, Ordering::SeqCst);
                local.record(n % 3);
                progress.ended.fetch_add(1, Ordering::SeqCst);
            }
        };
        for (total, _, active, _) in race(&readers, WRITERS, write) {
            assert_eq!((total, active), (WRITERS * RECORDS, 0.0));
        }
    });
}

#[test]
fn one_at_a_time_is_never_two() {
    within_limit(|| {
        let (readers, meter) = two_readers([Temporality::Cumulative; 2]);
        let turnstile = Buffered::new(Turnstile(Shop::new(&meter)), &meter);
        let (turn, done) = (Mutex::new(()), AtomicBool::new(false));
        // On stripes of their own: a reader that looked at one after the other would see one leave and the next enter.
        let take_turns = || {
            for _ in 0..RECORDS {
                let _only_one = turn.lock().unwrap();
                let local = turnstile.local();
                local.0.inside.add(1, local);
                local.record(1);
            }
        };
        thread::scope(|scope| {
            let reads = readers.each_ref().map(|reader| {
                scope.spawn(|| {
                    while !done.load(Ordering::SeqCst) {
                        let most = inside(&reader.read());
                        assert!((0.0..=1.0).contains(&most), "{most} inside at once");
                    }
                })
            });
            let writers: Vec<_> = (0..WRITERS).map(|_| scope.spawn(take_turns)).collect();
            writers.into_iter().for_each(|writer| writer.join().unwrap());
            done.store(true, Ordering::SeqCst);
            reads.into_iter().for_each(|read| read.join().unwrap());
        });
        assert_eq!(inside(&readers[0].read()), 0.0);
    });
}

#[test]
fn layers_that_come_and_go_while_readers_read_lose_nothing() {
    within_limit(|| {
        let (readers, meter) = two_readers(BOTH);
        let come_and_go = |progress: &Progress| {
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
        for (total, sum, active, _) in race(&readers, 2, come_and_go) {
            assert_eq!((total, sum, active), (2 * 200 * 71, 28_400.0, 0.0));
        }
    });
}

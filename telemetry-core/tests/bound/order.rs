//! A reader that comes while another thread carries records to the instruments waits until they are there.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use telemetry_core::bound::{BoundHistogram, BoundUpDownCounter, Buffered, Sink};
use telemetry_core::opentelemetry::metrics::MeterProvider;
use telemetry_core::opentelemetry_sdk::metrics::{SdkMeterProvider, Temporality};

use crate::{INSIDE, LIMIT, Reader, SALES, Shop, door, inside, provider, sales, scoped};

/// Stops once, while something is on its way to the instruments, until the other reader has read or could have.
struct Slow {
    sales: BoundHistogram<u64>,
    entered: AtomicI64,
    inside: BoundUpDownCounter<i64>,
    gate: Mutex<Option<Gate>>,
    stops_at: Stop,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Stop {
    Record,
    Drain,
}

struct Gate {
    reached: Sender<()>,
    other_has_read: Receiver<()>,
}

/// Long enough for a reader that does not wait.
const HEAD_START: Duration = Duration::from_millis(200);

impl Slow {
    fn stop(&self, at: Stop) {
        let gate = if at == self.stops_at { self.gate.lock().unwrap().take() } else { None };
        if let Some(gate) = gate {
            gate.reached.send(()).unwrap();
            // Runs out where the other reader waits, as it should.
            let _ = gate.other_has_read.recv_timeout(HEAD_START);
        }
    }
}

impl Sink for Slow {
    type Record = u64;
    type Ongoing = ();

    fn record(&self, record: u64) {
        self.stop(Stop::Record);
        self.sales.record(record, &door());
    }

    /// As `StripedCount` does it.
    fn drain(&self) {
        let change = self.entered.swap(0, Ordering::Relaxed);
        self.stop(Stop::Drain);
        self.inside.add(change, &door());
    }
}

struct Scene {
    buffered: Buffered<Slow>,
    carries: Reader,
    reads: Reader,
    reached: Receiver<()>,
    has_read: Sender<()>,
    _provider: SdkMeterProvider,
}

/// Everything has been read once; then one came in and one was sold, and `stops_at` waits for the next that comes by.
fn scene(stops_at: Stop) -> Scene {
    let (carries, reads) = (Reader::new(Temporality::Cumulative), Reader::new(Temporality::Cumulative));
    let provider = provider(&[&carries, &reads]);
    let meter = scoped(&provider);
    let sink = Slow {
        sales: BoundHistogram::new(meter.u64_histogram(&SALES)),
        entered: AtomicI64::new(0),
        inside: BoundUpDownCounter::new(meter.i64_up_down_counter(&INSIDE)),
        gate: Mutex::default(),
        stops_at,
    };
    let buffered = Buffered::new(sink, &meter);
    reads.read();
    let local = buffered.local();
    local.entered.fetch_add(1, Ordering::Relaxed);
    local.record(5);
    let (reached, was_reached) = channel();
    let (has_read, other_has_read) = channel();
    *local.gate.lock().unwrap() = Some(Gate { reached, other_has_read });
    Scene { buffered, carries, reads, reached: was_reached, has_read, _provider: provider }
}

impl Scene {
    /// Reads once `carry` is on its way with what has ended.
    fn read_while(&self, carry: impl FnOnce() + Send) -> (u64, f64) {
        thread::scope(|scope| {
            scope.spawn(carry);
            self.reached.recv_timeout(LIMIT).unwrap();
            let snapshot = self.reads.read();
            let _ = self.has_read.send(());
            assert_eq!(inside(&snapshot), 1.0);
            sales(&snapshot)
        })
    }
}

#[test]
fn another_readers_drain_is_waited_for() {
    for stop in [Stop::Record, Stop::Drain] {
        let scene = scene(stop);
        assert_eq!(scene.read_while(|| drop(scene.carries.read())), (1, 5.0), "{stop:?}");
    }
}

#[test]
fn a_full_list_on_its_way_is_waited_for() {
    let scene = scene(Stop::Record);
    let local = scene.buffered.local().clone();
    let (count, sum) = scene.read_while(move || (1..64).for_each(|_| local.record(5)));
    assert_eq!((count, sum), (64, 320.0));
}

#[test]
fn a_callback_may_record() {
    let reader = Reader::new(Temporality::Cumulative);
    let provider = provider(&[&reader]);
    let meter = scoped(&provider);
    let buffered = Arc::new(Buffered::new(Shop::new(&meter), &meter));
    // A callback may record, and even use the layer: its thread holds nothing of the layer by then.
    let again = Arc::clone(&buffered);
    let other = provider.meter("other");
    let visits = other.u64_observable_gauge("visits").with_callback(move |visits| {
        again.local().record(1);
        visits.observe(1, &[]);
    });
    let _visits = visits.build();
    for round in 0..200 {
        // The layer's callback comes first, so this one's record waits for the next collection.
        assert_eq!(sales(&reader.read()).0, round);
    }
}

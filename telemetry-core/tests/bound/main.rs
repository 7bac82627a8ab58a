//! The fast path: nothing is lost, counted twice or shown as zero, whoever records and whoever reads.
#![cfg(feature = "testing")]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // Helpers of tests may fail them.

mod buffered;
mod count;
mod interner;
mod ongoing;
mod order;
mod readers;
mod series;
mod sums;
#[path = "../support/mod.rs"]
mod support;

use std::ops::Deref;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use support::{Reader, provider};
use telemetry_core::bound::{BoundHistogram, BoundUpDownCounter, Sink, StripedCount};
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::opentelemetry_sdk::metrics::SdkMeterProvider;
use telemetry_core::semconv::metric::{HTTP_SERVER_ACTIVE_REQUESTS as INSIDE, HTTP_SERVER_REQUEST_BODY_SIZE as SALES};
use telemetry_core::testing::Snapshot;
use telemetry_core::{MeterOptions, ScopedMeter};

/// A meter that keeps its provider alive: readers of one that is gone read nothing.
struct Scoped {
    meter: ScopedMeter,
    _provider: SdkMeterProvider,
}

impl Deref for Scoped {
    type Target = ScopedMeter;

    fn deref(&self) -> &ScopedMeter {
        &self.meter
    }
}

fn scoped(provider: &SdkMeterProvider) -> Scoped {
    let meter = MeterOptions::default().with_meter_provider(provider.clone()).meter("shop", "1");
    Scoped { meter, _provider: provider.clone() }
}

fn door() -> Box<[KeyValue]> {
    [KeyValue::new("door", "front")].into()
}

/// A layer as small as it can be.
struct Shop {
    sales: BoundHistogram<u64>,
    inside: StripedCount,
}

impl Shop {
    fn new(meter: &ScopedMeter) -> Self {
        let counter = BoundUpDownCounter::new(meter.i64_up_down_counter(&INSIDE));
        Self { sales: BoundHistogram::new(meter.u64_histogram(&SALES)), inside: StripedCount::new(counter, door()) }
    }
}

impl Sink for Shop {
    type Record = u64;
    type Ongoing = ();

    fn record(&self, record: u64) {
        self.sales.record(record, &door());
    }

    fn drain(&self) {
        self.inside.drain();
    }
}

/// Count and sum of what was sold.
fn sales(snapshot: &Snapshot) -> (u64, f64) {
    (snapshot.count(SALES.name, &[]), snapshot.sum(SALES.name, &[]))
}

fn inside(snapshot: &Snapshot) -> f64 {
    snapshot.sum(INSIDE.name, &[])
}

/// Far more than anything here takes.
const LIMIT: Duration = Duration::from_secs(60);

/// Fails instead of waiting for ever.
fn within_limit<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, result) = channel();
    let worker = thread::spawn(move || drop(done.send(work())));
    match result.recv_timeout(LIMIT) {
        Ok(result) => result,
        Err(RecvTimeoutError::Timeout) => panic!("it hangs"),
        Err(RecvTimeoutError::Disconnected) => std::panic::resume_unwind(worker.join().unwrap_err()),
    }
}

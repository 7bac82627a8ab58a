use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use opentelemetry::KeyValue;

use super::{BoundUpDownCounter, Local, PerStripe, Sink, Stripe};

/// A count for one series that rises and falls at every request, on a cell for each stripe of threads.
///
/// The cells hold what has changed since the last collection, and [`drain`](Self::drain) adds that to an ordinary
/// `UpDownCounter`. So two layers with one instrument add up, as two observable instruments would not, and the last
/// value is exported also after the layer is gone.
#[derive(Debug)]
pub struct StripedCount {
    cells: PerStripe<AtomicI64>,
    seen: AtomicBool,
    counter: BoundUpDownCounter<i64>,
    attributes: Box<[KeyValue]>,
}

impl StripedCount {
    /// A count of zero, for the series with these attributes.
    #[must_use]
    pub fn new(counter: BoundUpDownCounter<i64>, attributes: Box<[KeyValue]>) -> Self {
        Self { cells: PerStripe::new(AtomicI64::default), seen: AtomicBool::new(false), counter, attributes }
    }

    /// Adds a value, which may be negative. It may be taken back through another handle.
    #[inline]
    pub fn add<S: Sink>(&self, value: i64, local: &Local<S>) {
        if local.waits() {
            self.add_later(value, local.stripe());
        } else {
            self.add_now(value);
        }
    }

    /// Adds a value that waits for the next [`drain`](Self::drain). A [`Sink`] may take back in its records what was added
    /// before, on the same stripe.
    #[inline]
    pub fn add_later(&self, value: i64, stripe: Stripe) {
        self.cells.get(stripe).fetch_add(value, Ordering::Relaxed);
    }

    /// Like [`add_later`](Self::add_later), where the lock of the stripe is held whenever its cell changes: it needs no
    /// locked instruction then.
    #[inline]
    pub fn add_alone(&self, value: i64, stripe: Stripe) {
        let cell = self.cells.get(stripe);
        cell.store(cell.load(Ordering::Relaxed) + value, Ordering::Relaxed);
    }

    /// Adds a value to the instrument.
    pub fn add_now(&self, value: i64) {
        self.counter.add(value, &self.attributes);
    }

    /// Puts the changes into the instrument. The first time even if they come to nothing: who was there and left must
    /// not look as if nobody had ever come.
    pub fn drain(&self) {
        let change = self.cells.iter().map(|(_, cell)| cell.swap(0, Ordering::Relaxed)).sum();
        if change != 0 || !self.seen.swap(true, Ordering::Relaxed) {
            self.add_now(change);
        }
    }
}

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use opentelemetry::KeyValue;

use super::{BoundCounter, Local, PerStripe, Sink};

/// A few sums that only rise and change together, on a cell for each stripe of threads.
///
/// The cells hold what has come since the last collection, and [`drain`](Self::drain) adds that to ordinary counters, as
/// with a [`StripedCount`](super::StripedCount). A sum to which nothing was ever added is not exported.
pub struct StripedSums<const N: usize> {
    cells: PerStripe<[AtomicU64; N]>,
    sums: [Sum; N],
}

/// A counter, and the attributes of its series.
type Sum = (BoundCounter<u64>, Box<[KeyValue]>);

impl<const N: usize> StripedSums<N> {
    /// Sums of zero, for these series.
    #[must_use]
    pub fn new(sums: [Sum; N]) -> Self {
        Self { cells: PerStripe::new(|| std::array::from_fn(|_| AtomicU64::new(0))), sums }
    }

    /// Adds a value to each sum. Zeros cost nothing.
    #[inline]
    pub fn add<S: Sink>(&self, values: [u64; N], local: &Local<S>) {
        if !local.waits() {
            return self.add_now(values);
        }
        for (cell, value) in self.cells.get(local.stripe()).iter().zip(values) {
            if value != 0 {
                cell.fetch_add(value, Ordering::Relaxed);
            }
        }
    }

    /// Puts what has come into the counters.
    pub fn drain(&self) {
        self.add_now(std::array::from_fn(|sum| {
            self.cells.iter().map(|(_, cell)| cell[sum].swap(0, Ordering::Relaxed)).fold(0, u64::wrapping_add)
        }));
    }

    #[cold]
    fn add_now(&self, values: [u64; N]) {
        for ((counter, attributes), value) in self.sums.iter().zip(values) {
            if value != 0 {
                counter.add(value, attributes);
            }
        }
    }
}

impl<const N: usize> fmt::Debug for StripedSums<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StripedSums").finish_non_exhaustive()
    }
}

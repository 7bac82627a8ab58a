//! A guard that counts something as active for as long as it lives.

use std::fmt;

use opentelemetry::KeyValue;
use opentelemetry::metrics::UpDownCounter;

/// Adds one on creation and takes it away when dropped, with the same attributes both times.
///
/// Because the end is a drop, it comes in every ending: return, error, panic, a future dropped half-way.
///
/// ```
/// use telemetry_core::ActiveGuard;
/// use telemetry_core::opentelemetry::{KeyValue, global};
///
/// let active = global::meter("shop").i64_up_down_counter("checkout.active").build();
/// {
///     let _guard = ActiveGuard::new(active.clone(), [KeyValue::new("lane", "express")]);
///     // one more here
/// }
/// // and one less again
/// ```
#[must_use = "dropping the guard ends the count at once"]
pub struct ActiveGuard<A: AsRef<[KeyValue]>> {
    counter: UpDownCounter<i64>,
    attributes: A,
}

impl<A: AsRef<[KeyValue]>> ActiveGuard<A> {
    /// Counts one more, until the guard is dropped.
    pub fn new(counter: UpDownCounter<i64>, attributes: A) -> Self {
        counter.add(1, attributes.as_ref());
        Self { counter, attributes }
    }
}

impl<A: AsRef<[KeyValue]>> Drop for ActiveGuard<A> {
    fn drop(&mut self) {
        self.counter.add(-1, self.attributes.as_ref());
    }
}

impl<A: AsRef<[KeyValue]>> fmt::Debug for ActiveGuard<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActiveGuard").field("attributes", &self.attributes.as_ref()).finish_non_exhaustive()
    }
}

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{PerStripe, Sink, Stripe};

/// What the stripes of a [`Sink`] hold, each behind a lock of its own.
pub struct Stripes<S: Sink>(PerStripe<Mutex<Held<S>>>);

/// What waits for a collection, and what goes on.
pub(super) struct Held<S: Sink> {
    pub(super) records: Vec<S::Record>,
    pub(super) ongoing: S::Ongoing,
}

impl<S: Sink> Stripes<S> {
    /// With room for so many records on each stripe.
    pub(super) fn with_room(records: usize) -> Self {
        let held = || Held { records: Vec::with_capacity(records), ongoing: S::Ongoing::default() };
        Self(PerStripe::new(|| Mutex::new(held())))
    }

    #[inline]
    pub(super) fn lock(&self, stripe: Stripe) -> MutexGuard<'_, Held<S>> {
        lock(self.0.get(stripe))
    }

    /// Each stripe, locked when its turn comes.
    pub(super) fn locked(&self) -> impl Iterator<Item = (Stripe, MutexGuard<'_, Held<S>>)> {
        self.0.iter().map(|(stripe, held)| (stripe, lock(held)))
    }

    /// How many there are.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "there is always one")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Looks at what goes on on the stripe at a place, which is locked meanwhile. Absent if there is no such place.
    pub fn look<T>(&self, place: usize, look: impl FnOnce(&S::Ongoing) -> T) -> Option<T> {
        self.0.at(place).map(|held| look(&lock(held).ongoing))
    }
}

/// A panic of the caller's, in a callback or a record of its own, must not end all records.
#[inline]
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<S: Sink> fmt::Debug for Stripes<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stripes").field("len", &self.len()).finish_non_exhaustive()
    }
}

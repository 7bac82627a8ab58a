use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering, fence};

use crate::spare::{Depot, Spare};

/// The bytes of a request's body. The request reads them when it ends, and the body may live for longer: so they have
/// two owners, and whoever is last leaves the memory to the next request.
#[derive(Debug, Default)]
pub(crate) struct ByteCount(Option<Arc<AtomicU64>>);

static DEPOT: Depot<Arc<AtomicU64>> = Depot::new();

thread_local! {
    static SPARE: Spare<Arc<AtomicU64>> = const { Spare::new(&DEPOT) };
}

impl ByteCount {
    /// Counts nothing, and is zero.
    pub(crate) const NONE: Self = Self(None);

    /// A count of zero: that of the request, and that of the body.
    pub(crate) fn pair() -> (Self, Self) {
        let count = Spare::take(&SPARE).unwrap_or_default();
        (Self(Some(Arc::clone(&count))), Self(Some(count)))
    }

    /// To be called by the body alone.
    #[inline]
    pub(crate) fn add(&self, bytes: u64) {
        if let Some(count) = &self.0 {
            // Nobody else writes, so this need not be one step.
            count.store(count.load(Ordering::Relaxed).wrapping_add(bytes), Ordering::Relaxed);
        }
    }

    #[inline]
    pub(crate) fn get(&self) -> u64 {
        self.0.as_ref().map_or(0, |count| count.load(Ordering::Relaxed))
    }

    fn leave(count: Arc<AtomicU64>) {
        // There are no weak references, so the last owner stays the last.
        if Arc::strong_count(&count) == 1 {
            // What the other owner has written comes before it is overwritten.
            fence(Ordering::Acquire);
            count.store(0, Ordering::Relaxed);
            Spare::leave(&SPARE, count);
        }
    }
}

impl Drop for ByteCount {
    #[inline]
    fn drop(&mut self) {
        if let Some(count) = self.0.take() {
            Self::leave(count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_owner_leaves_the_memory_to_the_next_request() {
        let (request, body) = ByteCount::pair();
        let place = Arc::as_ptr(request.0.as_ref().unwrap());
        body.add(5);
        assert_eq!(request.get(), 5);
        drop(request);
        let (other, _) = ByteCount::pair();
        assert_ne!(Arc::as_ptr(other.0.as_ref().unwrap()), place, "the body still has it");
        drop(body);
        let (next, _) = ByteCount::pair();
        assert_eq!(Arc::as_ptr(next.0.as_ref().unwrap()), place);
        assert_eq!(next.get(), 0);
    }
}

//! All connections that are open.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use telemetry_core::bound::{PerStripe, Stripe};

use crate::connection::Open;

/// The connections that are open, in a list for each stripe of threads. A list is locked when a connection opens or
/// closes, and when it is looked through; never while bytes move.
#[derive(Debug)]
pub(crate) struct Registry {
    stripes: PerStripe<Mutex<Vec<Arc<Open>>>>,
}

impl Registry {
    pub(crate) fn new() -> Self {
        Self { stripes: PerStripe::new(Mutex::default) }
    }

    pub(crate) fn insert(&self, stripe: Stripe, open: Arc<Open>) {
        let mut list = lock(self.stripes.get(stripe));
        open.slot.store(number(list.len()), Ordering::Relaxed);
        list.push(open);
    }

    /// Takes a connection out. What `last` takes from it cannot be taken by [`for_each`](Self::for_each) as well.
    pub(crate) fn remove<T>(&self, stripe: Stripe, open: &Open, last: impl FnOnce() -> T) -> T {
        let mut list = lock(self.stripes.get(stripe));
        // The list holds one of its references until the lock is gone, so nothing is dropped under it.
        let slot = open.slot.load(Ordering::Relaxed) as usize;
        let removed = (slot < list.len()).then(|| list.swap_remove(slot));
        if let Some(moved) = list.get(slot) {
            moved.slot.store(number(slot), Ordering::Relaxed);
        }
        let last = last();
        drop(list);
        drop(removed);
        last
    }

    #[cfg(all(feature = "tcp-info", any(target_os = "linux", target_os = "android")))]
    pub(crate) fn stripes(&self) -> usize {
        self.stripes.len()
    }

    /// Looks at some connections of a stripe, and gives back how many that has.
    #[cfg(all(feature = "tcp-info", any(target_os = "linux", target_os = "android")))]
    pub(crate) fn visit(&self, stripe: usize, from: usize, most: usize, look: impl FnMut(&Arc<Open>)) -> usize {
        let Some(stripe) = self.stripes.at(stripe) else { return 0 };
        let list = lock(stripe);
        list.iter().skip(from).take(most).for_each(look);
        list.len()
    }

    /// Looks at all connections, one stripe after the other.
    pub(crate) fn for_each(&self, mut look: impl FnMut(&Open)) {
        for (_, stripe) in self.stripes.iter() {
            for open in &*lock(stripe) {
                look(open);
            }
        }
    }
}

/// No machine has room for as many connections as this cannot tell.
fn number(slot: usize) -> u32 {
    u32::try_from(slot).unwrap_or(u32::MAX)
}

/// Nothing that is done under the lock can leave a list half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

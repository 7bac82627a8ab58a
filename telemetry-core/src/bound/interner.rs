use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use foldhash::fast::RandomState;

/// A set of values that only grows, up to a limit, with an index for each. Finding one takes no lock and allocates
/// nothing.
///
/// An entry never moves and never goes, so an index stays good for as long as the set lives: a request can carry it
/// along without touching a reference count that all cores share.
///
/// ```
/// use telemetry_core::bound::Interner;
///
/// let routes = Interner::<String>::with_limit(2);
/// let find = |route: &str| {
///     routes.find_or_insert(routes.hash(route), |known| known == route, || route.to_owned())
/// };
/// let first = find("/users/{id}").unwrap();
/// assert_eq!(find("/users/{id}"), Some(first));
/// assert_eq!(routes.get(first).unwrap(), "/users/{id}");
/// assert!(find("/orders").is_some());
/// assert_eq!(find("/one-too-many"), None);
/// ```
pub struct Interner<T> {
    slots: Box<[Slot<T>]>,
    len: AtomicUsize,
    limit: usize,
    /// Keys may come from clients: seeded, so that they cannot choose those that collide.
    hasher: RandomState,
}

type Slot<T> = OnceLock<Box<T>>;

/// A power of two with room enough for any application.
const MOST: usize = 1 << 20;

impl<T> Interner<T> {
    /// A set for at most `limit` values, and never more than 2^20. Its index takes 32 to 64 bytes a value from the start.
    #[must_use]
    pub fn with_limit(limit: usize) -> Self {
        let limit = limit.min(MOST);
        // Half of the slots stay empty, so that a search ends soon.
        let slots = (2 * limit).next_power_of_two().max(2);
        let slots = (0..slots).map(|_| OnceLock::new()).collect();
        Self { slots, len: AtomicUsize::new(0), limit, hasher: RandomState::default() }
    }

    /// The hash of a key, as [`find_or_insert`](Self::find_or_insert) wants it.
    #[inline]
    #[must_use]
    pub fn hash(&self, key: impl Hash) -> u64 {
        self.hasher.hash_one(key)
    }

    /// The index of the value that `is` the one looked for, if it is there. `hash` must be equal for equal values.
    #[inline]
    pub fn find(&self, hash: u64, is: impl Fn(&T) -> bool) -> Option<u32> {
        self.search(hash, is).ok()
    }

    /// Like [`find`](Self::find), with a value that `make` makes if it is new. `None` when it is new and the set is full.
    ///
    /// Threads that insert at once may each get in while there is room for one.
    pub fn find_or_insert(&self, hash: u64, is: impl Fn(&T) -> bool, make: impl Fn() -> T) -> Option<u32> {
        loop {
            let empty = match self.search(hash, &is) {
                Ok(index) => return Some(index),
                Err(empty) => empty?,
            };
            if self.is_full() {
                return None;
            }
            // Another thread may be first, with this value or with another: then the search goes on.
            empty.get_or_init(|| {
                let value = Box::new(make());
                // Not before: what panics is not there.
                self.len.fetch_add(1, Ordering::Relaxed);
                value
            });
        }
    }

    /// The index of a value, or else the empty slot that ended the search: the one place where the value may go, so that
    /// no two threads insert it. Threads that inserted at once may have left none.
    #[inline]
    fn search(&self, hash: u64, is: impl Fn(&T) -> bool) -> Result<u32, Option<&Slot<T>>> {
        let mask = self.slots.len() - 1;
        for step in 0..self.slots.len() {
            let index = (hash as usize).wrapping_add(step) & mask;
            let slot = &self.slots[index];
            match slot.get() {
                Some(value) if is(value) => return Ok(index as u32),
                Some(_) => {}
                None => return Err(Some(slot)),
            }
        }
        Err(None)
    }

    /// Whether there is no room for a new value.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.len.load(Ordering::Relaxed) >= self.limit
    }

    /// The value at an index that [`find_or_insert`](Self::find_or_insert) gave.
    #[inline]
    #[must_use]
    pub fn get(&self, index: u32) -> Option<&T> {
        self.slots.get(index as usize)?.get().map(|entry| &**entry)
    }

    /// All values, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.slots.iter().filter_map(OnceLock::get).map(|entry| &**entry)
    }
}

impl<T> fmt::Debug for Interner<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interner").field("len", &self.len).field("limit", &self.limit).finish_non_exhaustive()
    }
}

use std::array;
use std::cell::RefCell;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::LocalKey;

/// Memory that requests have left to a thread, so that the next ones need not allocate.
///
/// The list of it stands in the thread's own memory: from a heap it could get a cache line that another core writes to.
#[derive(Debug)]
pub(crate) struct Spare<T: 'static> {
    list: RefCell<List<T>>,
    depot: &'static Depot<T>,
}

#[derive(Debug)]
struct List<T> {
    values: [Option<T>; MOST],
    len: usize,
}

/// What one thread has too much of and another one lacks: requests may begin on one and end on another.
#[derive(Debug)]
pub(crate) struct Depot<T>(Mutex<Vec<T>>);

/// More than a thread needs that ends as many requests as it begins.
const MOST: usize = 64;

/// How many go to the depot or come from there at once.
const SOME: usize = MOST / 2;

/// More requests than are under way in most services; the memory of the rest is freed.
const MOST_IN_DEPOT: usize = 4096;

impl<T> Depot<T> {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Spare<T> {
    pub(crate) const fn new(depot: &'static Depot<T>) -> Self {
        Self { list: RefCell::new(List { values: [const { None }; MOST], len: 0 }), depot }
    }

    /// What was left, if there is anything. A thread that is ending has nothing to spare any more, but may still have
    /// requests.
    #[inline]
    pub(crate) fn take(key: &'static LocalKey<Self>) -> Option<T> {
        key.try_with(|spare| {
            let mut list = spare.list.borrow_mut();
            if list.len == 0 {
                list.fetch(spare.depot);
            }
            list.pop()
        })
        .ok()
        .flatten()
    }

    /// Leaves something for the next request.
    #[inline]
    pub(crate) fn leave(key: &'static LocalKey<Self>, value: T) {
        let _ = key.try_with(|spare| {
            let mut list = spare.list.borrow_mut();
            if list.len == MOST {
                list.bring(spare.depot);
            }
            list.push(value);
        });
    }
}

impl<T> List<T> {
    #[inline]
    fn pop(&mut self) -> Option<T> {
        self.len = self.len.checked_sub(1)?;
        self.values.get_mut(self.len)?.take()
    }

    #[inline]
    fn push(&mut self, value: T) {
        if let Some(free) = self.values.get_mut(self.len) {
            *free = Some(value);
            self.len += 1;
        }
    }

    #[cold]
    fn fetch(&mut self, depot: &Depot<T>) {
        let mut depot = depot.lock();
        let keep = depot.len().saturating_sub(SOME);
        depot.drain(keep..).for_each(|value| self.push(value));
    }

    /// Makes room, in the depot or not.
    #[cold]
    fn bring(&mut self, depot: &Depot<T>) {
        let some: [_; SOME] = array::from_fn(|_| self.pop());
        let mut depot = depot.lock();
        let room = MOST_IN_DEPOT.saturating_sub(depot.len());
        depot.extend(some.into_iter().flatten().take(room));
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    macro_rules! spare {
        () => {{
            static DEPOT: Depot<usize> = Depot::new();
            thread_local! {
                static SPARE: Spare<usize> = const { Spare::new(&DEPOT) };
            }
            (&SPARE, &DEPOT)
        }};
    }

    #[test]
    fn what_was_left_is_taken_once() {
        let (key, _) = spare!();
        assert_eq!(Spare::take(key), None);
        Spare::leave(key, 1);
        assert_eq!((Spare::take(key), Spare::take(key)), (Some(1), None));
    }

    #[test]
    fn spare_memory_is_bounded() {
        let (key, depot) = spare!();
        (0..2 * MOST_IN_DEPOT).for_each(|i| Spare::leave(key, i));
        assert_eq!(depot.lock().len(), MOST_IN_DEPOT);
        let taken = std::iter::from_fn(|| Spare::take(key)).count();
        assert!((MOST_IN_DEPOT..=MOST_IN_DEPOT + MOST).contains(&taken), "{taken}");
    }

    #[test]
    fn one_thread_takes_what_another_has_left() {
        let (key, _) = spare!();
        let begun = 10 * MOST;
        thread::spawn(move || (0..begun).for_each(|i| Spare::leave(key, i))).join().unwrap();
        let taken = std::iter::from_fn(|| Spare::take(key)).count();
        assert!((begun - MOST..begun).contains(&taken), "{taken}: but for what went with the thread");
    }
}

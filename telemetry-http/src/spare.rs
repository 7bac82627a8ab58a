use std::cell::RefCell;
use std::thread::LocalKey;

/// Memory that requests have left to a thread, so that the next ones need not allocate.
///
/// All of it stands in the thread's own memory: from a heap it could get a cache line that another core writes to.
#[derive(Debug)]
pub(crate) struct Spare<T>(RefCell<Stack<T>>);

#[derive(Debug)]
struct Stack<T> {
    values: [Option<T>; MOST],
    len: usize,
}

/// More requests than end on a thread before others start; the memory of the rest is freed.
const MOST: usize = 64;

impl<T> Spare<T> {
    pub(crate) const fn new() -> Self {
        Self(RefCell::new(Stack { values: [const { None }; MOST], len: 0 }))
    }

    /// What was left, if there is anything. A thread that is ending has nothing to spare any more, but may still have
    /// requests.
    #[inline]
    pub(crate) fn take(key: &'static LocalKey<Self>) -> Option<T> {
        let last = |stack: &mut Stack<T>| {
            stack.len = stack.len.checked_sub(1)?;
            stack.values.get_mut(stack.len)?.take()
        };
        key.try_with(|spare| last(&mut spare.0.borrow_mut())).ok().flatten()
    }

    /// Leaves something for the next request.
    #[inline]
    pub(crate) fn leave(key: &'static LocalKey<Self>, value: T) {
        let _ = key.try_with(|spare| {
            let mut stack = spare.0.borrow_mut();
            let len = stack.len;
            if let Some(free) = stack.values.get_mut(len) {
                *free = Some(value);
                stack.len += 1;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    thread_local! {
        static SPARE: Spare<usize> = const { Spare::new() };
    }

    #[test]
    fn what_was_left_is_taken_once() {
        assert_eq!(Spare::take(&SPARE), None);
        Spare::leave(&SPARE, 1);
        assert_eq!((Spare::take(&SPARE), Spare::take(&SPARE)), (Some(1), None));
    }

    #[test]
    fn spare_memory_is_bounded() {
        (0..2 * MOST).for_each(|i| Spare::leave(&SPARE, i));
        let taken = std::iter::from_fn(|| Spare::take(&SPARE)).count();
        assert_eq!(taken, MOST);
    }
}

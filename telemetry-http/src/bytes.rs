use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A count of bytes with two owners: the request, and its body, which the service may keep for longer.
///
/// Whoever is last leaves the memory to the thread it is on, so that the next request need not allocate.
#[derive(Debug)]
pub(crate) struct ByteCount(Option<Arc<AtomicU64>>);

/// More requests with a body than end on a thread before others start; the rest is freed.
const MOST_SPARE: usize = 64;

thread_local! {
    static SPARE: RefCell<Vec<Arc<AtomicU64>>> = const { RefCell::new(Vec::new()) };
}

impl ByteCount {
    /// A count of zero, for both owners.
    pub(crate) fn pair() -> (Self, Self) {
        // A thread that is ending has nothing to spare any more, but may still have requests.
        let spare = SPARE.try_with(|spare| spare.borrow_mut().pop()).ok().flatten();
        let count = spare.unwrap_or_default();
        (Self(Some(Arc::clone(&count))), Self(Some(count)))
    }

    pub(crate) fn add(&self, bytes: u64) {
        if let Some(count) = &self.0 {
            count.fetch_add(bytes, Ordering::Relaxed);
        }
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.as_ref().map_or(0, |count| count.load(Ordering::Relaxed))
    }
}

impl Drop for ByteCount {
    fn drop(&mut self) {
        let Some(mut count) = self.0.take() else { return };
        if let Some(bytes) = Arc::get_mut(&mut count) {
            *bytes.get_mut() = 0;
            let _ = SPARE.try_with(|spare| {
                let mut spare = spare.borrow_mut();
                if spare.len() < MOST_SPARE {
                    spare.push(count);
                }
            });
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

    #[test]
    fn spare_memory_is_bounded() {
        let many: Vec<_> = (0..2 * MOST_SPARE).map(|_| ByteCount::pair()).collect();
        drop(many);
        assert_eq!(SPARE.with_borrow(Vec::len), MOST_SPARE);
    }
}

//! What waits to be exported: bounded, and cut into batches as it comes.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Items in the order in which they came. Adding one is a push under a lock that nobody holds for longer than that;
/// taking a batch moves a pointer.
#[derive(Debug)]
pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    /// A whole batch is there.
    batch_ready: Notify,
    capacity: usize,
    batch: usize,
}

#[derive(Debug)]
struct State<T> {
    ready: VecDeque<Vec<T>>,
    filling: Vec<T>,
    len: usize,
    closed: bool,
}

/// Why an item was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    Full,
    Closed,
}

impl<T> Queue<T> {
    /// For at most `capacity` items, in batches of at most `batch`.
    pub(super) fn new(capacity: usize, batch: usize) -> Self {
        let state = State { ready: VecDeque::new(), filling: Vec::new(), len: 0, closed: false };
        Self { state: Mutex::new(state), batch_ready: Notify::new(), capacity, batch }
    }

    pub(super) fn push(&self, item: T) -> Result<(), Refused> {
        let mut state = self.state();
        if state.closed {
            return Err(Refused::Closed);
        }
        if state.len == self.capacity {
            return Err(Refused::Full);
        }
        state.filling.push(item);
        state.len += 1;
        if state.filling.len() == self.batch {
            let batch = mem::take(&mut state.filling);
            state.ready.push_back(batch);
            drop(state);
            self.batch_ready.notify_one();
        }
        Ok(())
    }

    /// The oldest batch, if a whole one is there.
    fn take_ready(&self) -> Option<Vec<T>> {
        let mut state = self.state();
        let batch = state.ready.pop_front()?;
        state.len -= batch.len();
        Some(batch)
    }

    /// The oldest items, as many as are there and fit in a batch.
    pub(super) fn take(&self) -> Option<Vec<T>> {
        let mut state = self.state();
        let whole = state.ready.pop_front();
        let batch = whole.unwrap_or_else(|| mem::take(&mut state.filling));
        state.len -= batch.len();
        (!batch.is_empty()).then_some(batch)
    }

    /// The oldest batch, once a whole one is there. Nothing is lost by giving up the wait.
    pub(super) async fn next_ready(&self) -> Vec<T> {
        loop {
            if let Some(batch) = self.take_ready() {
                return batch;
            }
            self.batch_ready.notified().await;
        }
    }

    /// How many batches it takes to export what is here.
    pub(super) fn batches(&self) -> usize {
        let state = self.state();
        state.ready.len() + usize::from(!state.filling.is_empty())
    }

    /// Nothing more is taken in; what is there stays.
    pub(super) fn close(&self) {
        self.state().closed = true;
    }

    pub(super) fn len(&self) -> usize {
        self.state().len
    }

    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        // Nothing in here can fail half-way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_come_out_in_batches_in_their_order() {
        let queue = Queue::new(5, 2);
        for item in 0..5 {
            queue.push(item).unwrap();
        }
        assert_eq!(queue.push(5), Err(Refused::Full));
        assert_eq!((queue.take(), queue.take_ready()), (Some(vec![0, 1]), Some(vec![2, 3])));
        assert_eq!((queue.take_ready(), queue.take(), queue.take()), (None, Some(vec![4]), None));
        assert_eq!(queue.len(), 0);
        queue.push(6).unwrap();
    }

    #[test]
    fn every_item_comes_out_once_or_is_refused_whoever_pushes_and_however_many() {
        const PUSHERS: usize = 8;
        const EACH: usize = 20_000;
        let queue = Queue::new(100, 7);
        let pushing = std::sync::atomic::AtomicUsize::new(PUSHERS);
        let (mut taken, mut refused) = (Vec::new(), Vec::new());
        std::thread::scope(|scope| {
            let pushers: Vec<_> = (0..PUSHERS)
                .map(|pusher| {
                    let (queue, pushing) = (&queue, &pushing);
                    scope.spawn(move || {
                        let items = (0..EACH).map(|item| pusher * EACH + item);
                        let refused: Vec<_> = items.filter(|item| queue.push(*item).is_err()).collect();
                        pushing.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                        refused
                    })
                })
                .collect();
            loop {
                let last = pushing.load(std::sync::atomic::Ordering::SeqCst) == 0;
                assert!(queue.len() <= queue.capacity());
                while let Some(batch) = queue.take() {
                    assert!((1..=7).contains(&batch.len()), "{batch:?}");
                    taken.extend(batch);
                }
                if last {
                    break;
                }
            }
            refused.extend(pushers.into_iter().flat_map(|pusher| pusher.join().unwrap()));
        });
        for pusher in 0..PUSHERS {
            let own: Vec<_> = taken.iter().filter(|item| **item / EACH == pusher).collect();
            assert!(own.is_sorted(), "{pusher}");
        }
        let mut all = [taken, refused].concat();
        all.sort_unstable();
        assert!(all.into_iter().eq(0..PUSHERS * EACH));
        assert_eq!((queue.len(), queue.batches()), (0, 0));
    }

    #[test]
    fn who_waits_for_a_batch_gets_it_whenever_it_came() {
        let queue = Queue::new(10, 2);
        let poll = |queue: &Queue<i32>| {
            std::pin::pin!(queue.next_ready()).poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
        };
        queue.push(0).unwrap();
        assert!(poll(&queue).is_pending());
        (1..5).for_each(|item| queue.push(item).unwrap());
        assert_eq!(queue.batches(), 3);
        assert_eq!(poll(&queue), std::task::Poll::Ready(vec![0, 1]));
        assert_eq!(poll(&queue), std::task::Poll::Ready(vec![2, 3]));
        assert!(poll(&queue).is_pending());
    }

    #[test]
    fn a_closed_queue_keeps_what_it_has() {
        let queue = Queue::new(5, 2);
        queue.push(0).unwrap();
        queue.close();
        assert_eq!(queue.push(1), Err(Refused::Closed));
        assert_eq!(queue.take(), Some(vec![0]));
    }
}

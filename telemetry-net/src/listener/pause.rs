//! A pause that needs nothing of the runtime.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// The first pause, and the longest.
const SHORTEST: Duration = Duration::from_millis(5);
const LONGEST: Duration = Duration::from_secs(1);

/// Room enough for a thread that does nothing but wait.
const STACK: usize = 64 * 1024;

/// Pauses that get longer from one to the next.
#[derive(Debug)]
pub(super) struct Pauses {
    next: Duration,
    now: Option<Pause>,
}

impl Pauses {
    pub(super) fn new() -> Self {
        Self { next: SHORTEST, now: None }
    }

    /// The next one is a short one again.
    pub(super) fn start_over(&mut self) {
        self.next = SHORTEST;
    }

    /// Begins a pause.
    pub(super) fn begin(&mut self) {
        self.now = Some(Pause::new(self.next));
        self.next = (self.next * 2).min(LONGEST);
    }

    /// Waits for the end of the pause that goes on, if one does.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let over = self.now.as_ref().map_or(Poll::Ready(()), |pause| pause.poll(cx));
        if over.is_ready() {
            self.now = None;
        }
        over
    }
}

/// A thread that waits. Tokio's timer would panic in a runtime without one, and nothing tells beforehand. Its threads for
/// blocking work may all be busy, keep a runtime from its end, and panic too where the system has no thread to give. A
/// thread of our own needs no runtime at all, and one that cannot be had is an error. As pauses go, there is one at a
/// time for a listener, and it ends with the listener.
#[derive(Debug)]
struct Pause {
    state: Arc<State>,
    thread: Option<Thread>,
}

#[derive(Debug, Default)]
struct State {
    over: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl Pause {
    fn new(length: Duration) -> Self {
        let state = Arc::<State>::default();
        let theirs = Arc::clone(&state);
        let wait = move || theirs.wait(length);
        let thread = thread::Builder::new().name("accept-pause".to_owned()).stack_size(STACK).spawn(wait);
        Self { state, thread: thread.ok().map(|thread| thread.thread().clone()) }
    }

    fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.thread.is_none() && !self.state.over.swap(true, Ordering::Relaxed) {
            // The machine has no thread to give. Other tasks go first, and then it is tried again.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let mut waker = self.state.lock();
        if self.state.over.load(Ordering::Relaxed) {
            return Poll::Ready(());
        }
        match &mut *waker {
            Some(known) => known.clone_from(cx.waker()),
            None => *waker = Some(cx.waker().clone()),
        }
        Poll::Pending
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        self.state.over.store(true, Ordering::Relaxed);
        if let Some(thread) = &self.thread {
            thread.unpark();
        }
    }
}

impl State {
    fn wait(&self, length: Duration) {
        let start = Instant::now();
        while !self.over.load(Ordering::Relaxed) {
            let left = length.saturating_sub(start.elapsed());
            if left.is_zero() {
                break;
            }
            thread::park_timeout(left);
        }
        let waker = {
            let mut waker = self.lock();
            self.over.store(true, Ordering::Relaxed);
            waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Waker>> {
        self.waker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poll(pause: impl FnOnce(&mut Context<'_>) -> Poll<()>) -> Poll<()> {
        pause(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn nt_75_pauses_double_up_to_a_second_and_start_over() {
        let mut pauses = Pauses::new();
        assert!(poll(|cx| pauses.poll(cx)).is_ready());
        let mut lengths = Vec::new();
        for _ in 0..10 {
            lengths.push(pauses.next.as_millis());
            pauses.begin(); // ends the one before
        }
        assert_eq!(lengths, [5, 10, 20, 40, 80, 160, 320, 640, 1000, 1000]);
        assert!(poll(|cx| pauses.poll(cx)).is_pending());
        pauses.start_over();
        assert_eq!(pauses.next, SHORTEST);
    }

    #[test]
    fn nt_75_the_thread_ends_with_its_pause() {
        let pause = Pause::new(Duration::from_secs(3600));
        assert!(poll(|cx| pause.poll(cx)).is_pending());
        let state = Arc::downgrade(&pause.state);
        drop(pause);
        let start = Instant::now();
        while state.strong_count() > 0 {
            assert!(start.elapsed() < LONGEST * 10);
            thread::yield_now();
        }
    }

    #[test]
    fn nt_75_without_a_thread_others_have_their_turn() {
        let pause = Pause { state: Arc::default(), thread: None };
        assert!(poll(|cx| pause.poll(cx)).is_pending());
        assert!(poll(|cx| pause.poll(cx)).is_ready());
    }
}

//! Work of several threads, with something else meanwhile.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;

pub const THREADS: u64 = 4;
/// Each thread does its work at least so often.
const LEAST: u64 = 200;

/// Lets threads do their work again and again, until something has been done so many `times` meanwhile. Returns how
/// often they did theirs.
pub fn drive(work: impl Fn() + Sync, times: u64, mut meanwhile: impl FnMut()) -> u64 {
    let enough = AtomicBool::new(false);
    let one_thread = || {
        let mut count = 0;
        while count < LEAST || !enough.load(Ordering::Relaxed) {
            work();
            count += 1;
        }
        count
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(one_thread)).collect();
        let end = End(&enough);
        (0..times).for_each(|_| meanwhile());
        drop(end);
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    })
}

/// Ends the threads also if what is done meanwhile panics.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Polls a future once. It must not be one that waits.
pub fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("nothing here has to wait"),
    }
}

//! A shutdown happens once, and whoever comes second waits for the first.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

#[derive(Debug, Default)]
pub(super) struct Ending {
    state: Mutex<State>,
    done: Condvar,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Running,
    Ending,
    Ended,
}

impl Ending {
    /// Whether the caller is the first. Another one has waited, for as long as it may, until the first was done: a guard
    /// that is dropped while a shutdown is on its way has to hold the end of the process up.
    pub(super) fn begin(&self, limit: Duration) -> bool {
        let mut state = self.state();
        if *state == State::Running {
            *state = State::Ending;
            return true;
        }
        let waited = self.done.wait_timeout_while(state, limit, |state| *state == State::Ending);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
        false
    }

    pub(super) fn done(&self) {
        *self.state() = State::Ended;
        self.done.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;
    use std::time::Instant;

    use super::*;

    #[test]
    fn co_35_the_second_waits_for_the_first() {
        let ending = Ending::default();
        assert!(ending.begin(Duration::ZERO));
        thread::scope(|scope| {
            let (waited, done) = mpsc::channel();
            let ending = &ending;
            scope.spawn(move || waited.send(ending.begin(Duration::from_secs(60))));
            assert!(done.recv_timeout(Duration::from_millis(50)).is_err());
            ending.done();
            assert!(!done.recv().unwrap());
        });
        let begin = Instant::now();
        assert!(!ending.begin(Duration::from_secs(60)));
        assert!(begin.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn co_35_the_second_does_not_wait_longer_than_it_may() {
        let ending = Ending::default();
        assert!(ending.begin(Duration::ZERO));
        assert!(!ending.begin(Duration::from_millis(10)));
    }
}

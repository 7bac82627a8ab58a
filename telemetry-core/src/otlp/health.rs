//! What the log is told about a receiver: when it is away, and when it is back.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::signal::Signal;

/// One line when exports begin to fail, one when all of them work again, whatever comes between. All signals of a
/// receiver share it: if it is away, that is said once and not three times.
#[derive(Debug)]
pub(super) struct Health {
    receiver: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failing: [Option<&'static str>; Signal::ALL.len()],
    since: Option<Instant>,
    lost: u64,
    dropping: [bool; Signal::ALL.len()],
    rejecting: bool,
}

impl Health {
    pub(super) fn new(receiver: String) -> Self {
        Self { receiver, state: Mutex::default() }
    }

    pub(super) fn is_receiver(&self, receiver: &str) -> bool {
        self.receiver == receiver
    }

    /// An attempt failed, or a whole export did, and then with what was lost by it.
    pub(super) fn failed(&self, signal: Signal, kind: &'static str, lost: u64) {
        let mut state = self.state();
        state.lost += lost;
        if state.failing[signal as usize].is_some() {
            return;
        }
        let told = state.failing.iter().flatten().any(|known| *known == kind);
        state.failing[signal as usize] = Some(kind);
        state.since.get_or_insert_with(Instant::now);
        drop(state);
        if !told {
            tracing::warn!(
                receiver = %self.receiver,
                error.r#type = %kind,
                "{signal} cannot be exported; it is tried again, and until it works only counted in otel.sdk.*"
            );
        }
    }

    /// The receiver is there, and would not have some items. That may be with each second export, so it is told once.
    pub(super) fn rejected(&self, signal: Signal, rejected: u64) {
        let told = std::mem::replace(&mut self.state().rejecting, true);
        if !told {
            tracing::warn!(
                receiver = %self.receiver,
                rejected,
                "the receiver rejects some of the {signal}; whatever it rejects from now on is only counted in otel.sdk.*"
            );
        }
    }

    pub(super) fn succeeded(&self, signal: Signal) {
        let mut state = self.state();
        state.dropping[signal as usize] = false;
        if state.failing[signal as usize].take().is_none() || state.failing.iter().any(Option::is_some) {
            return;
        }
        let seconds = state.since.take().map_or(0.0, |since| since.elapsed().as_secs_f64());
        let lost = std::mem::take(&mut state.lost);
        drop(state);
        tracing::info!(
            receiver = %self.receiver,
            lost,
            "{signal} are exported again, after {seconds:.1} s"
        );
    }

    /// There was no room for some of the signal's items. Once told, it is not told again before an export succeeds.
    pub(super) fn dropped(&self, signal: Signal, dropped: u64) {
        let mut state = self.state();
        state.lost += dropped;
        if !std::mem::replace(&mut state.dropping[signal as usize], true) {
            drop(state);
            tracing::warn!(
                receiver = %self.receiver,
                dropped,
                "{signal} come faster than they can be exported: what has no room in the queue is dropped and counted"
            );
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;

    use super::*;

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Log {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(line)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(work: impl FnOnce(&Health)) -> Vec<String> {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(subscriber, || work(&Health::new("http://a:1".to_owned())));
        let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        text.lines().map(ToOwned::to_owned).collect()
    }

    #[test]
    fn a_failure_of_all_signals_is_one_line_and_so_is_their_recovery() {
        let lines = logged(|health| {
            for _ in 0..3 {
                Signal::ALL.into_iter().for_each(|signal| health.failed(signal, "timeout", 2));
            }
            health.succeeded(Signal::Logs);
            health.succeeded(Signal::Traces);
            health.succeeded(Signal::Traces);
            health.succeeded(Signal::Metrics);
            health.succeeded(Signal::Metrics);
        });
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].contains("traces cannot be exported") && lines[0].contains("timeout"), "{lines:?}");
        assert!(lines[1].contains("lost=18") && lines[1].contains("http://a:1"), "{lines:?}");
    }

    #[test]
    fn another_reason_of_another_signal_is_told_of_too() {
        let lines = logged(|health| {
            health.failed(Signal::Traces, "timeout", 1);
            health.failed(Signal::Logs, "404", 1);
            health.failed(Signal::Traces, "503", 1);
        });
        assert_eq!(lines.len(), 2, "{lines:?}");
    }

    #[test]
    fn after_a_recovery_everything_begins_anew() {
        let lines = logged(|health| {
            for _ in 0..2 {
                health.failed(Signal::Traces, "timeout", 1);
                health.dropped(Signal::Traces, 5);
                health.dropped(Signal::Traces, 5);
                health.succeeded(Signal::Traces);
            }
        });
        assert_eq!(lines.len(), 6, "{lines:?}");
        assert!(lines[2].contains("lost=11") && lines[5].contains("lost=11"), "{lines:?}");
    }
}

//! The signals that end a run from outside.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// What is caught, so that all that was started is killed first. Programs that were started do not get those of a
/// terminal: they are in process groups of their own.
#[derive(Debug)]
pub(crate) struct Ending {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Ending {
    /// From now on.
    pub(crate) fn catch() -> io::Result<Self> {
        let [interrupt, terminate, hangup] =
            [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(signal);
        Ok(Self { interrupt: interrupt?, terminate: terminate?, hangup: hangup? })
    }

    /// Waits for one of them, and says which.
    pub(crate) async fn any(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "interrupted",
            _ = self.terminate.recv() => "terminated",
            _ = self.hangup.recv() => "the terminal is gone",
        }
    }
}

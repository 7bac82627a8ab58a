//! An export: attempts until one succeeds, within its time.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::client::{Accepted, Client};
use super::failure::{Failure, Retry};
use super::health::Health;
use super::stats::ExporterStats;
use crate::signal::Signal;

/// The first pause between two attempts. Each pause after it is twice as long, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// `error.type` of items that the receiver read and would not have.
const REJECTED: &str = "rejected";

/// Exports one signal.
#[derive(Clone, Debug)]
pub(super) struct Exporter {
    pub(super) client: Client,
    pub(super) signal: Signal,
    pub(super) timeout: Duration,
    pub(super) stats: Arc<ExporterStats>,
    pub(super) health: Arc<Health>,
    /// When everything has to have ended, once that is known.
    pub(super) end: watch::Receiver<Option<Instant>>,
}

/// Something was lost, and has been told of and counted.
#[derive(Debug)]
pub(super) struct Lost;

impl Exporter {
    /// Sends a message that holds so many items, as often as it takes and the time allows.
    pub(super) async fn export(&mut self, items: usize, message: Vec<u8>) -> Result<(), Lost> {
        let begin = Instant::now();
        self.stats.begin(items);
        let message = self.client.pack(message);
        let result = self.attempts(begin + self.timeout, message).await;
        let (lost, kind) = match result {
            Ok(Accepted { rejected: 0 }) => (0, None),
            Ok(Accepted { rejected }) => (rejected.min(items as u64), Some(REJECTED)),
            Err(failure) => (items as u64, Some(failure.kind)),
        };
        self.stats.end(items, lost, kind, begin.elapsed());
        match kind {
            Some(REJECTED) => {
                self.health.succeeded(self.signal);
                self.health.rejected(self.signal, lost);
            }
            Some(kind) => self.health.failed(self.signal, kind, lost),
            None => self.health.succeeded(self.signal),
        }
        if kind.is_none() { Ok(()) } else { Err(Lost) }
    }

    async fn attempts(&mut self, deadline: Instant, message: Bytes) -> Result<Accepted, Failure> {
        let mut pause = FIRST_PAUSE;
        for attempt in 0_u32.. {
            let failure = match self.attempt(deadline, message.clone()).await {
                Ok(accepted) => return Ok(accepted),
                Err(failure) => failure,
            };
            let wait = match failure.retry {
                Retry::Never => return Err(failure),
                Retry::Later => pause.mul_f64(0.8 + 0.4 * fastrand::f64()),
                // Zero is an answer too.
                Retry::After(wait) => wait.max(FIRST_PAUSE),
            };
            let next = Instant::now().checked_add(wait).filter(|next| *next < deadline);
            let Some(next) = next else { return Err(failure) };
            if attempt > 0 {
                // Not a moment's trouble: worth to be told of before the time is up.
                self.health.failed(self.signal, failure.kind, 0);
            }
            if self.sleep(next).await.is_err() {
                return Err(failure);
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        Err(Failure::timeout())
    }

    async fn attempt(&mut self, deadline: Instant, message: Bytes) -> Result<Accepted, Failure> {
        let client = self.client.clone();
        tokio::select! {
            result = timeout_at(deadline, client.send(message)) => result.unwrap_or_else(|_| Err(Failure::timeout())),
            () = ended(&mut self.end) => Err(Failure::timeout()),
        }
    }

    /// Sleeps unless everything is about to end: then nobody waits for a receiver to come back.
    async fn sleep(&mut self, until: Instant) -> Result<(), Ending> {
        tokio::select! {
            () = sleep_until(until) => Ok(()),
            _ = self.end.wait_for(Option::is_some) => Err(Ending),
        }
    }
}

struct Ending;

/// Waits for the time by which everything has to have ended. Of two such times the first counts: what was on its way
/// before must not use up the time of what comes after.
async fn ended(end: &mut watch::Receiver<Option<Instant>>) {
    let known = end.wait_for(Option::is_some).await.map_or(None, |end| *end);
    match known {
        Some(end) => sleep_until(end).await,
        // Nobody is left who could tell.
        None => pending().await,
    }
}

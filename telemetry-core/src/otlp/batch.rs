//! Collects items into batches and exports them, away from whoever made them.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep_until};

use super::export::{Exporter, Lost};
use super::queue::{Queue, Refused};
use super::stats::ProcessorStats;

/// An export that was given up in time is told of a moment after that.
const MOMENT: Duration = Duration::from_millis(100);

/// How much is kept, and for how long.
#[derive(Clone, Copy, Debug)]
pub(super) struct BatchLimits {
    pub(super) queue: usize,
    pub(super) batch: usize,
    pub(super) delay: Duration,
}

/// The near end: takes items in, and never waits.
#[derive(Debug)]
pub(super) struct Batches<T> {
    pub(super) queue: Arc<Queue<T>>,
    pub(super) stats: Arc<ProcessorStats>,
    commands: UnboundedSender<Command>,
}

/// The far end: takes items out, in a task of its own.
#[derive(Debug)]
pub(super) struct Drain<T, E> {
    queue: Arc<Queue<T>>,
    stats: Arc<ProcessorStats>,
    commands: UnboundedReceiver<Command>,
    exporter: Exporter,
    delay: Duration,
    encode: E,
    /// Of those items that had no room, how many have been told of.
    told: u64,
    /// Whether something was lost since the end is near, no matter who asked for its export.
    lost_at_end: bool,
}

#[derive(Debug)]
struct Command {
    last: bool,
    done: SyncSender<Result<(), Lost>>,
}

pub(super) fn batches<T, E>(
    limits: BatchLimits,
    stats: ProcessorStats,
    exporter: Exporter,
    encode: E,
) -> (Batches<T>, Drain<T, E>) {
    let queue = Arc::new(Queue::new(limits.queue, limits.batch));
    let stats = Arc::new(stats);
    let (sender, commands) = unbounded_channel();
    let near = Batches { queue: Arc::clone(&queue), stats: Arc::clone(&stats), commands: sender };
    let drain = Drain { queue, stats, commands, exporter, delay: limits.delay, encode, told: 0, lost_at_end: false };
    (near, drain)
}

impl<T> Batches<T> {
    pub(super) fn push(&self, item: T) {
        let lost = match self.queue.push(item) {
            Ok(()) => return,
            Err(Refused::Full) => &self.stats.queue_full,
            Err(Refused::Closed) => &self.stats.already_shutdown,
        };
        lost.fetch_add(1, Ordering::Relaxed);
    }

    /// Has everything exported that is here now, and waits for that as long as it may take: `timeout` for each batch,
    /// and for one that is on its way.
    pub(super) fn flush(&self, timeout: Duration) -> OTelSdkResult {
        let batches = u32::try_from(self.queue.batches()).unwrap_or(u32::MAX);
        self.command(false, timeout.saturating_mul(batches.saturating_add(1)).saturating_add(MOMENT))
    }

    /// As `flush`, and nothing comes after it.
    pub(super) fn shutdown(&self, timeout: Duration) -> OTelSdkResult {
        self.queue.close();
        self.command(true, timeout)
    }

    fn command(&self, last: bool, timeout: Duration) -> OTelSdkResult {
        let (done, wait) = sync_channel(1);
        self.commands.send(Command { last, done }).map_err(|_| OTelSdkError::AlreadyShutdown)?;
        match wait.recv_timeout(timeout) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(Lost)) => Err(OTelSdkError::InternalFailure("some of it could not be exported".into())),
            Err(_) => Err(OTelSdkError::Timeout(timeout)),
        }
    }
}

impl<T, E: FnMut(Vec<T>) -> Vec<u8>> Drain<T, E> {
    pub(super) async fn run(mut self) {
        let mut next = Instant::now() + self.delay;
        let mut end = self.exporter.end.clone();
        let mut ending = false;
        loop {
            tokio::select! {
                biased;
                command = self.commands.recv() => {
                    let result = self.export_all().await;
                    let Some(command) = command else { return };
                    let result = if self.lost_at_end { Err(Lost) } else { result };
                    // Whoever asked may have given up.
                    let _ = command.done.send(result);
                    if command.last {
                        return;
                    }
                }
                // Signals are shut down one after the other; one whose receiver does not answer would take all the time.
                () = async { drop(end.wait_for(Option::is_some).await) }, if !ending => {
                    ending = true;
                    let _ = self.export_all().await;
                }
                () = sleep_until(next) => {
                    let _ = self.export_all().await;
                    next = Instant::now() + self.delay;
                }
                // One at a time: batches that come as fast as they go must not keep a command waiting.
                batch = self.queue.next_ready() => {
                    let _ = self.export(batch).await;
                }
            }
        }
    }

    /// What is here now. What comes meanwhile is for the next time, or this one would never end.
    async fn export_all(&mut self) -> Result<(), Lost> {
        let mut left = self.queue.len();
        let mut result = Ok(());
        while left > 0 {
            let Some(batch) = self.queue.take() else { break };
            left = left.saturating_sub(batch.len());
            result = result.and(self.export(batch).await);
        }
        result
    }

    async fn export(&mut self, batch: Vec<T>) -> Result<(), Lost> {
        let items = batch.len();
        self.stats.processed.fetch_add(items as u64, Ordering::Relaxed);
        let message = (self.encode)(batch);
        let result = self.exporter.export(items, message).await;
        self.lost_at_end |= result.is_err() && self.exporter.end.borrow().is_some();
        let dropped = self.stats.queue_full.load(Ordering::Relaxed);
        if dropped > self.told {
            self.exporter.health.dropped(self.exporter.signal, dropped - self.told);
            self.told = dropped;
        }
        result
    }
}

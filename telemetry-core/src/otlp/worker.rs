//! The thread on which everything is exported, with a runtime of its own.
//!
//! It needs nothing of the service's runtime: a service whose only thread waits for its last export to end, or that has
//! no runtime at all, is served like any other.

use std::future::Future;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use opentelemetry::Context;
use tokio::runtime;
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;
use tracing::dispatcher::{self, Dispatch};
use tracing::subscriber::NoSubscriber;

/// How long the thread may take to end once it is told to.
const PATIENCE: Duration = Duration::from_secs(1);

/// Runs what it is given until it is told to end.
#[derive(Debug)]
pub(crate) struct Worker {
    runtime: runtime::Handle,
    end: watch::Sender<Option<Instant>>,
    stop: Mutex<Option<Stop>>,
}

#[derive(Debug)]
struct Stop {
    tell: oneshot::Sender<()>,
    /// Disconnected once the thread has nothing more to do.
    ended: Receiver<()>,
    thread: JoinHandle<()>,
}

/// Runs something on the worker and gives the result to another thread.
#[derive(Clone, Debug)]
pub(super) struct Handle(runtime::Handle);

impl Worker {
    /// What happens on the thread is traced by nobody. Its log goes to the global subscriber, or where there is none yet,
    /// to that of the calling thread.
    pub(super) fn start() -> io::Result<Self> {
        let (built, wait) = sync_channel(1);
        let (tell, stopped) = oneshot::channel();
        let (ending, ended) = sync_channel(0);
        let log = dispatcher::get_default(Dispatch::clone);
        let thread = thread::Builder::new().name("telemetry-export".to_owned()).spawn(move || {
            let _ending: SyncSender<()> = ending;
            let _suppressed = Context::enter_telemetry_suppressed_scope();
            // Here and not outside: in async code, a runtime cannot be dropped if there is no thread for it.
            let runtime = match runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => return drop(built.send(Err(error))),
            };
            let _ = built.send(Ok(runtime.handle().clone()));
            let work = || {
                // Told, or the worker is gone: both mean the end.
                let _ = runtime.block_on(stopped);
                // A name that is being resolved is not waited for.
                runtime.shutdown_background();
            };
            // A thread with a subscriber of its own makes all threads of the process take the longer way to theirs.
            let no_global = dispatcher::get_default(Dispatch::is::<NoSubscriber>);
            let has_log = !log.is::<NoSubscriber>();
            if no_global && has_log { dispatcher::with_default(&log, work) } else { work() }
        })?;
        let handle = wait.recv().map_err(io::Error::other)??;
        let stop = Stop { tell, ended, thread };
        Ok(Self { runtime: handle, end: watch::Sender::new(None), stop: Mutex::new(Some(stop)) })
    }

    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(work);
    }

    pub(super) fn handle(&self) -> Handle {
        Handle(self.runtime.clone())
    }

    pub(super) fn end(&self) -> watch::Receiver<Option<Instant>> {
        self.end.subscribe()
    }

    /// From now on nothing is tried twice, and what is on its way is given up after `timeout`.
    pub(crate) fn end_within(&self, timeout: Duration) {
        self.end.send_replace(Some(Instant::now() + timeout));
    }

    /// Ends the thread. What still runs there is dropped.
    pub(crate) fn stop(&self) {
        let stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Stop { tell, ended, thread }) = stop else { return };
        // It has ended already if nobody listens.
        let _ = tell.send(());
        // A log that takes no more lines, or this being that very thread, must not hold anybody up.
        if ended.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Disconnected) {
            let _ = thread.join();
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Handle {
    /// Nothing if the worker has ended.
    pub(super) async fn run<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Option<T> {
        self.0.spawn(work).await.ok()
    }
}

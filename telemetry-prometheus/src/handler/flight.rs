//! Collections that parallel scrapes share.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::request::PageKey;
use crate::collected::Collected;
use crate::error::Error;

/// The collection that is under way, if one is.
///
/// Whoever comes while it is gets its result too: one callback that hangs holds one thread, not one for each scrape.
#[derive(Debug, Default)]
pub(super) struct Flights {
    current: Mutex<Option<Flight>>,
    next_id: AtomicU64,
}

#[derive(Debug)]
struct Flight {
    id: u64,
    waiters: usize,
    has_begun: bool,
    landing: watch::Receiver<Option<Landed>>,
    task: Option<AbortHandle>,
}

/// What all scrapes of one collection get.
pub(super) type Landed = Result<Arc<Shared>, Arc<Error>>;

/// A collection, and the pages that were written from it.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) collected: Collected,
    pages: Mutex<Vec<(PageKey, SharedPage)>>,
}

type SharedPage = Arc<OnceLock<Result<Bytes, Arc<Error>>>>;

impl Shared {
    pub(super) fn new(collected: Collected) -> Self {
        Self { collected, pages: Mutex::default() }
    }

    /// The page that `key` stands for, written by the first who wants it.
    pub(super) fn page(
        &self,
        key: &PageKey,
        write: impl FnOnce() -> Result<Bytes, Error>,
    ) -> Result<Bytes, Arc<Error>> {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let known = pages.iter().find(|(known, _)| known == key).map(|(_, page)| Arc::clone(page));
        let page = known.unwrap_or_else(|| {
            let page = SharedPage::default();
            pages.push((key.clone(), Arc::clone(&page)));
            page
        });
        drop(pages);
        page.get_or_init(|| write().map_err(Arc::new)).clone()
    }
}

impl Flights {
    /// The result of the collection that is under way, or else of `collect`, which then runs as a blocking task.
    ///
    /// Without a result, the runtime that collected is shutting down.
    pub(super) async fn join(
        self: &Arc<Self>,
        runtime: &Handle,
        collect: impl FnOnce() -> Result<Collected, Error> + Send + 'static,
    ) -> Option<Landed> {
        let (mut landing, _waiter) = self.board(runtime, collect);
        landing.wait_for(Option::is_some).await.ok()?.clone()
    }

    fn board(
        self: &Arc<Self>,
        runtime: &Handle,
        collect: impl FnOnce() -> Result<Collected, Error> + Send + 'static,
    ) -> (watch::Receiver<Option<Landed>>, Waiter) {
        let mut current = self.lock();
        let flight = match &mut *current {
            // A runtime that shut down dropped the task, and the sender with it.
            Some(flight) if flight.landing.has_changed().is_ok() => flight,
            other => {
                let id = self.next_id.fetch_add(1, Ordering::Relaxed);
                let (sender, landing) = watch::channel(None);
                let flight = other.insert(Flight { id, waiters: 0, has_begun: false, landing, task: None });
                let flights = Arc::clone(self);
                let task = runtime.spawn_blocking(move || {
                    flights.begin(id);
                    let landed = collect().map(|collected| Arc::new(Shared::new(collected))).map_err(Arc::new);
                    flights.end(id);
                    // Nobody may be waiting any more.
                    let _ = sender.send(Some(landed));
                });
                flight.task = Some(task.abort_handle());
                flight
            }
        };
        flight.waiters += 1;
        (flight.landing.clone(), Waiter { flights: Arc::clone(self), id: flight.id })
    }

    fn begin(&self, id: u64) {
        if let Some(flight) = self.lock().as_mut().filter(|flight| flight.id == id) {
            flight.has_begun = true;
        }
    }

    /// From here on, scrapes need a new collection.
    fn end(&self, id: u64) {
        let mut current = self.lock();
        if current.as_ref().is_some_and(|flight| flight.id == id) {
            *current = None;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Flight>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A scrape that waits for a collection.
struct Waiter {
    flights: Arc<Flights>,
    id: u64,
}

impl Drop for Waiter {
    /// Takes a collection that nobody waits for any more out of the queue. One that has begun is not disturbed, and the
    /// next scrape may get its result.
    fn drop(&mut self) {
        let mut current = self.flights.lock();
        let Some(flight) = current.as_mut().filter(|flight| flight.id == self.id) else {
            return;
        };
        flight.waiters -= 1;
        if flight.waiters == 0 && !flight.has_begun {
            let task = flight.task.take();
            *current = None;
            // Aborting drops the task's closure, which may want the lock.
            drop(current);
            task.iter().for_each(AbortHandle::abort);
        }
    }
}

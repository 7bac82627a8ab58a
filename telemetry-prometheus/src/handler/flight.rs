//! Collections that parallel scrapes share.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::watch;

use super::request::PageKey;
use crate::collected::Collected;
use crate::error::Error;

/// The collection that is under way or in a queue, if one is.
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
    landing: Landing<Landed>,
}

/// Where the result of a task will be. It is closed without one if the task's runtime ends first.
type Landing<T> = watch::Receiver<Option<T>>;

async fn landed<T: Clone>(landing: &mut Landing<T>) -> Option<T> {
    landing.wait_for(Option::is_some).await.ok()?.clone()
}

/// What all scrapes of one collection get.
pub(super) type Landed = Result<Arc<Shared>, Arc<Error>>;

/// A collection, and the pages that are written from it.
#[derive(Debug)]
pub(super) struct Shared {
    collected: Collected,
    pages: Mutex<Vec<(PageKey, Landing<Written>)>>,
}

pub(super) type Written = Result<Bytes, Arc<Error>>;

impl Shared {
    fn new(collected: Collected) -> Self {
        Self { collected, pages: Mutex::default() }
    }

    /// The page that `key` stands for. For the first who wants it, it is written as a blocking task. Others wait
    /// without a thread, and whether or not the first still waits.
    ///
    /// Without a result, the runtime is shutting down.
    pub(super) async fn page(
        self: Arc<Self>,
        key: &PageKey,
        runtime: &Handle,
        write: impl FnOnce(&Collected) -> Result<Bytes, Error> + Send + 'static,
    ) -> Option<Written> {
        let mut page = self.boarded(key, runtime, write);
        // A large collection takes milliseconds to free: the blocking task shall be the last to hold it.
        drop(self);
        landed(&mut page).await
    }

    fn boarded(
        self: &Arc<Self>,
        key: &PageKey,
        runtime: &Handle,
        write: impl FnOnce(&Collected) -> Result<Bytes, Error> + Send + 'static,
    ) -> Landing<Written> {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, page)) = pages.iter().find(|(known, _)| known == key) {
            return page.clone();
        }
        let (sender, page) = watch::channel(None);
        pages.push((key.clone(), page.clone()));
        let shared = Arc::clone(self);
        runtime.spawn_blocking(move || {
            // Nobody may be waiting any more.
            let _ = sender.send(Some(write(&shared.collected).map_err(Arc::new)));
        });
        page
    }
}

impl Flights {
    /// The result of the collection that is under way, or else of `collect`, which then runs as a blocking task.
    ///
    /// Without a result, the runtime is shutting down.
    pub(super) async fn join(
        self: &Arc<Self>,
        runtime: &Handle,
        collect: impl FnOnce() -> Result<Collected, Error> + Clone + Send + 'static,
    ) -> Option<Landed> {
        loop {
            let Boarded { mut landing, is_own, _waiter } = self.board(runtime, collect.clone());
            let landed = landed(&mut landing).await;
            // The end of another runtime, which had begun the collection, is not the end of this one.
            if landed.is_some() || is_own {
                return landed;
            }
        }
    }

    fn board(
        self: &Arc<Self>,
        runtime: &Handle,
        collect: impl FnOnce() -> Result<Collected, Error> + Send + 'static,
    ) -> Boarded {
        let mut current = self.lock();
        // A runtime that shut down dropped the task, and the sender with it.
        let is_own = current.as_ref().is_none_or(|flight| flight.landing.has_changed().is_err());
        let flight = match &mut *current {
            Some(flight) if !is_own => flight,
            other => {
                let id = self.next_id.fetch_add(1, Ordering::Relaxed);
                let (sender, landing) = watch::channel(None);
                let flights = Arc::clone(self);
                runtime.spawn_blocking(move || {
                    if !flights.begin(id) {
                        return;
                    }
                    let landed = collect().map(|collected| Arc::new(Shared::new(collected))).map_err(Arc::new);
                    flights.end(id);
                    // Nobody may be waiting any more.
                    let _ = sender.send(Some(landed));
                });
                other.insert(Flight { id, waiters: 0, landing })
            }
        };
        flight.waiters += 1;
        let waiter = Waiter { flights: Arc::clone(self), id: flight.id };
        Boarded { landing: flight.landing.clone(), is_own, _waiter: waiter }
    }

    /// Whether somebody still waits for this collection.
    ///
    /// Tokio's queue of blocking tasks keeps those that were aborted. So a collection that nobody waits for stays
    /// there, for the next scrape to join it, and is left out only here, when its turn comes: there is never more than
    /// one.
    fn begin(&self, id: u64) -> bool {
        self.lock().take_if(|flight| flight.id == id && flight.waiters == 0).is_none()
    }

    /// From here on, scrapes need a new collection.
    fn end(&self, id: u64) {
        self.lock().take_if(|flight| flight.id == id);
    }

    fn lock(&self) -> MutexGuard<'_, Option<Flight>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in a flight.
struct Boarded {
    landing: Landing<Landed>,
    /// Whether the collection was begun for this scrape.
    is_own: bool,
    _waiter: Waiter,
}

/// A scrape that waits for a collection.
struct Waiter {
    flights: Arc<Flights>,
    id: u64,
}

impl Drop for Waiter {
    fn drop(&mut self) {
        if let Some(flight) = self.flights.lock().as_mut().filter(|flight| flight.id == self.id) {
            flight.waiters -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::task::{Context, Waker};
    use tokio::runtime::Builder;

    /// However many scrapes are given up while the runtime has no thread for their collection.
    #[test]
    fn px152_one_collection_at_most_is_in_the_queue() {
        let runtime = Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
        let (release, wait) = mpsc::channel::<()>();
        let busy = runtime.spawn_blocking(move || wait.recv());
        let flights = Arc::new(Flights::default());
        for _ in 0..10 {
            drop(flights.board(runtime.handle(), || panic!("nobody waits for it")));
        }
        assert_eq!(Arc::strong_count(&flights), 2, "one task holds the second");

        release.send(()).unwrap();
        runtime.block_on(busy).unwrap().unwrap();
        runtime.block_on(runtime.spawn_blocking(|| ())).unwrap();
        assert_eq!(Arc::strong_count(&flights), 1);
        assert!(flights.lock().is_none());
        let landed = runtime.block_on(flights.join(runtime.handle(), || Err(Error::shut_down())));
        assert!(landed.unwrap().unwrap_err().is_unavailable());
    }

    /// Its task may be dropped with its runtime, which leaves as much as a panic.
    #[test]
    fn px153_a_scrape_outlives_a_collection_of_another_runtime() {
        let [ending, lasting] = [(); 2].map(|()| Builder::new_current_thread().build().unwrap());
        let flights = Arc::new(Flights::default());
        let (release, wait) = mpsc::channel::<()>();
        let first = flights.board(ending.handle(), move || {
            let _ = wait.recv();
            panic!("expected")
        });
        assert!(first.is_own);
        let mut second = Box::pin(flights.join(lasting.handle(), || Err(Error::shut_down())));
        let mut context = Context::from_waker(Waker::noop());
        assert!(second.as_mut().poll(&mut context).is_pending());
        drop(release);
        assert!(lasting.block_on(second).unwrap().unwrap_err().is_unavailable());
        let Boarded { mut landing, _waiter, .. } = first;
        assert!(lasting.block_on(landed(&mut landing)).is_none());
    }
}

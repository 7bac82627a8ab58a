//! A service with its metrics, warmed up and checked, to send requests through.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use axum::extract::MatchedPath;
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use tower::Service;

use super::sample::Sample;
use super::workload::{Workload, matched_path};

/// How many requests a system has had before it is measured, half of them after its first scrape.
pub const WARM_UP: u64 = 2_000;

/// Sends so many requests, one after the other.
pub type Sender = Box<dyn FnMut(u64) + Send>;

/// A system that can be built.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The name in arguments and tables.
    pub name: &'static str,
    /// Builds it.
    pub build: fn(Workload) -> Result<Parts>,
}

/// What a system is made of.
pub struct Parts {
    senders: Box<dyn Fn() -> Result<Sender>>,
    check: Box<dyn Fn(u64) -> Result<()>>,
    upkeep: Box<dyn Fn()>,
}

impl Parts {
    /// `service`, of which each client has a clone.
    pub fn new<S, B>(workload: Workload, service: S) -> Self
    where
        S: Service<Request<Full<Bytes>>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
        B: Body<Error = Infallible>,
    {
        Self::of_senders(move |path| {
            let mut service = service.clone();
            Box::new(move |requests| (0..requests).for_each(|_| workload.send(&mut service, &path)))
        })
    }

    /// Clients that are more than a service.
    pub fn of_senders(senders: impl Fn(MatchedPath) -> Sender + 'static) -> Self {
        Self::of_clients(move || Ok(senders(matched_path()?)))
    }

    /// Clients that send requests of their own, and may fail to.
    pub fn of_clients(senders: impl Fn() -> Result<Sender> + 'static) -> Self {
        Self { senders: Box::new(senders), check: Box::new(|_| Ok(())), upkeep: Box::new(|| ()) }
    }

    /// What the requests have to leave on the page, which is a scrape in Prometheus' text.
    #[must_use]
    pub fn recording(self, samples: Vec<Sample>, page: impl Fn() -> Result<String> + 'static) -> Self {
        self.checked(move |requests| {
            let page = page()?;
            samples.iter().try_for_each(|sample| sample.check(&page, requests))
        })
    }

    /// How to scrape, and to find out whether so many requests were recorded.
    #[must_use]
    pub fn checked(mut self, check: impl Fn(u64) -> Result<()> + 'static) -> Self {
        self.check = Box::new(check);
        self
    }

    /// Work that requests put off and that somebody has to do from time to time. It belongs to their cost.
    #[must_use]
    pub fn with_upkeep(mut self, upkeep: impl Fn() + 'static) -> Self {
        self.upkeep = Box::new(upkeep);
        self
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").finish_non_exhaustive()
    }
}

/// A system that has been warmed up, scraped and checked.
#[derive(Debug)]
pub struct System {
    /// The name in arguments and tables.
    pub name: &'static str,
    parts: Parts,
    client: Client,
}

impl System {
    /// Builds `entry` for `workload`.
    ///
    /// # Errors
    ///
    /// When it cannot be built, and when it does not count its requests.
    pub fn new(entry: &Entry, workload: Workload) -> Result<Self> {
        Self::cold(entry, workload)?.warmed_up()
    }

    /// The system that `parts` make.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn of_parts(name: &'static str, parts: Parts) -> Result<Self> {
        Self::assembled(name, parts)?.warmed_up()
    }

    fn warmed_up(mut self) -> Result<Self> {
        // Twice: a system may go another way once it has been scraped.
        for _ in 0..2 {
            self.send(WARM_UP / 2);
            self.check()?;
        }
        Ok(self)
    }

    /// Builds `entry` for `workload`. It is warm, and nobody has scraped it.
    ///
    /// # Errors
    ///
    /// When it cannot be built.
    pub fn unscraped(entry: &Entry, workload: Workload) -> Result<Self> {
        let mut system = Self::cold(entry, workload)?;
        system.send(WARM_UP);
        Ok(system)
    }

    fn cold(entry: &Entry, workload: Workload) -> Result<Self> {
        let parts = (entry.build)(workload).with_context(|| format!("cannot build {}", entry.name))?;
        Self::assembled(entry.name, parts)
    }

    fn assembled(name: &'static str, parts: Parts) -> Result<Self> {
        let client = Client { send: (parts.senders)()?, sent: Arc::default() };
        Ok(Self { name, parts, client })
    }

    /// Builds all of `entries`.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn all(entries: &[Entry], workload: Workload) -> Result<Vec<Self>> {
        entries.iter().map(|entry| Self::new(entry, workload)).collect()
    }

    /// Sends so many requests, and does the work that they put off.
    pub fn send(&mut self, requests: u64) {
        self.client.send(requests);
        (self.parts.upkeep)();
    }

    /// A further client, for another thread, whose requests are counted as the system's.
    ///
    /// # Errors
    ///
    /// When axum's router does not give a path: each client has its own, so that clients share nothing but the system.
    pub fn client(&self) -> Result<Client> {
        Ok(Client { send: (self.parts.senders)()?, sent: Arc::clone(&self.client.sent) })
    }

    /// Scrapes the system, and compares what it counted with what was sent.
    ///
    /// # Errors
    ///
    /// When a sample is missing or wrong.
    pub fn check(&self) -> Result<()> {
        let sent = self.client.sent.load(Ordering::Relaxed);
        (self.parts.check)(sent).with_context(|| format!("{} counts wrong", self.name))
    }
}

/// Sends requests through a system, from one thread.
pub struct Client {
    send: Sender,
    sent: Arc<AtomicU64>,
}

impl Client {
    /// Sends so many requests.
    pub fn send(&mut self, requests: u64) {
        (self.send)(requests);
        self.sent.fetch_add(requests, Ordering::Relaxed);
    }

    /// Sends requests for so long, and tells how many. Clients share no memory meanwhile but what the system has.
    pub fn send_for(&mut self, time: Duration) -> u64 {
        const BATCH: u64 = 16;
        let start = Instant::now();
        let mut requests = 0;
        while start.elapsed() < time {
            (self.send)(BATCH);
            requests += BATCH;
        }
        self.sent.fetch_add(requests, Ordering::Relaxed);
        requests
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("sent", &self.sent).finish_non_exhaustive()
    }
}

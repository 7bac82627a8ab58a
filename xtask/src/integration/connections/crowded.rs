//! Too many clients, for the limit or for the process; and very many that say nothing.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::time::{Instant, sleep};

use super::descriptors;
use super::proxy::{ACTIVE, CLIENT_ACTIVE, DURATION, LIMITED, MAIN, NARROW};
use super::watched::Watched;
use crate::integration::compare::Check;
use crate::stage::example::Example;
use crate::stage::wire::{Raw, Wire};

const REJECTED: &str = "transport_server_rejected_connections_total";
const ERRORS: &str = "transport_server_accept_errors_total";
const AGE: &str = "transport_server_accept_age_seconds";
const IDLE: &str = "transport_server_idle_connections";
const CLIENT_IDLE: &str = "transport_client_idle_connections";
const LIMIT: Duration = Duration::from_secs(20);

/// How many clients the limited proxy lets in.
pub(super) const PLACES_ARGUMENT: &str = "5";
const PLACES: usize = 5;
const BEYOND: usize = 7;

/// A proxy with all its places taken.
pub(super) struct Full {
    wire: Wire,
    clients: Vec<Raw>,
    rejected: u64,
    ended: u64,
}

impl Full {
    pub(super) async fn begin(proxy: &Example) -> Result<Self> {
        let wire = Wire::new(proxy.server);
        let mut full = Self { wire, clients: Vec::new(), rejected: 0, ended: 0 };
        for _ in 0..PLACES {
            ensure!(full.comes().await?, "rejected though there is a place");
        }
        for _ in 0..BEYOND {
            ensure!(!full.comes().await?, "served though there is no place");
        }
        Ok(full)
    }

    /// Whether one more is served. It stays then.
    async fn comes(&mut self) -> Result<bool> {
        let served = served(&self.wire).await?;
        self.rejected += u64::from(served.is_none());
        let came = served.is_some();
        self.clients.extend(served);
        Ok(came)
    }

    /// One leaves, and another gets its place.
    pub(super) async fn leave(&mut self) -> Result<()> {
        self.clients.pop();
        self.ended += 1;
        let deadline = Instant::now() + LIMIT;
        while !self.comes().await? {
            ensure!(Instant::now() < deadline, "no place though one has left");
            sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    pub(super) fn checks(&self) -> Vec<Check> {
        let ended = match self.ended {
            // A rejected connection has none either.
            0 => LIMITED.none(DURATION, &[]),
            ended => LIMITED.sum(DURATION, &[], ended),
        };
        vec![ended, LIMITED.sum(ACTIVE, &[], PLACES as u64), LIMITED.sum(REJECTED, &[], self.rejected)]
    }
}

/// Whether a new client gets its own word back. What becomes of a rejected one depends on what it has said by then.
async fn served(wire: &Wire) -> Result<Option<Raw>> {
    let mut raw = wire.raw().await?;
    if raw.write("echo\n?").await.is_err() {
        return Ok(None);
    }
    Ok(raw.read_exactly(1).await.is_ok().then_some(raw))
}

/// So many clients are in when the narrow proxy has no file descriptor left. It has two for each.
const FIT: usize = 20;
/// So many more wait. As many as could be served without the first ones.
const WAIT: usize = 10;

/// A proxy without a file descriptor left.
pub(super) struct Cramped {
    wire: Wire,
    inside: Vec<Raw>,
    waiting: Vec<Raw>,
    again: u64,
}

impl Cramped {
    pub(super) async fn begin(proxy: &Example) -> Result<Self> {
        let wire = Wire::new(proxy.server);
        let mut cramped = Self { wire, inside: Vec::new(), waiting: Vec::new(), again: 0 };
        while cramped.inside.len() < FIT {
            cramped.inside.push(served(&cramped.wire).await?.context("a client is not served")?);
        }
        descriptors::leave_none(proxy.id()?)?;
        for _ in 0..WAIT {
            let mut raw = cramped.wire.raw().await?;
            raw.write("echo\n?").await?;
            cramped.waiting.push(raw);
        }
        Ok(cramped)
    }

    pub(super) fn checks(&self) -> Vec<Check> {
        let open = self.inside.len() + self.waiting.len();
        let errors = NARROW.at_least(ERRORS, &[("error_type", "too_many_open_files")], 3);
        vec![NARROW.sum(ACTIVE, &[], open.min(FIT) as u64), errors]
    }

    /// Errors and age by now.
    pub(super) async fn watch(&self, watched: &Watched) -> Result<[f64; 2]> {
        let number = async |metric: &str| watched.number(&format!("sum({metric}{{job=\"{}\"}})", NARROW.0)).await;
        Ok([number(ERRORS).await?, number(AGE).await?])
    }

    /// The first ones leave, and those get in that have waited.
    pub(super) async fn leave(&mut self, watched: &Watched, before: [f64; 2]) -> Result<()> {
        let [errors, age] = self.watch(watched).await?;
        println!("tcp_proxy without file descriptors: {errors} errors, the last client {age:.1} s ago");
        ensure!(errors > before[0], "no more than {} errors to accept", before[0]);
        ensure!(age > before[1] + 1.0, "the last client was {age} s ago, and {} s long before", before[1]);
        self.inside.clear();
        let deadline = Instant::now() + LIMIT;
        for mut raw in std::mem::take(&mut self.waiting) {
            // One that got in before there was a descriptor for its upstream may try again.
            let mut served = raw.read_exactly(1).await.is_ok().then_some(raw);
            while served.is_none() {
                ensure!(Instant::now() < deadline, "a client is not served though there is room again");
                self.again += 1;
                served = self::served(&self.wire).await?;
            }
            self.inside.extend(served);
        }
        println!("tcp_proxy with file descriptors again: {WAIT} clients served, {} of them again", self.again);
        let served = served(&self.wire).await?;
        ensure!(served.is_some(), "a new client is not served");
        self.inside.extend(served);
        Ok(())
    }
}

const CROWD: u64 = 5_000;
/// So many get in at once.
const AT_ONCE: usize = 100;

/// Very many connections on which nothing moves, and what they cost.
pub(super) async fn idle(wire: &Wire, watched: &Watched) -> Result<()> {
    let count = descriptors::pairs(CROWD);
    watched.wait("tcp_proxy after a storm", &[MAIN.sum(ACTIVE, &[], 0), MAIN.sum(CLIENT_ACTIVE, &[], 0)]).await?;
    let before = cost(watched).await?;
    let clients: Vec<Raw> = stream::iter(0..count)
        .map(|_| async {
            let mut raw = wire.raw().await?;
            raw.write("echo\n?").await?;
            raw.read_exactly(1).await?;
            anyhow::Ok(raw)
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    let all = [ACTIVE, CLIENT_ACTIVE, IDLE, CLIENT_IDLE].map(|metric| MAIN.sum(metric, &[], count));
    watched.wait(&format!("tcp_proxy with {count} idle clients"), &all).await?;
    let with = cost(watched).await?;
    println!("tcp_proxy with {count} idle clients: {with}; before: {before}");
    drop(clients);
    let none = [ACTIVE, CLIENT_ACTIVE, IDLE, CLIENT_IDLE].map(|metric| MAIN.sum(metric, &[], 0));
    watched.wait("tcp_proxy without its idle clients", &none).await
}

async fn cost(watched: &Watched) -> Result<String> {
    let number = async |metric: &str| watched.number(&format!("sum({metric}{{job=\"{}\"}})", MAIN.0)).await;
    let memory = number("process_resident_memory_bytes").await? / 1e6;
    let scrape = number("scrape_duration_seconds").await? * 1e3;
    Ok(format!("{memory:.1} MB resident, a scrape takes {scrape:.1} ms"))
}

//! A scrape from admission to response.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use prometheus::Registry;
use tokio::runtime::Handle;
use tokio::time::Sleep;

use super::Settings;
use super::admission::{Admission, SelfMetrics};
use super::flight::{Flights, Landed};
use super::request::{PageKey, ScrapeRequest};
use super::response::{Failure, response};
use crate::body::MetricsBody;
use crate::collected::Collected;
use crate::compress::compress;
use crate::error::Error;
use crate::exporter::PrometheusExporter;
use crate::memory::Memory;
use crate::negotiate::ContentEncoding;
use crate::reader::is_collecting;

/// What all clones of a handler share.
#[derive(Debug)]
pub(super) struct Scraper {
    source: Arc<MetricsSource>,
    flights: Arc<Flights>,
    /// Those after the end of the meter provider, which wait for no callback.
    last_flights: Arc<Flights>,
    admission: Arc<Admission>,
    /// There is no other way to ask a runtime for timers than to let it panic, which the log of the process shows: once
    /// is enough.
    has_no_timers: AtomicBool,
}

struct MetricsSource {
    exporter: PrometheusExporter,
    registries: Vec<Registry>,
    memory: Arc<Memory>,
}

impl Scraper {
    pub(super) fn new(settings: &Settings) -> Self {
        let mut registries = settings.registries.clone();
        let self_metrics = settings.has_self_metrics.then(|| {
            let registry = Registry::new();
            let metrics = SelfMetrics::new(&registry);
            registries.push(registry);
            metrics.inspect_err(|error| tracing::error!("there are no metrics of the handler: {error}")).ok()
        });
        // What was worked out for other sources would be of no use, and would be lost to those.
        let exporter = settings.exporter.clone();
        let memory = if registries.is_empty() { Arc::clone(exporter.memory()) } else { Arc::default() };
        Self {
            source: Arc::new(MetricsSource { exporter, registries, memory }),
            flights: Arc::default(),
            last_flights: Arc::default(),
            admission: Arc::new(Admission::new(settings.max_in_flight, self_metrics.flatten())),
            has_no_timers: AtomicBool::new(false),
        }
    }

    pub(super) async fn scrape(&self, request: ScrapeRequest, runtime: &Handle) -> Response<MetricsBody> {
        let Some(admitted) = self.admission.admit() else {
            return self.answer(Err(&Failure::TooManyScrapes), request.is_head);
        };
        let timer = request.timeout.and_then(|limit| self.timer(limit, runtime));
        let outcome = or_timeout(self.page(&request.page, runtime), timer).await;
        let outcome = outcome.as_ref().map(|page| (page, &request.page));
        let mut response = self.answer(outcome, request.is_head);
        response.body_mut().hold(admitted);
        response
    }

    /// The same on the calling thread, from the first to the last byte.
    pub(super) fn scrape_here(&self, request: &ScrapeRequest) -> Response<MetricsBody> {
        let Some(admitted) = self.admission.admit() else {
            return self.answer(Err(&Failure::TooManyScrapes), request.is_head);
        };
        let page = self.source.collect().and_then(|collected| self.source.write(&collected, &request.page));
        let outcome = page.map_err(|error| Failure::Collection(Arc::new(error)));
        let outcome = outcome.as_ref().map(|page| (page, &request.page));
        let mut response = self.answer(outcome, request.is_head);
        response.body_mut().hold(admitted);
        response
    }

    fn answer(&self, outcome: Result<(&Bytes, &PageKey), &Failure>, is_head: bool) -> Response<MetricsBody> {
        let response = response(outcome, is_head);
        self.admission.count(response.status());
        response
    }

    async fn page(&self, key: &PageKey, runtime: &Handle) -> Result<Bytes, Failure> {
        // The collection that this scrape would share waits for it to end.
        if is_collecting() {
            return Err(Failure::Collection(Arc::new(Error::nested())));
        }
        let landed = self.collection(runtime).await;
        let shared = landed.ok_or(Failure::RuntimeEnds)?.map_err(Failure::Collection)?;

        let (source, copied_key) = (Arc::clone(&self.source), key.clone());
        let written = shared.page(key, runtime, move |collected| source.write(collected, &copied_key)).await;
        written.ok_or(Failure::RuntimeEnds)?.map_err(Failure::Collection)
    }

    /// A collection that is under way when the meter provider ends may hang for ever: whoever waits for it then gets the
    /// metrics of the end.
    async fn collection(&self, runtime: &Handle) -> Option<Landed> {
        let source = Arc::clone(&self.source);
        let collect = move || source.collect();
        let mut has_ended = self.source.exporter.reader().has_ended();
        let landed = {
            let mut end = pin!(has_ended.wait_for(|has_ended| *has_ended));
            let mut landed = pin!(self.flights.join(runtime, collect.clone()));
            poll_fn(|cx| match end.as_mut().poll(cx) {
                Poll::Ready(_) => Poll::Ready(None),
                Poll::Pending => landed.as_mut().poll(cx).map(Some),
            })
            .await
        };
        match landed {
            Some(landed) => landed,
            None => self.last_flights.join(runtime, collect).await,
        }
    }

    /// A timer for `limit`, or none where the runtime was built without timers.
    fn timer(&self, limit: Duration, runtime: &Handle) -> Option<Sleep> {
        if self.has_no_timers.load(Ordering::Relaxed) {
            return None;
        }
        // Whoever polls may stand outside of the runtime.
        let _entered = runtime.enter();
        let timer = catch_unwind(|| tokio::time::sleep(limit)).ok();
        if timer.is_none() && !self.has_no_timers.swap(true, Ordering::Relaxed) {
            tracing::warn!("scrapes have no timeout: the runtime was built without `enable_time`");
        }
        timer
    }
}

impl MetricsSource {
    fn collect(&self) -> Result<Collected, Error> {
        self.exporter.collect(&self.registries, &self.memory)
    }

    fn write(&self, collected: &Collected, key: &PageKey) -> Result<Bytes, Error> {
        let page = self.exporter.write(collected, key.exposition, &key.filter, &self.memory)?;
        if key.encoding == ContentEncoding::Identity {
            return Ok(page);
        }
        compress(key.encoding, &page).map(Bytes::from).map_err(Error::compression)
    }
}

impl std::fmt::Debug for MetricsSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MetricsSource").field("exporter", &self.exporter).finish_non_exhaustive()
    }
}

async fn or_timeout(
    page: impl Future<Output = Result<Bytes, Failure>>,
    timer: Option<Sleep>,
) -> Result<Bytes, Failure> {
    let Some(timer) = timer else {
        return page.await;
    };
    let (mut page, mut timer) = (pin!(page), pin!(timer));
    poll_fn(|cx| match page.as_mut().poll(cx) {
        Poll::Ready(outcome) => Poll::Ready(outcome),
        // The timers of a runtime that has ended panic.
        Poll::Pending => match catch_unwind(AssertUnwindSafe(|| timer.as_mut().poll(cx))) {
            Ok(poll) => poll.map(|()| Err(Failure::TimedOut)),
            Err(_) => Poll::Ready(Err(Failure::RuntimeEnds)),
        },
    })
    .await
}

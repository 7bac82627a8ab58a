//! A scrape from admission to response.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use prometheus::Registry;
use tokio::runtime::Handle;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::Sleep;

use super::Settings;
use super::admission::{Admission, SelfMetrics};
use super::flight::{Flights, Shared};
use super::request::{PageKey, ScrapeRequest};
use super::response::{Failure, response};
use crate::body::MetricsBody;
use crate::collected::Collected;
use crate::compress::compress;
use crate::error::Error;
use crate::exporter::PrometheusExporter;
use crate::memory::Memory;
use crate::negotiate::ContentEncoding;

/// What all clones of a handler share.
#[derive(Debug)]
pub(super) struct Scraper {
    source: Arc<MetricsSource>,
    flights: Arc<Flights>,
    admission: Arc<Admission>,
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
            admission: Arc::new(Admission::new(settings.max_in_flight, self_metrics.flatten())),
        }
    }

    pub(super) async fn scrape(&self, request: ScrapeRequest, runtime: &Handle) -> Response<MetricsBody> {
        let Some(admitted) = self.admission.admit() else {
            return self.answer(Err(&Failure::TooManyScrapes), request.is_head);
        };
        let timer = request.timeout.and_then(timer);
        let outcome = or_timeout(self.page(&request.page, runtime), timer).await;
        let outcome = outcome.as_ref().map(|page| (page.clone(), &request.page));
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
        let outcome = outcome.as_ref().map(|page| (page.clone(), &request.page));
        let mut response = self.answer(outcome, request.is_head);
        response.body_mut().hold(admitted);
        response
    }

    fn answer(&self, outcome: Result<(Bytes, &PageKey), &Failure>, is_head: bool) -> Response<MetricsBody> {
        let response = response(outcome, is_head);
        self.admission.count(response.status());
        response
    }

    async fn page(&self, key: &PageKey, runtime: &Handle) -> Result<Bytes, Failure> {
        let source = Arc::clone(&self.source);
        let landed = self.flights.join(runtime, move || source.collect()).await;
        let shared = landed.ok_or(Failure::RuntimeEnds)?.map_err(Failure::Collection)?;

        let (source, key) = (Arc::clone(&self.source), key.clone());
        let write = move || Shared::page(&shared, &key, || source.write(&shared.collected, &key));
        match AbortOnDrop(runtime.spawn_blocking(write)).await {
            Ok(page) => page.map_err(Failure::Collection),
            Err(_) => Err(Failure::RuntimeEnds),
        }
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

/// A timer for `limit`, or none where the runtime was built without timers.
fn timer(limit: Duration) -> Option<Sleep> {
    // There is no other way to ask a runtime than to let it panic.
    catch_unwind(AssertUnwindSafe(|| tokio::time::sleep(limit))).ok()
}

async fn or_timeout(
    page: impl Future<Output = Result<Bytes, Failure>>,
    timer: Option<Sleep>,
) -> Result<Bytes, Failure> {
    let Some(timer) = timer else {
        return page.await;
    };
    let (mut page, mut timer) = (pin!(page), pin!(timer));
    std::future::poll_fn(|cx| match page.as_mut().poll(cx) {
        Poll::Ready(outcome) => Poll::Ready(outcome),
        Poll::Pending => timer.as_mut().poll(cx).map(|()| Err(Failure::TimedOut)),
    })
    .await
}

/// A task that leaves the queue when nobody waits for it any more.
struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl<T> Future for AbortOnDrop<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx)
    }
}

//! The SDK's interface for readers that collect on demand.
//!
//! All of it is experimental in the SDK (feature `experimental_metrics_custom_reader`), so nothing outside of this
//! file knows it.

use std::any::Any;
use std::cell::Cell;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{InstrumentKind, ManualReader, Pipeline, Temporality};
use tokio::sync::watch;

use crate::deadline::within;
use crate::error::Error;
use crate::exporter::PrometheusExporter;

/// A share in the connection to one meter provider.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    link: Arc<Link>,
    /// A second provider wanted this share. Its shutdown must not end the first provider's scrapes.
    is_refused: AtomicBool,
}

#[derive(Debug, Default)]
struct Link {
    connection: Mutex<Connection>,
    has_been_read: AtomicBool,
    has_ended: watch::Sender<bool>,
}

#[derive(Debug, Default)]
enum Connection {
    #[default]
    None,
    /// The variables want no metrics here.
    LeftOut,
    Open(Weak<Pipeline>),
    /// The last collection is under way. Others may still collect for themselves.
    Closing(Weak<Pipeline>),
    /// With what the last collection has given, unless that failed or has not come to its end.
    Ended(Option<Arc<ResourceMetrics>>),
}

/// What a scrape reads.
#[derive(Debug)]
pub(crate) enum Reading {
    Fresh(ResourceMetrics),
    Last(Arc<ResourceMetrics>),
}

impl Deref for Reading {
    type Target = ResourceMetrics;

    fn deref(&self) -> &ResourceMetrics {
        match self {
            Self::Fresh(metrics) => metrics,
            Self::Last(metrics) => metrics,
        }
    }
}

enum Source {
    Nothing,
    Pipeline(Arc<Pipeline>),
    Last(Arc<ResourceMetrics>),
}

impl Clone for Reader {
    fn clone(&self) -> Self {
        Self { link: Arc::clone(&self.link), is_refused: AtomicBool::new(false) }
    }
}

impl Reader {
    /// Runs the observable callbacks and gives all metrics, or those of the last collection once the provider has ended.
    pub(crate) fn collect(&self) -> Result<Reading, Error> {
        let Some(_collecting) = Collecting::begin() else {
            return Err(Error::nested());
        };
        match self.source()? {
            Source::Nothing => Ok(Reading::Fresh(ResourceMetrics::default())),
            Source::Pipeline(pipeline) => {
                let mut metrics = ResourceMetrics::default();
                read(&pipeline, &mut metrics)?;
                self.link.has_been_read.store(true, Ordering::Relaxed);
                Ok(Reading::Fresh(metrics))
            }
            Source::Last(metrics) => {
                if !self.link.has_been_read.swap(true, Ordering::Relaxed) {
                    tracing::warn!(
                        "the meter provider has ended before the first scrape: the page stays as it was then; keep the \
                         provider alive, for example by a name for the telemetry that lives as long as the service"
                    );
                }
                Ok(Reading::Last(metrics))
            }
        }
    }

    /// Becomes true when the provider has ended: from then on, no scrape has to wait for a callback.
    pub(crate) fn has_ended(&self) -> watch::Receiver<bool> {
        self.link.has_ended.subscribe()
    }

    /// For the SDK, which wants no metrics any more after a shutdown.
    fn collect_into(&self, metrics: &mut ResourceMetrics) -> Result<(), Error> {
        let Some(_collecting) = Collecting::begin() else {
            return Err(Error::nested());
        };
        match self.source()? {
            Source::Pipeline(pipeline) => read(&pipeline, metrics),
            Source::Nothing => Ok(()),
            Source::Last(_) => Err(Error::shut_down()),
        }
    }

    fn source(&self) -> Result<Source, Error> {
        match &*self.lock() {
            Connection::None => Err(Error::not_registered()),
            Connection::LeftOut => Ok(Source::Nothing),
            Connection::Open(pipeline) | Connection::Closing(pipeline) => {
                // Held until the end of a collection, which a provider that is dropped meanwhile does not fail so.
                pipeline.upgrade().map(Source::Pipeline).ok_or_else(Error::shut_down)
            }
            Connection::Ended(last) => last.clone().map(Source::Last).ok_or_else(Error::shut_down),
        }
    }

    fn register(&self, pipeline: Weak<Pipeline>) {
        let mut connection = self.lock();
        if let Connection::None | Connection::LeftOut = *connection {
            *connection = Connection::Open(pipeline);
            return;
        }
        drop(connection);
        self.is_refused.store(true, Ordering::Relaxed);
        tracing::error!(
            "a Prometheus exporter can serve one meter provider only: build another exporter for the second provider, \
             whose metrics are not exported now"
        );
    }

    /// There is no provider, and none is missed.
    pub(crate) fn leave_out(&self) {
        let mut connection = self.lock();
        if let Connection::None = *connection {
            *connection = Connection::LeftOut;
        }
    }

    /// Collects for the last time, for the scrapes that come after this.
    fn shut_down(&self, timeout: Duration) -> OTelSdkResult {
        if self.is_refused.load(Ordering::Relaxed) {
            return Ok(());
        }
        let pipeline = {
            let mut connection = self.lock();
            let pipeline = match &*connection {
                Connection::None | Connection::LeftOut => Weak::new(),
                Connection::Open(pipeline) => Weak::clone(pipeline),
                Connection::Closing(_) | Connection::Ended(_) => return Err(OTelSdkError::AlreadyShutdown),
            };
            *connection = Connection::Closing(Weak::clone(&pipeline));
            pipeline.upgrade()
        };
        let outcome = pipeline.map_or(Ok(()), |pipeline| self.collect_last(pipeline, timeout));
        self.end(None);
        outcome
    }

    /// On another thread: a callback may hang, or the lock that a scrape holds whose callback hangs.
    fn collect_last(&self, pipeline: Arc<Pipeline>, timeout: Duration) -> OTelSdkResult {
        // The other thread would wait for this one, which holds the SDK's lock.
        if is_collecting() {
            return Err(Error::nested().into_sdk());
        }
        let reader = self.clone();
        let collected = within(timeout, move || {
            let Some(_collecting) = Collecting::begin() else {
                return Err(Error::nested());
            };
            let mut metrics = ResourceMetrics::default();
            read(&pipeline, &mut metrics)?;
            // Better late than never.
            reader.end(Some(Arc::new(metrics)));
            Ok(())
        });
        collected?.map_err(Error::into_sdk)
    }

    fn end(&self, last: Option<Arc<ResourceMetrics>>) {
        let mut connection = self.lock();
        if !matches!(*connection, Connection::Ended(Some(_))) {
            *connection = Connection::Ended(last);
        }
        drop(connection);
        self.link.has_ended.send_replace(true);
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.link.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(pipeline: &Arc<Pipeline>, metrics: &mut ResourceMetrics) -> Result<(), Error> {
    // Only a `ManualReader` can read a pipeline. A new one for each collection costs next to nothing, has no lock
    // that scrapes would share, and none that a panic could leave poisoned.
    let reader = ManualReader::builder().build();
    reader.register_pipeline(Arc::downgrade(pipeline));
    without_poison(|| reader.collect(metrics)).map_err(|payload| Error::panicked(&*payload))?.map_err(Error::collection)
}

impl MetricReader for PrometheusExporter {
    fn register_pipeline(&self, pipeline: Weak<Pipeline>) {
        self.reader().register(pipeline);
    }

    fn collect(&self, metrics: &mut ResourceMetrics) -> OTelSdkResult {
        self.reader().collect_into(metrics).map_err(Error::into_sdk)
    }

    /// Nothing is held back, so there is nothing to flush.
    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    /// Collects once more, and gives scrapes the result of that from now on.
    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.reader().shut_down(timeout)
    }

    /// Cumulative for every kind of instrument, which is all that Prometheus understands.
    fn temporality(&self, _kind: InstrumentKind) -> Temporality {
        Temporality::Cumulative
    }
}

thread_local! {
    static IS_COLLECTING: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is inside of a callback.
pub(crate) fn is_collecting() -> bool {
    IS_COLLECTING.get()
}

/// Marks this thread as collecting, for whichever exporter, until it is dropped.
///
/// The SDK runs the observable callbacks under the pipeline's lock, where a second collection on the same thread would
/// wait for ever. With another exporter of the provider, and so another pipeline, it would run the callback that asked
/// for it once more, without end.
struct Collecting;

impl Collecting {
    fn begin() -> Option<Self> {
        if IS_COLLECTING.replace(true) {
            return None;
        }
        Some(Self)
    }
}

impl Drop for Collecting {
    fn drop(&mut self) {
        IS_COLLECTING.set(false);
    }
}

/// Runs `work` so that a panic in it ends this collection alone.
///
/// The SDK runs the observable callbacks under the pipeline's lock. A panic there would poison the lock, after which
/// the SDK refuses each collection and forgets each new instrument, for as long as the process lives. Nothing is half
/// done, though: no aggregation is read before the last callback has ended, and a value that was observed until then
/// only waits for the next collection. `std` poisons a lock only if the panic began after the locking, so `work` runs
/// while an unwinding, which ends here, is under way.
fn without_poison<T>(work: impl FnOnce() -> T) -> Result<T, Box<dyn Any + Send>> {
    // Where a panic aborts, this unwinding would too, and nothing can be poisoned.
    if cfg!(panic = "abort") {
        return Ok(work());
    }
    // An unwinding is under way already, and nothing can be poisoned. In a panic hook one of our own would even do
    // harm: `std` does not count a panic that begins there, but counts its end.
    if std::thread::panicking() {
        return catch_unwind(AssertUnwindSafe(work));
    }
    let mut outcome = None;
    let ended = catch_unwind(AssertUnwindSafe(|| {
        let _on_unwind = OnDrop(Some(|| outcome = Some(catch_unwind(AssertUnwindSafe(work)))));
        resume_unwind(Box::new(()));
    }));
    match (outcome, ended) {
        (Some(outcome), _) => outcome,
        (None, Err(payload)) => Err(payload),
        (None, Ok(never)) => never,
    }
}

struct OnDrop<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        if let Some(work) = self.0.take() {
            work();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sdk::Shape;
    use opentelemetry_sdk::metrics::SdkMeterProvider;
    use telemetry_core::opentelemetry::metrics::MeterProvider;

    #[derive(Clone, Debug)]
    struct DeltaReader(Arc<ManualReader>);

    impl MetricReader for DeltaReader {
        fn register_pipeline(&self, pipeline: Weak<Pipeline>) {
            self.0.register_pipeline(pipeline);
        }

        fn collect(&self, metrics: &mut ResourceMetrics) -> OTelSdkResult {
            self.0.collect(metrics)
        }

        fn force_flush(&self) -> OTelSdkResult {
            Ok(())
        }

        fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
            self.0.shutdown_with_timeout(timeout)
        }

        fn temporality(&self, _: InstrumentKind) -> Temporality {
            Temporality::Delta
        }
    }

    /// The exporter never asks for deltas, so no scrape can show this.
    #[test]
    fn px51_px53_px56_px59_deltas_have_no_type() {
        let reader = DeltaReader(Arc::new(ManualReader::builder().build()));
        let provider = SdkMeterProvider::builder().with_reader(reader.clone()).build();
        let meter = provider.meter("m");
        meter.u64_counter("monotonic").build().add(1, &[]);
        meter.i64_up_down_counter("not_monotonic").build().add(1, &[]);
        meter.f64_histogram("histogram").build().record(1.0, &[]);
        meter.f64_gauge("gauge").build().record(1.0, &[]);
        let mut metrics = ResourceMetrics::default();
        reader.collect(&mut metrics).unwrap();

        let scope = metrics.scope_metrics().next().unwrap();
        let outcomes = scope.metrics().map(|metric| (metric.name(), Shape::of(metric).kind(metric.name()).is_ok()));
        let expected = [("monotonic", false), ("not_monotonic", false), ("histogram", false), ("gauge", true)];
        assert_eq!(outcomes.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_lock_that_was_held_during_a_panic_is_not_poisoned() {
        let lock = Mutex::new(0);
        let outcome = without_poison(|| {
            let mut guard = lock.lock().unwrap();
            *guard += 1;
            panic!("expected");
        });
        assert!(outcome.is_err());
        assert!(!lock.is_poisoned());
        assert_eq!(without_poison(|| *lock.lock().unwrap()).unwrap(), 1);
    }
}

//! Traces, metrics and logs in one call, set up by code and by the standard variables.
//!
//! [`Telemetry::builder`] starts from what the environment says; `docs/environment.md` of the repository lists every
//! variable that is read, what it does, and what sets it in code. What is set in code wins, also where it is for all
//! signals and the environment's for one. A value that cannot be used is told of in the log and then treated as not set;
//! such a value in code is an [`Error`].
//!
//! Without a variable, and without features that export, nothing leaves the process: OTLP (feature `otlp`) is off
//! unless an endpoint is set or an exporter is chosen by name. The specification would have it on, and every start on a
//! laptop would then log that nobody is there.

mod builder;
mod ending;
mod error;
mod exporters;
#[cfg(feature = "otlp")]
mod exporting;
#[cfg(not(feature = "otlp"))]
#[path = "exporting_nothing.rs"]
mod exporting;
mod start;
#[cfg(feature = "subscriber")]
mod subscriber;
mod thread;
mod traces;

use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::sync::oneshot;

pub use builder::TelemetryBuilder;
pub use error::Error;
#[cfg(feature = "subscriber")]
pub use subscriber::BoxedLayer;

use ending::Ending;
use error::Kind;
use exporting::Exporting;

/// How long a shutdown may take, unless told otherwise.
const LIMIT: Duration = Duration::from_secs(5);

/// Nobody waits longer for a shutdown, and nothing overflows by it.
const LONGEST: Duration = Duration::from_secs(365 * 86_400);

/// The running telemetry of a process, and the guard that flushes it.
///
/// Keep it until the service has ended, then call [`shutdown`](Telemetry::shutdown). Dropping it does the same, and
/// tells of failures in the log alone.
///
/// Connections that are still open when the runtime ends are recorded then. To have them flushed too, let a `main` that
/// is not async own the telemetry, run the service in a runtime that it waits for, and shut down after that.
///
/// ```
/// use telemetry_core::Telemetry;
///
/// let telemetry = Telemetry::builder().with_service_name("shop").build()?;
/// // .. serve ..
/// telemetry.shutdown()?;
/// # Ok::<(), telemetry_core::setup::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "dropping the telemetry ends it"]
pub struct Telemetry {
    running: Arc<Running>,
}

#[derive(Debug)]
struct Running {
    meter_provider: SdkMeterProvider,
    tracer_provider: Option<SdkTracerProvider>,
    logger_provider: Option<SdkLoggerProvider>,
    #[cfg(feature = "subscriber")]
    directives: String,
    exporting: Exporting,
    ending: Ending,
}

impl Telemetry {
    /// Starts a setup from what the environment says, to be made global.
    pub fn builder() -> TelemetryBuilder {
        TelemetryBuilder::new()
    }

    /// The meter provider, for layers and instruments that are not to use the global one.
    #[must_use]
    pub fn meter_provider(&self) -> &SdkMeterProvider {
        &self.running.meter_provider
    }

    /// The tracer provider, for layers that are not to use the global one; absent unless traces are exported or
    /// [`configure_traces`](TelemetryBuilder::configure_traces) was called.
    #[must_use]
    pub fn tracer_provider(&self) -> Option<&SdkTracerProvider> {
        self.running.tracer_provider.as_ref()
    }

    /// The logger provider; absent unless logs are exported or [`configure_logs`](TelemetryBuilder::configure_logs) was
    /// called.
    #[must_use]
    pub fn logger_provider(&self) -> Option<&SdkLoggerProvider> {
        self.running.logger_provider.as_ref()
    }

    /// A layer that makes what `tracing` tells spans and logs of OpenTelemetry, for a subscriber of one's own: see
    /// [`without_subscriber`](TelemetryBuilder::without_subscriber). It filters by itself, as the built-in subscriber
    /// does. Without spans or logs to export it does nothing.
    ///
    /// ```
    /// use telemetry_core::Telemetry;
    /// use tracing_subscriber::layer::SubscriberExt;
    ///
    /// let telemetry = Telemetry::builder().without_subscriber().build()?;
    /// let subscriber = tracing_subscriber::registry().with(telemetry.layer()).with(tracing_subscriber::fmt::layer());
    /// # drop(subscriber);
    /// # Ok::<(), telemetry_core::setup::Error>(())
    /// ```
    #[cfg(feature = "subscriber")]
    #[must_use]
    pub fn layer<S>(&self) -> Option<BoxedLayer<S>>
    where
        S: tracing::Subscriber + for<'span> tracing_subscriber::registry::LookupSpan<'span> + Send + Sync,
    {
        subscriber::opentelemetry(&self.running.directives, self.tracer_provider(), self.logger_provider())
    }

    /// Exports what readers and processors hold now, and waits for that. Blocks, for as long as an export may take.
    ///
    /// # Errors
    ///
    /// When some of it could not be exported.
    pub fn flush(&self) -> Result<(), Error> {
        let running = &self.running;
        let traces = running.tracer_provider.as_ref().map_or(Ok(()), SdkTracerProvider::force_flush);
        let logs = running.logger_provider.as_ref().map_or(Ok(()), SdkLoggerProvider::force_flush);
        let metrics = running.meter_provider.force_flush();
        traces.and(logs).and(metrics).map_err(|error| Error(Kind::Flush(error)))?;
        running.exporting.last_metrics()
    }

    /// Flushes what readers and processors still hold and ends them, within five seconds.
    ///
    /// Blocks until they have ended. It needs no runtime to go on meanwhile: exports have a thread of their own. A
    /// second call does nothing but wait for the first, if that has not ended yet. In async code see [`shutdown_async`](Self::shutdown_async).
    ///
    /// # Errors
    ///
    /// When something could not be exported, or not in time; the rest has ended all the same.
    pub fn shutdown(&self) -> Result<(), Error> {
        self.running.shutdown(LIMIT)
    }

    /// As [`shutdown`](Self::shutdown), within the given time.
    ///
    /// Traces and logs have three quarters of it, and metrics, which tell how that went, the rest. What an exporter of
    /// one's own does with its time is its own affair.
    ///
    /// # Errors
    ///
    /// As [`shutdown`](Self::shutdown).
    pub fn shutdown_within(&self, limit: Duration) -> Result<(), Error> {
        self.running.shutdown(limit)
    }

    /// As [`shutdown`](Self::shutdown), without blocking the thread: the service goes on answering, scrapes among the
    /// rest, until all is flushed.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), telemetry_core::setup::Error> {
    /// let telemetry = telemetry_core::Telemetry::builder().build()?;
    /// telemetry.shutdown_async().await
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`shutdown`](Self::shutdown).
    pub async fn shutdown_async(&self) -> Result<(), Error> {
        let (done, wait) = oneshot::channel();
        let running = Arc::clone(&self.running);
        let work = move || {
            // Nobody waits any more if the future was dropped; the shutdown goes on.
            let _ = done.send(running.shutdown(LIMIT));
        };
        match thread::spawn(work) {
            Ok(()) => wait.await.unwrap_or(Err(Error(Kind::Panicked))),
            Err(_) => self.shutdown(),
        }
    }
}

impl Running {
    fn shutdown(&self, limit: Duration) -> Result<(), Error> {
        let limit = limit.min(LONGEST);
        if !self.ending.begin(limit) {
            return Ok(());
        }
        let end = Instant::now() + limit;
        // Given up a moment before nobody waits any more, so that metrics know of it.
        self.exporting.end_within(limit.mul_f64(0.7));
        let end_of_first = Instant::now() + limit.mul_f64(0.75);
        let traces = self.tracer_provider.as_ref();
        let traces = traces.map_or(Ok(()), |provider| provider.shutdown_with_timeout(remaining(end_of_first)));
        let logs = self.logger_provider.as_ref();
        let logs = logs.map_or(Ok(()), |provider| provider.shutdown_with_timeout(remaining(end_of_first)));
        self.exporting.end_within(remaining(end));
        let metrics = self.shut_metrics_down(remaining(end));
        let last_metrics = self.exporting.last_metrics();
        self.exporting.stop();
        self.ending.done();
        let ended = [traces, logs, metrics].into_iter().try_for_each(ignore_second_shutdown);
        ended.map_err(|error| Error(Kind::Shutdown(error)))?;
        last_metrics
    }

    /// The SDK gives each reader five seconds, whatever it is told, and a callback that hangs would take them all.
    fn shut_metrics_down(&self, limit: Duration) -> OTelSdkResult {
        let (done, wait) = mpsc::channel();
        let provider = self.meter_provider.clone();
        let work = move || {
            // Nobody may be waiting any more.
            let _ = done.send(provider.shutdown_with_timeout(limit));
        };
        match thread::spawn(work) {
            Ok(()) => wait.recv_timeout(limit).unwrap_or(Err(OTelSdkError::Timeout(limit))),
            Err(_) => self.meter_provider.shutdown_with_timeout(limit),
        }
    }
}

/// The SDK takes a timeout of zero for what it says: it would not even ask. A moment is always left.
fn remaining(end: Instant) -> Duration {
    end.saturating_duration_since(Instant::now()).max(Duration::from_millis(10))
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        if let Err(error) = self.shutdown() {
            let error: &(dyn std::error::Error + 'static) = &error;
            tracing::warn!(error, "telemetry did not end cleanly");
        }
    }
}

fn ignore_second_shutdown(result: OTelSdkResult) -> OTelSdkResult {
    match result {
        Err(OTelSdkError::AlreadyShutdown) => Ok(()),
        other => other,
    }
}

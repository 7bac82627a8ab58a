//! The exporter: collect, then write.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use prometheus::Registry;

use crate::bridge::{self, Identity};
use crate::builder::{Options, PrometheusExporterBuilder};
use crate::collected::Collected;
use crate::error::Error;
use crate::exposition::Exposition;
use crate::inventory::Stock;
use crate::memory::Memory;
use crate::negotiate::NameFilter;
use crate::page::Setting;
use crate::process::{self, ProcessMetrics};
use crate::reader::Reader;
use crate::warning::Warnings;

/// Renders the metrics of a meter provider for Prometheus.
///
/// The exporter is a reader of the SDK that collects when it is asked to and keeps no copy of its own. Clones are cheap
/// and all mean the same exporter: give one to the meter provider and keep another to [`render`](Self::render), or for
/// a [`PrometheusMetricsHandler`](crate::PrometheusMetricsHandler).
///
/// It serves one meter provider. A second one that it is given to is refused, with an error in the log.
///
/// It is also a [`Collector`](prometheus::core::Collector) of the `prometheus` crate: registered in a registry, it makes
/// the SDK's metrics appear wherever that registry is gathered.
///
/// # The end
///
/// When the provider is shut down or dropped, the exporter collects once more. From then on every page shows these values,
/// so that Prometheus' last scrape gets an answer; registries and the process go on. Callbacks are not run again.
///
/// That collection runs on a thread of its own. The shutdown waits for it as long as the SDK grants, which is 5 s, and
/// fails if a callback takes longer or panics: then scrapes get an error, until such a callback has ended after all.
/// Inside of a callback, a shutdown does not collect, and fails too. A second shutdown does nothing.
///
/// # Panics in callbacks
///
/// A callback that panics fails one scrape; the SDK alone would fail all that follow, because a panic poisons its lock.
/// To keep the lock whole, callbacks run inside of an unwinding that the exporter starts and catches itself, which they
/// can notice:
///
/// - [`std::thread::panicking`] is true in every callback. Code that asks for it, like some connection pools, takes that for a failure.
/// - A [`Mutex`](std::sync::Mutex) that is held in a callback when that panics is not poisoned.
/// - For a panic in a callback, also one that the callback catches, the default hook writes a full backtrace, whatever
///   `RUST_BACKTRACE` says.
///
/// Values that callbacks observed before the panic appear in the next scrape. With `panic = "abort"`, a panic ends the
/// process as always.
///
/// ```
/// use telemetry_prometheus::{Format, PrometheusExporter};
/// use telemetry_prometheus::opentelemetry::metrics::MeterProvider;
/// use telemetry_prometheus::opentelemetry_sdk::metrics::SdkMeterProvider;
///
/// let exporter = PrometheusExporter::builder().without_target_info().build();
/// let provider = SdkMeterProvider::builder().with_reader(exporter.clone()).build();
/// provider.meter("shop").u64_counter("orders").build().add(3, &[]);
///
/// assert_eq!(
///     exporter.render(Format::PrometheusText)?,
///     "# TYPE orders_total counter\norders_total{otel_scope_name=\"shop\"} 3\n",
/// );
/// # Ok::<(), telemetry_prometheus::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct PrometheusExporter {
    reader: Reader,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    options: Options,
    process: ProcessMetrics,
    warnings: Warnings,
    identity: Identity,
    memory: Arc<Memory>,
    /// What was gathered by registries of others, who see no registries of the exporter.
    gathered: Stock,
}

impl Default for PrometheusExporter {
    fn default() -> Self {
        Self::new()
    }
}

impl PrometheusExporter {
    /// An exporter with the defaults: scope labels and `target_info` on, no namespace, no resource labels.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Settings that differ from the defaults.
    pub fn builder() -> PrometheusExporterBuilder {
        PrometheusExporterBuilder::default()
    }

    pub(crate) fn with_options(options: Options) -> Self {
        let shared = Shared {
            process: ProcessMetrics::new(options.process_metrics),
            options,
            warnings: Warnings::default(),
            identity: Identity::new(),
            memory: Arc::new(Memory::default()),
            gathered: Stock::default(),
        };
        Self { reader: Reader::default(), shared: Arc::new(shared) }
    }

    /// Collects the metrics, which runs all observable callbacks, and writes them in a [`Format`](crate::Format) or a
    /// whole [`Exposition`].
    ///
    /// Equal data gives equal bytes: families and series are sorted. Callbacks run on the calling thread; in
    /// asynchronous code use a blocking task, as the handler does.
    ///
    /// The exporter remembers the labels of the series that it wrote, for as many as four expositions in use, and the
    /// memory of a page is used again once its bytes are dropped.
    ///
    /// # Errors
    ///
    /// When the exporter has no meter provider, or that is shut down without a last collection, and when a callback, a registry's collector or
    /// the choice of resource labels panics, which fails this collection alone. There is no partial output.
    ///
    /// It also fails inside of a callback, for every exporter, because the SDK holds its lock meanwhile. Two things
    /// like that hang for ever instead: a callback that waits for another thread that renders, and a callback that
    /// creates an instrument, for which the SDK itself wants the same lock.
    pub fn render(&self, exposition: impl Into<Exposition>) -> Result<Bytes, Error> {
        let memory = &self.shared.memory;
        let collected = self.collect(&[], memory)?;
        self.write(&collected, exposition.into(), &NameFilter::new(None), memory)
    }

    /// Collects once, also from more registries than the exporter has of its own. What is collected in one memory must
    /// be written in the same.
    pub(crate) fn collect(&self, registries: &[Registry], memory: &Memory) -> Result<Collected, Error> {
        caught(|| {
            let ticket = memory.stock.ticket();
            let metrics = self.reader.collect()?;
            let Shared { options, process, identity, .. } = &*self.shared;
            let process = process.registry();
            let registries = options.registries.iter().chain(registries).chain(process);
            let mut gathered = bridge::gather(identity, registries);
            if process.is_some() {
                process::yield_to_others(&mut gathered);
            }
            Ok(Collected::new(metrics, gathered, &memory.stock, ticket))
        })
    }

    /// Collects from the meter provider alone.
    pub(crate) fn collect_own(&self) -> Result<Collected, Error> {
        caught(|| {
            let stock = &self.shared.gathered;
            let ticket = stock.ticket();
            Ok(Collected::new(self.reader.collect()?, Vec::new(), stock, ticket))
        })
    }

    pub(crate) fn write(
        &self,
        collected: &Collected,
        exposition: Exposition,
        filter: &NameFilter,
        memory: &Memory,
    ) -> Result<Bytes, Error> {
        caught(|| Ok(memory.write(collected, self.setting(exposition), filter)))
    }

    pub(crate) fn setting(&self, exposition: Exposition) -> Setting<'_> {
        let Shared { options, warnings, .. } = &*self.shared;
        Setting { options, warnings, exposition }
    }

    pub(crate) fn memory(&self) -> &Arc<Memory> {
        &self.shared.memory
    }

    pub(crate) fn reader(&self) -> &Reader {
        &self.reader
    }

    pub(crate) fn process(&self) -> &ProcessMetrics {
        &self.shared.process
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.shared.identity
    }
}

/// Collectors, the selector of resource labels and whatever listens to the log are the user's code: a panic in them
/// fails one scrape.
pub(crate) fn caught<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| Err(Error::panicked(&*payload)))
}

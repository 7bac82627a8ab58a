//! Export of traces, metrics and logs by OTLP.
//!
//! One thread exports for all three, see [`worker`]. In front of it stand bounded queues that a request never waits
//! for; behind it one client for each signal. Every item is counted once: as processed or dropped when it leaves the
//! queue, as exported or failed when it leaves the process.

mod batch;
mod client;
mod compress;
mod destination;
mod export;
mod failure;
mod grpc;
mod headers;
mod health;
mod limits;
mod logs;
mod metrics;
mod queue;
mod signal;
mod spans;
mod stats;
mod tls;
mod worker;

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use opentelemetry_sdk::metrics::{PeriodicReader, Temporality};

use batch::BatchLimits;
use client::Client;
use destination::Destination;
use export::Exporter;
use health::Health;
use limits::Limits;
use metrics::MetricExporter;
use stats::ExporterStats;
use worker::Worker;

pub use destination::OtlpProtocol;
pub(crate) use logs::LogBatches;
pub(crate) use spans::SpanBatches;

use crate::ScopedMeter;
use crate::settings::Settings;
use crate::signal::Signal;

/// Whether somebody said where the signal goes.
pub(crate) fn is_named(settings: &Settings, signal: Signal) -> bool {
    Destination::is_named(settings, signal)
}

/// The exporters of a process.
#[derive(Debug)]
pub(crate) struct Otlp {
    pub(crate) worker: Worker,
    receivers: Vec<Arc<Health>>,
}

/// A reader that exports, and what is left to do once its provider is there.
#[derive(Debug)]
pub(crate) struct OtlpMetrics {
    pub(crate) reader: PeriodicReader<MetricExporter>,
    pub(crate) lost: Arc<AtomicBool>,
    pub(crate) stats: Arc<ExporterStats>,
}

impl Otlp {
    pub(crate) fn start() -> io::Result<Self> {
        Ok(Self { worker: Worker::start()?, receivers: Vec::new() })
    }

    pub(crate) fn metrics(&mut self, settings: &Settings) -> OtlpMetrics {
        let timeout = settings.timeout("OTEL_METRIC_EXPORT_TIMEOUT").unwrap_or(EXPORT_TIMEOUT);
        let interval = settings.interval("OTEL_METRIC_EXPORT_INTERVAL").unwrap_or(Duration::from_secs(60));
        let preferences = [
            ("cumulative", Temporality::Cumulative),
            ("delta", Temporality::Delta),
            ("lowmemory", Temporality::LowMemory),
        ];
        let temporality = settings.choice("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", &preferences);
        let exporter = self.exporter(settings, Signal::Metrics, timeout);
        let exporter = MetricExporter::new(self.worker.handle(), exporter, temporality.unwrap_or_default());
        let (lost, stats) = (exporter.lost(), exporter.stats());
        OtlpMetrics { reader: PeriodicReader::builder(exporter).with_interval(interval).build(), lost, stats }
    }

    pub(crate) fn spans(&mut self, settings: &Settings, meter: &ScopedMeter) -> SpanBatches {
        let (limits, timeout) = batch_limits(settings, "OTEL_BSP", Duration::from_secs(5));
        let exporter = self.exporter(settings, Signal::Traces, timeout);
        SpanBatches::start(&self.worker, exporter, limits, Limits::of_spans(settings), meter)
    }

    pub(crate) fn logs(&mut self, settings: &Settings, meter: &ScopedMeter) -> LogBatches {
        let (limits, timeout) = batch_limits(settings, "OTEL_BLRP", Duration::from_secs(1));
        let exporter = self.exporter(settings, Signal::Logs, timeout);
        LogBatches::start(&self.worker, exporter, limits, Limits::of_logs(settings), meter)
    }

    fn exporter(&mut self, settings: &Settings, signal: Signal, timeout: Duration) -> Exporter {
        let destination = Destination::read(settings, signal);
        Exporter {
            client: Client::new(&destination, settings),
            signal,
            timeout: timeout.min(destination.timeout),
            stats: Arc::new(ExporterStats::new(signal, &destination)),
            health: self.health(&destination),
            end: self.worker.end(),
        }
    }

    /// One for each receiver.
    fn health(&mut self, destination: &Destination) -> Arc<Health> {
        let receiver = destination.receiver();
        if let Some(known) = self.receivers.iter().find(|known| known.is_receiver(&receiver)) {
            return Arc::clone(known);
        }
        let health = Arc::new(Health::new(receiver));
        self.receivers.push(Arc::clone(&health));
        health
    }
}

/// What the specification gives a reader or a processor for one export.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(30);

/// The largest number that every implementation has to know.
const MOST: u64 = 0x7fff_ffff;

/// The limits of a processor whose variables begin so, and its time for one export.
fn batch_limits(settings: &Settings, prefix: &str, delay: Duration) -> (BatchLimits, Duration) {
    let size = |variable: &str, default: u64| {
        let name = format!("{prefix}_{variable}");
        (settings.number(&name, 1..=MOST).unwrap_or(default), name)
    };
    let (queue, _) = size("MAX_QUEUE_SIZE", 2048);
    let (batch, name) = size("MAX_EXPORT_BATCH_SIZE", 512.min(queue));
    if batch > queue {
        settings.warn(format!("{name} is more than the queue holds: {queue} is used"));
    }
    let as_usize = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let delay = settings.interval(&format!("{prefix}_SCHEDULE_DELAY")).unwrap_or(delay);
    let limits = BatchLimits { queue: as_usize(queue), batch: as_usize(batch.min(queue)), delay };
    (limits, settings.timeout(&format!("{prefix}_EXPORT_TIMEOUT")).unwrap_or(EXPORT_TIMEOUT))
}

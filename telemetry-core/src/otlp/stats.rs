//! What exports are counted by: the `otel.sdk.*` metrics of the conventions.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram};

use super::destination::{Destination, OtlpProtocol};
use super::queue::Queue;
use crate::ScopedMeter;
use crate::semconv::{Metric, attribute, otel_sdk};
use crate::signal::Signal;

/// Of an exporter. Its instruments come once there is a meter provider, of which it may be a part.
#[derive(Debug)]
pub(crate) struct ExporterStats {
    signal: Signal,
    attributes: Vec<KeyValue>,
    inflight: AtomicI64,
    instruments: OnceLock<Instruments>,
}

#[derive(Debug)]
struct Instruments {
    exported: Counter<u64>,
    duration: Histogram<f64>,
}

/// The type of a component, and a name that no other of the process has: the type, and how many came before.
fn component(kind: String) -> [KeyValue; 2] {
    static BEFORE: Mutex<BTreeMap<String, usize>> = Mutex::new(BTreeMap::new());
    let mut before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner);
    let count = before.entry(kind.clone()).or_default();
    let name = format!("{kind}/{count}");
    *count += 1;
    [KeyValue::new(otel_sdk::COMPONENT_TYPE, kind), KeyValue::new(otel_sdk::COMPONENT_NAME, name)]
}

impl ExporterStats {
    pub(super) fn new(signal: Signal, destination: &Destination) -> Self {
        let protocol = match destination.protocol {
            OtlpProtocol::HttpProtobuf => "http",
            OtlpProtocol::Grpc => "grpc",
        };
        let mut attributes = component(format!("otlp_{protocol}_{}_exporter", signal.item())).to_vec();
        attributes.push(KeyValue::new(attribute::SERVER_ADDRESS, destination.host().to_owned()));
        attributes.push(KeyValue::new(attribute::SERVER_PORT, i64::from(destination.port())));
        Self { signal, attributes, inflight: AtomicI64::new(0), instruments: OnceLock::new() }
    }

    pub(crate) fn observe(self: &Arc<Self>, meter: &ScopedMeter) {
        let exported = meter.u64_counter(self.signal.exported());
        exported.add(0, &self.attributes); // So that there is something to compare with.
        let duration = meter.f64_histogram(&otel_sdk::EXPORTER_OPERATION_DURATION);
        let _ = self.instruments.set(Instruments { exported, duration });
        let stats = Arc::clone(self);
        meter.i64_observable_up_down_counter(self.signal.inflight(), move |observer| {
            observer.observe(stats.inflight.load(Ordering::Relaxed), &stats.attributes);
        });
    }

    pub(super) fn begin(&self, items: usize) {
        self.inflight.fetch_add(as_i64(items), Ordering::Relaxed);
    }

    /// Of `items` that were on their way, `lost` failed by reason of `error`.
    pub(super) fn end(&self, items: usize, lost: u64, error: Option<&'static str>, took: Duration) {
        self.inflight.fetch_sub(as_i64(items), Ordering::Relaxed);
        let Some(instruments) = self.instruments.get() else { return };
        instruments.exported.add((items as u64).saturating_sub(lost), &self.attributes);
        let mut attributes = Cow::Borrowed(&self.attributes);
        if let Some(error) = error {
            attributes.to_mut().push(KeyValue::new(attribute::ERROR_TYPE, error));
            instruments.exported.add(lost, &attributes);
        }
        instruments.duration.record(took.as_secs_f64(), &attributes);
    }
}

fn as_i64(items: usize) -> i64 {
    items.try_into().unwrap_or(i64::MAX)
}

/// Of a processor with a queue.
#[derive(Debug)]
pub(super) struct ProcessorStats {
    metrics: &'static ProcessorMetrics,
    attributes: Vec<KeyValue>,
    pub(super) processed: AtomicU64,
    pub(super) queue_full: AtomicU64,
    pub(super) already_shutdown: AtomicU64,
}

/// What the conventions call the metrics of one kind of processor.
#[derive(Debug)]
pub(super) struct ProcessorMetrics {
    kind: &'static str,
    processed: &'static Metric,
    queue_size: &'static Metric,
    queue_capacity: &'static Metric,
}

pub(super) const SPANS: ProcessorMetrics = ProcessorMetrics {
    kind: "batching_span_processor",
    processed: &otel_sdk::PROCESSOR_SPAN_PROCESSED,
    queue_size: &otel_sdk::PROCESSOR_SPAN_QUEUE_SIZE,
    queue_capacity: &otel_sdk::PROCESSOR_SPAN_QUEUE_CAPACITY,
};

pub(super) const LOGS: ProcessorMetrics = ProcessorMetrics {
    kind: "batching_log_processor",
    processed: &otel_sdk::PROCESSOR_LOG_PROCESSED,
    queue_size: &otel_sdk::PROCESSOR_LOG_QUEUE_SIZE,
    queue_capacity: &otel_sdk::PROCESSOR_LOG_QUEUE_CAPACITY,
};

impl ProcessorStats {
    pub(super) fn new(metrics: &'static ProcessorMetrics) -> Self {
        let attributes = component(metrics.kind.to_owned()).to_vec();
        let [processed, queue_full, already_shutdown] = [(); 3].map(|()| AtomicU64::new(0));
        Self { metrics, attributes, processed, queue_full, already_shutdown }
    }

    pub(super) fn observe<T: Send + 'static>(self: &Arc<Self>, queue: &Arc<Queue<T>>, meter: &ScopedMeter) {
        let with = |error| {
            let mut attributes = self.attributes.clone();
            attributes.push(KeyValue::new(attribute::ERROR_TYPE, error));
            attributes
        };
        let (full, late) = (with("queue_full"), with("already_shutdown"));
        let stats = Arc::clone(self);
        meter.u64_observable_counter(self.metrics.processed, move |observer| {
            observer.observe(stats.processed.load(Ordering::Relaxed), &stats.attributes);
            observer.observe(stats.queue_full.load(Ordering::Relaxed), &full);
            observer.observe(stats.already_shutdown.load(Ordering::Relaxed), &late);
        });
        let (waiting, attributes) = (Arc::clone(queue), self.attributes.clone());
        meter.i64_observable_up_down_counter(self.metrics.queue_size, move |observer| {
            observer.observe(as_i64(waiting.len()), &attributes);
        });
        let (capacity, attributes) = (as_i64(queue.capacity()), self.attributes.clone());
        meter.i64_observable_up_down_counter(self.metrics.queue_capacity, move |observer| {
            observer.observe(capacity, &attributes);
        });
    }
}

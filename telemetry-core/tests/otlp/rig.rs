//! A service that exports to a receiver, and what it counts and logs about that.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use telemetry_core::opentelemetry::logs::{LogRecord, Logger, LoggerProvider};
use telemetry_core::opentelemetry::trace::{Tracer, TracerProvider};
use telemetry_core::opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader};
use telemetry_core::testing::{Snapshot, Value};
use telemetry_core::{Telemetry, TelemetryBuilder};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::filter::LevelFilter;

use crate::log::Log;
use crate::receiver::{LONG, Receiver, Seen};

/// Longer than any test.
const NEVER: Duration = Duration::from_secs(365 * 86_400);

pub(crate) struct Rig {
    pub(crate) telemetry: Telemetry,
    pub(crate) log: Log,
    own: InMemoryMetricExporter,
    _subscriber: DefaultGuard,
}

/// Traces and logs go to the receiver; nothing goes by the clock.
pub(crate) fn builder(receiver: &Receiver) -> TelemetryBuilder {
    builder_to(&receiver.endpoint(), receiver)
}

pub(crate) fn builder_to(endpoint: &str, receiver: &Receiver) -> TelemetryBuilder {
    Telemetry::builder()
        .with_environment([("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)])
        .with_setting("OTEL_EXPORTER_OTLP_PROTOCOL", receiver.protocol().name())
        .with_setting("OTEL_METRICS_EXPORTER", "none")
        .with_setting("OTEL_BSP_SCHEDULE_DELAY", "2147483647")
        .with_setting("OTEL_BLRP_SCHEDULE_DELAY", "2147483647")
        .with_service_name("shop")
        .without_global()
}

impl Rig {
    pub(crate) fn new(builder: TelemetryBuilder) -> Self {
        Self::with_level(builder, LevelFilter::INFO)
    }

    pub(crate) fn with_level(builder: TelemetryBuilder, level: LevelFilter) -> Self {
        let (log, own) = (Log::default(), InMemoryMetricExporter::default());
        let subscriber = log.of_this_thread(level);
        let reader = PeriodicReader::builder(own.clone()).with_interval(NEVER).build();
        let telemetry = builder.configure_metrics(|metrics| metrics.with_reader(reader)).build().unwrap();
        Self { telemetry, log, own, _subscriber: subscriber }
    }

    pub(crate) fn span(&self) {
        self.telemetry.tracer_provider().unwrap().tracer("shop").in_span("checkout", |_| ());
    }

    pub(crate) fn record(&self) {
        let logger = self.telemetry.logger_provider().unwrap().logger("shop");
        let mut record = logger.create_log_record();
        record.set_body("sold".into());
        logger.emit(record);
    }

    pub(crate) fn spans(&self, count: usize) {
        (0..count).for_each(|_| self.span());
    }

    pub(crate) fn records(&self, count: usize) {
        (0..count).for_each(|_| self.record());
    }

    /// What was counted so far, or until the end.
    pub(crate) fn counted(&self) -> Snapshot {
        // After a shutdown the last one stands.
        let _ = self.telemetry.meter_provider().force_flush();
        self.own.get_finished_metrics().unwrap().last().map(Snapshot::from).unwrap_or_default()
    }

    /// What a counter holds for each `error.type`, without those of which there was nothing. Success has no name.
    pub(crate) fn by_error(&self, metric: &str) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for point in self.counted().points(metric) {
            let Value::Number(number) = point.value else { panic!("{point:?} is no counter") };
            let error = point.attributes.get("error.type").cloned().unwrap_or_default();
            *counts.entry(error).or_default() += number as u64;
        }
        counts.retain(|_, count| *count > 0);
        counts
    }

    /// Waits for something that happens on another thread.
    pub(crate) fn until(&self, what: &str, happened: impl Fn(&Self) -> bool) {
        let begin = Instant::now();
        while !happened(self) {
            assert!(begin.elapsed() < LONG, "{what} did not happen:\n{}", self.log.text());
            std::thread::yield_now();
        }
    }
}

pub(crate) fn counts(expected: &[(&str, u64)]) -> BTreeMap<String, u64> {
    expected.iter().map(|(error, count)| ((*error).to_owned(), *count)).collect()
}

impl Seen {
    pub(crate) fn is_of(&self, signal: &str) -> bool {
        self.path.to_lowercase().contains(signal)
    }

    pub(crate) fn traces(&self) -> ExportTraceServiceRequest {
        ExportTraceServiceRequest::decode(&*self.message).unwrap()
    }

    pub(crate) fn logs(&self) -> ExportLogsServiceRequest {
        ExportLogsServiceRequest::decode(&*self.message).unwrap()
    }

    pub(crate) fn metrics(&self) -> ExportMetricsServiceRequest {
        ExportMetricsServiceRequest::decode(&*self.message).unwrap()
    }

    /// How many spans or records.
    pub(crate) fn items(&self) -> usize {
        if self.is_of("trace") {
            let spans = self.traces().resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
            spans.map(|scope| scope.spans.len()).sum()
        } else {
            let records = self.logs().resource_logs.into_iter().flat_map(|resource| resource.scope_logs);
            records.map(|scope| scope.log_records.len()).sum()
        }
    }
}

use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;

use super::{InMemoryLogs, InMemoryMetrics, InMemorySpans};

/// Metrics, spans and logs of one test, each with a provider of its own. The process's global ones stay as they are.
///
/// The current span belongs to the thread and not to a provider: a log record names it, and a span that begins in it is its
/// child, whichever kit it came from.
///
/// ```
/// use telemetry_core::opentelemetry::logs::{LogRecord, Logger, LoggerProvider};
/// use telemetry_core::opentelemetry::metrics::MeterProvider;
/// use telemetry_core::opentelemetry::trace::{Tracer, TracerProvider};
/// use telemetry_core::testing::TestTelemetry;
///
/// let telemetry = TestTelemetry::new();
/// let visits = telemetry.meter_provider().meter("shop").u64_counter("visits").build();
/// let tracer = telemetry.tracer_provider().tracer("shop");
/// let logger = telemetry.logger_provider().logger("shop");
/// tracer.in_span("checkout", |_| {
///     visits.add(1, &[]);
///     let mut record = logger.create_log_record();
///     record.set_body("sold".into());
///     logger.emit(record);
/// });
///
/// assert_eq!(telemetry.metrics().snapshot().sum("visits", &[]), 1.0);
/// let checkout = telemetry.spans().named("checkout");
/// assert!(telemetry.logs().with_body("sold").is_within(&checkout));
/// ```
#[derive(Debug, Default)]
pub struct TestTelemetry {
    metrics: InMemoryMetrics,
    spans: InMemorySpans,
    logs: InMemoryLogs,
}

impl TestTelemetry {
    /// Starts with nothing recorded, and samples every trace whose parent, if it has any, was sampled.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes other spans: with a sampler, with limits.
    ///
    /// ```
    /// use telemetry_core::opentelemetry_sdk::trace::Sampler;
    /// use telemetry_core::testing::{InMemorySpans, TestTelemetry};
    ///
    /// let telemetry = TestTelemetry::new().with_spans(InMemorySpans::with_sampler(Sampler::AlwaysOff));
    /// # let _ = telemetry;
    /// ```
    #[must_use]
    pub fn with_spans(self, spans: InMemorySpans) -> Self {
        Self { spans, ..self }
    }

    /// Takes other logs: with processors of the test's own.
    #[must_use]
    pub fn with_logs(self, logs: InMemoryLogs) -> Self {
        Self { logs, ..self }
    }

    /// What was recorded.
    #[must_use]
    pub fn metrics(&self) -> &InMemoryMetrics {
        &self.metrics
    }

    /// The spans that have ended.
    #[must_use]
    pub fn spans(&self) -> &InMemorySpans {
        &self.spans
    }

    /// The log records that were emitted.
    #[must_use]
    pub fn logs(&self) -> &InMemoryLogs {
        &self.logs
    }

    /// The provider of the metrics, for [`MeterOptions::with_meter_provider`](crate::MeterOptions::with_meter_provider).
    #[must_use]
    pub fn meter_provider(&self) -> SdkMeterProvider {
        self.metrics.provider()
    }

    /// The provider of the spans, for a layer's `with_tracer_provider` and for
    /// [`TracerSource::provider`](crate::tracer::TracerSource::provider).
    #[must_use]
    pub fn tracer_provider(&self) -> SdkTracerProvider {
        self.spans.provider()
    }

    /// The provider of the logs, for a bridge from a logging library.
    #[must_use]
    pub fn logger_provider(&self) -> SdkLoggerProvider {
        self.logs.provider()
    }
}

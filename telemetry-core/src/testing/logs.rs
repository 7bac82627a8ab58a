use std::fmt;
use std::ops::Deref;

use opentelemetry::InstrumentationScope;
use opentelemetry::logs::{AnyValue, Severity};
use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_sdk::logs::{InMemoryLogExporter, LoggerProviderBuilder, SdkLogRecord, SdkLoggerProvider};

use super::{FinishedSpan, find};

/// A logger provider of its own that keeps every log record in memory.
///
/// ```
/// use telemetry_core::opentelemetry::logs::{LogRecord, Logger, LoggerProvider, Severity};
/// use telemetry_core::testing::InMemoryLogs;
///
/// let logs = InMemoryLogs::new();
/// let logger = logs.provider().logger("shop");
/// let mut record = logger.create_log_record();
/// record.set_severity_number(Severity::Warn);
/// record.set_body("sold out".into());
/// record.add_attribute("shop.item", "tea");
/// logger.emit(record);
///
/// let sold_out = logs.with_body("sold out");
/// assert_eq!(sold_out.severity_number(), Some(Severity::Warn));
/// assert_eq!(sold_out.attribute("shop.item"), Some(&"tea".into()));
/// assert_eq!(sold_out.scope().name(), "shop");
/// assert!(logs.at_least(Severity::Error).is_empty());
/// ```
#[derive(Debug)]
pub struct InMemoryLogs {
    provider: SdkLoggerProvider,
    exporter: InMemoryLogExporter,
}

impl InMemoryLogs {
    /// Starts with nothing emitted.
    #[must_use]
    pub fn new() -> Self {
        Self::configured(|provider| provider)
    }

    /// Changes whatever the SDK's own builder can. Records are kept as they are after the processors that are added here.
    ///
    /// ```
    /// use std::time::Duration;
    /// use telemetry_core::opentelemetry::InstrumentationScope;
    /// use telemetry_core::opentelemetry::logs::{LogRecord, Logger, LoggerProvider};
    /// use telemetry_core::opentelemetry_sdk::error::OTelSdkResult;
    /// use telemetry_core::opentelemetry_sdk::logs::{LogProcessor, SdkLogRecord};
    /// use telemetry_core::testing::InMemoryLogs;
    ///
    /// #[derive(Debug)]
    /// struct Region;
    ///
    /// impl LogProcessor for Region {
    ///     fn emit(&self, record: &mut SdkLogRecord, _: &InstrumentationScope) {
    ///         record.add_attribute("shop.region", "eu");
    ///     }
    ///
    ///     fn force_flush(&self) -> OTelSdkResult {
    ///         Ok(())
    ///     }
    ///
    ///     fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let logs = InMemoryLogs::configured(|provider| provider.with_log_processor(Region));
    /// let logger = logs.provider().logger("shop");
    /// logger.emit(logger.create_log_record());
    /// assert_eq!(logs.only().attributes(), ["shop.region=eu"]);
    /// ```
    #[must_use]
    pub fn configured(configure: impl FnOnce(LoggerProviderBuilder) -> LoggerProviderBuilder) -> Self {
        let exporter = InMemoryLogExporter::default();
        // Last: processors change the record for those behind them.
        let builder = configure(SdkLoggerProvider::builder()).with_simple_exporter(exporter.clone());
        Self { provider: builder.build(), exporter }
    }

    /// The provider, for a bridge from a logging library and for whatever else takes one.
    #[must_use]
    pub fn provider(&self) -> SdkLoggerProvider {
        self.provider.clone()
    }

    /// All log records, in the order in which they were emitted.
    ///
    /// # Panics
    ///
    /// When the provider was shut down.
    #[must_use]
    #[track_caller]
    #[allow(clippy::expect_used)] // A test that cannot read its logs has to fail.
    pub fn emitted(&self) -> Vec<EmittedLog> {
        assert!(!self.exporter.is_shutdown_called(), "the logger provider was shut down, and its logs are forgotten");
        let logs = self.exporter.get_emitted_logs().expect("the exporter of this test has not panicked");
        logs.into_iter().map(|log| EmittedLog { record: log.record, scope: log.instrumentation }).collect()
    }

    /// The one log record.
    ///
    /// # Panics
    ///
    /// When there is none, or more than one, or the provider was shut down.
    #[must_use]
    #[track_caller]
    pub fn only(&self) -> EmittedLog {
        find::one(self.emitted(), "log record", |_| true)
    }

    /// The one log record whose [body reads](EmittedLog::body_text) like this.
    ///
    /// # Panics
    ///
    /// When there is none, or more than one, or the provider was shut down.
    #[must_use]
    #[track_caller]
    pub fn with_body(&self, text: &str) -> EmittedLog {
        let what = format!("log record with the body {text:?}");
        find::one(self.emitted(), &what, |log| log.body_text().as_deref() == Some(text))
    }

    /// The one event of this name: log records with an
    /// [event name](https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-eventname) are events.
    ///
    /// ```
    /// use telemetry_core::opentelemetry::logs::{LogRecord, Logger, LoggerProvider};
    /// use telemetry_core::testing::InMemoryLogs;
    ///
    /// let logs = InMemoryLogs::new();
    /// let logger = logs.provider().logger("shop");
    /// let mut record = logger.create_log_record();
    /// record.set_event_name("shop.order.placed");
    /// logger.emit(record);
    /// assert_eq!(logs.named("shop.order.placed").body_text(), None);
    /// ```
    ///
    /// # Panics
    ///
    /// When there is none, or more than one, or the provider was shut down.
    #[must_use]
    #[track_caller]
    pub fn named(&self, event: &str) -> EmittedLog {
        find::one(self.emitted(), &format!("event named {event:?}"), |log| log.event_name() == Some(event))
    }

    /// The log records of this severity or a higher one, in the order in which they were emitted. Those without a severity
    /// are left out.
    ///
    /// # Panics
    ///
    /// When the provider was shut down.
    #[must_use]
    #[track_caller]
    pub fn at_least(&self, severity: Severity) -> Vec<EmittedLog> {
        let mut logs = self.emitted();
        logs.retain(|log| log.severity_number() >= Some(severity));
        logs
    }

    /// Forgets the log records.
    pub fn clear(&self) {
        self.exporter.reset();
    }
}

impl Default for InMemoryLogs {
    fn default() -> Self {
        Self::new()
    }
}

/// A log record as an exporter got it. It dereferences to the SDK's [`SdkLogRecord`], which has severity, target, event name
/// and times.
#[derive(Clone, PartialEq)]
pub struct EmittedLog {
    record: SdkLogRecord,
    scope: InstrumentationScope,
}

impl EmittedLog {
    /// The body as text: a string as it is, a list as `[1,2]`, a map as `{name=value}` by name.
    #[must_use]
    pub fn body_text(&self) -> Option<String> {
        self.record.body().map(text)
    }

    /// The value of an attribute.
    ///
    /// # Panics
    ///
    /// When the record has it more than once.
    #[must_use]
    #[track_caller]
    pub fn attribute(&self, name: &str) -> Option<&AnyValue> {
        find::attribute(self.record.attributes_iter().map(|(key, value)| (key, value)), name)
    }

    /// The attributes as `name=value`, by name.
    #[must_use]
    pub fn attributes(&self) -> Vec<String> {
        find::attributes(self.record.attributes_iter().map(|(key, value)| (key, text(value))))
    }

    /// The trace in which it was emitted.
    #[must_use]
    pub fn trace_id(&self) -> Option<TraceId> {
        self.record.trace_context().map(|context| context.trace_id).filter(|id| *id != TraceId::INVALID)
    }

    /// The span in which it was emitted.
    #[must_use]
    pub fn span_id(&self) -> Option<SpanId> {
        self.record.trace_context().map(|context| context.span_id).filter(|id| *id != SpanId::INVALID)
    }

    /// Whether it was emitted in `span` itself: in a child of it is not.
    ///
    /// ```
    /// use telemetry_core::opentelemetry::logs::{Logger, LoggerProvider};
    /// use telemetry_core::opentelemetry::trace::{Tracer, TracerProvider};
    /// use telemetry_core::testing::{InMemoryLogs, InMemorySpans};
    ///
    /// let (spans, logs) = (InMemorySpans::new(), InMemoryLogs::new());
    /// let logger = logs.provider().logger("shop");
    /// let tracer = spans.provider().tracer("shop");
    /// tracer.in_span("checkout", |_| tracer.in_span("pay", |_| logger.emit(logger.create_log_record())));
    ///
    /// assert!(logs.only().is_within(&spans.named("pay")));
    /// assert!(!logs.only().is_within(&spans.named("checkout")));
    /// assert_eq!(logs.only().trace_id(), Some(spans.named("checkout").trace_id()));
    /// ```
    #[must_use]
    pub fn is_within(&self, span: &FinishedSpan) -> bool {
        self.trace_id() == Some(span.trace_id()) && self.span_id() == Some(span.span_id())
    }

    /// What emitted it. A bridge emits all that it carries under its own name, and says in the record's target where it
    /// came from.
    #[must_use]
    pub fn scope(&self) -> &InstrumentationScope {
        &self.scope
    }
}

impl Deref for EmittedLog {
    type Target = SdkLogRecord;

    fn deref(&self) -> &SdkLogRecord {
        &self.record
    }
}

/// Short: it stands in the message of a test that has failed, once for each record.
impl fmt::Debug for EmittedLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmittedLog")
            .field("body", &self.body_text())
            .field("severity", &self.severity_number())
            .field("event_name", &self.event_name())
            .field("scope", &self.scope.name())
            .field("target", &self.target())
            .field("attributes", &self.attributes())
            .field("trace_id", &self.trace_id())
            .field("span_id", &self.span_id())
            .finish_non_exhaustive()
    }
}

fn text(value: &AnyValue) -> String {
    match value {
        AnyValue::Int(number) => number.to_string(),
        AnyValue::Double(number) => number.to_string(),
        AnyValue::Boolean(is_so) => is_so.to_string(),
        AnyValue::String(string) => string.to_string(),
        AnyValue::ListAny(values) => format!("[{}]", values.iter().map(text).collect::<Vec<_>>().join(",")),
        AnyValue::Map(map) => {
            format!("{{{}}}", find::attributes(map.iter().map(|(key, value)| (key, text(value)))).join(","))
        }
        other => format!("{other:?}"),
    }
}

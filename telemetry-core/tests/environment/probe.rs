//! A telemetry that does a little of everything.

use std::fmt;
use std::sync::{Arc, Mutex};

use telemetry_core::opentelemetry::logs::{AnyValue, LogRecord, Logger, LoggerProvider, Severity};
use telemetry_core::opentelemetry::metrics::MeterProvider;
use telemetry_core::opentelemetry::trace::{Tracer, TracerProvider};
use telemetry_core::{Telemetry, TelemetryBuilder};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use crate::receiver::{Receiver, Signal};
use crate::row::{Case, Outcome, Seen};

/// The warnings that a setup gave.
#[derive(Clone, Debug, Default)]
pub(crate) struct Warnings(Arc<Mutex<Vec<String>>>);

impl Warnings {
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl<S: Subscriber> Layer<S> for Warnings {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        struct Message(String);
        impl Visit for Message {
            fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
                if field.name() == "message" {
                    self.0 = format!("{value:?}");
                }
            }
        }
        let metadata = event.metadata();
        if *metadata.level() == Level::WARN && metadata.target().starts_with("telemetry_core::setup") {
            let mut message = Message(String::new());
            event.record(&mut message);
            self.0.lock().unwrap().push(message.0);
        }
    }
}

/// Builds, and catches the warnings.
pub(crate) fn build(builder: TelemetryBuilder) -> Result<(Telemetry, Vec<String>), String> {
    let warnings = Warnings::default();
    let subscriber = tracing_subscriber::registry().with(warnings.clone());
    let telemetry = tracing::subscriber::with_default(subscriber, || builder.build());
    Ok((telemetry.map_err(|error| error.to_string())?, warnings.take()))
}

/// Makes a span, a count and a record of the log.
pub(crate) fn work(telemetry: &Telemetry) {
    if let Some(provider) = telemetry.tracer_provider() {
        provider.tracer("shop").in_span("checkout", |_| ());
    }
    telemetry.meter_provider().meter("shop").u64_counter("visits").build().add(1, &[]);
    if let Some(provider) = telemetry.logger_provider() {
        log(provider, []);
    }
}

pub(crate) fn log(provider: &impl LoggerProvider, attributes: impl IntoIterator<Item = (&'static str, AnyValue)>) {
    let logger = provider.logger("shop");
    let mut record = logger.create_log_record();
    record.set_severity_number(Severity::Info);
    record.set_body("sold".into());
    record.add_attributes(attributes);
    logger.emit(record);
}

/// Works, and shows what a receiver of its own got: of one signal, or of all.
pub(crate) fn exported(case: &Case, signal: Option<Signal>, show: impl Fn(&Receiver, Signal) -> String) -> Outcome {
    let receiver = Receiver::start();
    let case = case.clone().or("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url());
    shown(&case, signal, &receiver, show)
}

pub(crate) fn shown(
    case: &Case,
    signal: Option<Signal>,
    receiver: &Receiver,
    show: impl Fn(&Receiver, Signal) -> String,
) -> Outcome {
    let (telemetry, warnings) = build(case.builder())?;
    work(&telemetry);
    let _ = telemetry.shutdown();
    let signals: Vec<_> = signal.map_or_else(|| Signal::ALL.to_vec(), |signal| vec![signal]);
    let shown: Vec<_> = signals.into_iter().map(|signal| show(receiver, signal)).collect();
    assert!(shown.iter().all(|one| one == &shown[0]), "the signals differ: {shown:?}");
    Ok(Seen { effect: shown[0].clone(), warnings })
}

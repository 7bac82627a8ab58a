//! What several test files share.
#![allow(dead_code, reason = "no test file uses everything")]
#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests fail like tests")]

pub(crate) mod everything;
pub(crate) mod fixed;
pub(crate) mod judge;
pub(crate) mod page;
pub(crate) mod pb;
pub(crate) mod wire;

use std::fmt::Write;
use std::sync::{Arc, Mutex};

use judge::Dialect;
use openmetrics_parser::ParseError;
use openmetrics_parser::prometheus::parse_prometheus;
use telemetry_prometheus::opentelemetry::KeyValue;
use telemetry_prometheus::opentelemetry::metrics::MeterProvider;
use telemetry_prometheus::opentelemetry_sdk::Resource;
use telemetry_prometheus::opentelemetry_sdk::metrics::{MeterProviderBuilder, SdkMeterProvider};
use telemetry_prometheus::{Escaping, Exposition, Format, PrometheusExporter, PrometheusExporterBuilder};
use tracing::field::{Field, Visit};

/// An exporter without the labels and metrics that are not the point of most tests.
pub(crate) fn bare() -> PrometheusExporterBuilder {
    PrometheusExporter::builder().without_scope_labels().without_target_info()
}

pub(crate) fn provider(exporter: &PrometheusExporter) -> SdkMeterProvider {
    provider_with(exporter, |builder| builder)
}

pub(crate) fn provider_with(
    exporter: &PrometheusExporter,
    configure: impl FnOnce(MeterProviderBuilder) -> MeterProviderBuilder,
) -> SdkMeterProvider {
    let builder =
        SdkMeterProvider::builder().with_resource(Resource::builder_empty().build()).with_reader(exporter.clone());
    configure(builder).build()
}

pub(crate) fn resource(attributes: impl IntoIterator<Item = KeyValue>) -> Resource {
    Resource::builder_empty().with_attributes(attributes).build()
}

pub(crate) fn render(exporter: &PrometheusExporter) -> String {
    let bytes = exporter.render(Format::PrometheusText).unwrap();
    let text = String::from_utf8(bytes.into()).unwrap();
    check(&text);
    text
}

/// Holds text against a parser that nobody here has written.
pub(crate) fn check(text: &str) {
    match parse_prometheus(text) {
        Ok(_) => {}
        // It calls text without any family a syntax error.
        Err(_) if text.is_empty() => {}
        // It wants the same label names on all series of a family, which Prometheus does not.
        Err(ParseError::InvalidMetric(reason)) if reason.contains("different label sets") => check_samples(text),
        Err(error) => panic!("{error}\n{text}"),
    }
}

/// Each series of one sample by itself.
fn check_samples(text: &str) {
    let mut family = "";
    for line in text.lines() {
        if let Some(type_line) = line.strip_prefix("# TYPE ") {
            family = type_line;
        } else if !line.starts_with('#') && !family.ends_with("histogram") {
            let alone = format!("# TYPE {family}\n{line}\n");
            assert!(parse_prometheus(&alone).is_ok(), "{line}");
        }
    }
}

/// The families of a text page, after the judges have seen it.
pub(crate) fn text(exporter: &PrometheusExporter, exposition: impl Into<Exposition>) -> Vec<page::Family> {
    let exposition = exposition.into();
    let bytes = exporter.render(exposition).unwrap();
    let text = String::from_utf8(bytes.into()).unwrap();
    let is_open_metrics = exposition.format() == Format::OpenMetrics;
    judge::check(&text, if is_open_metrics { Dialect::OpenMetrics } else { Dialect::Prometheus })
}

/// The families of a page of protocol buffers, after the judges have seen it.
pub(crate) fn protobuf(exporter: &PrometheusExporter, escaping: Escaping) -> Vec<wire::Message> {
    let exposition = Exposition::new(Format::Protobuf).with_escaping(escaping);
    let families = wire::families(&exporter.render(exposition).unwrap());
    pb::check(&families);
    families
}

/// Renders several times: the outcome must be the same and be logged once.
pub(crate) fn render_with_log(exporter: &PrometheusExporter) -> (String, Vec<String>) {
    let mut text = String::new();
    let log = logged(|| {
        text = render(exporter);
        for _ in 0..3 {
            assert_eq!(render(exporter), text);
        }
    });
    (text, log)
}

pub(crate) fn counter(provider: &SdkMeterProvider, name: &'static str, value: u64) {
    let counter = provider.meter("m").u64_counter(name).build();
    counter.add(value, &[KeyValue::new("k", "v")]);
}

/// The warnings and errors that `work` logs on this thread.
pub(crate) fn logged(work: impl FnOnce()) -> Vec<String> {
    let log = Log::default();
    tracing::subscriber::with_default(log.clone(), work);
    let lines = log.lines.lock().unwrap();
    lines.clone()
}

#[derive(Clone, Default)]
struct Log {
    lines: Arc<Mutex<Vec<String>>>,
}

impl tracing::Subscriber for Log {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() <= tracing::Level::WARN && metadata.target().starts_with("telemetry_prometheus")
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn event(&self, event: &tracing::Event<'_>) {
        struct Message(String);
        impl Visit for Message {
            fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
                if field.name() == "message" {
                    write!(self.0, "{value:?}").unwrap();
                }
            }
        }
        let mut message = Message(String::new());
        event.record(&mut message);
        self.lines.lock().unwrap().push(message.0);
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

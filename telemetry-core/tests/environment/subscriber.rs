//! The subscriber of `tracing` that the setup installs, and the layer for one of one's own.

use telemetry_core::opentelemetry_sdk::logs::InMemoryLogExporter;
use telemetry_core::opentelemetry_sdk::trace::InMemorySpanExporter;
use tracing::{debug_span, error, info, info_span};
use tracing_subscriber::layer::SubscriberExt;

use crate::child::{self, Told};
use crate::receiver::{Receiver, Signal};
use crate::row::Case;

/// A child that exports to the receiver.
fn case(receiver: &Receiver) -> Case {
    Case::of([("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url())])
}

fn span_names(receiver: &Receiver) -> Vec<String> {
    receiver.spans().concat().into_iter().map(|span| span.name).collect()
}

fn probes(told: &Told) -> usize {
    told.lines().iter().filter(|line| line["fields"]["message"] == "probe").count()
}

#[test]
fn the_log_is_json_with_the_ids_of_the_span_that_is_exported() {
    let receiver = Receiver::start();
    let told = child::run(&case(&receiver)).unwrap();
    let span = receiver.spans().concat().remove(0);
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let lines = told.lines();
    assert!(!lines.is_empty());
    for line in lines {
        assert_eq!(
            (line["trace_id"].as_str(), line["span_id"].as_str()),
            (Some(&*hex(&span.trace_id)), Some(&*hex(&span.span_id)))
        );
    }
    // And so have the records that are exported.
    let records = receiver.logs().concat();
    assert_eq!(records.len(), probes(&told));
    assert!(records.iter().all(|record| record.trace_id == span.trace_id && record.span_id == span.span_id));
}

#[test]
fn without_an_export_the_log_is_there_all_the_same() {
    let told = child::run(&Case::default()).unwrap();
    assert!(probes(&told) > 0 && told.warnings().is_empty());
    assert!(told.lines().iter().all(|line| line.get("trace_id").is_none()));
}

#[test]
fn nobody_to_read_metrics_is_no_error() {
    for variable in [("OTEL_SDK_DISABLED", "true"), ("OTEL_METRICS_EXPORTER", "none")] {
        let told = child::run(&Case::of([variable])).unwrap();
        assert_eq!(probes(&told), told.lines().len(), "{told:#?}");
    }
}

#[test]
fn a_subscriber_that_was_there_for_a_while_and_a_logger_of_the_log_crate_are_no_subscriber() {
    for other in ["past", "log"] {
        let receiver = Receiver::start();
        let told = child::run_with_subscriber(&case(&receiver), other);
        assert!(probes(&told) > 0 && told.warnings().is_empty(), "{other}: {told:#?}");
        assert_eq!(span_names(&receiver), ["checkout"], "{other}");
    }
}

#[test]
fn a_quiet_log_leaves_no_holes_in_traces() {
    let receiver = Receiver::start();
    let told = child::run(&case(&receiver).and("RUST_LOG", "error")).unwrap();
    assert_eq!(span_names(&receiver), ["checkout"]);
    let mut levels: Vec<_> = receiver.logs().concat().into_iter().map(|record| record.severity_text).collect();
    levels.sort();
    // The SDK has a level of its own.
    assert_eq!(levels, ["ERROR", "ERROR", "ERROR", "WARN"]);
    assert_eq!(probes(&told), levels.len());
    let silent = child::run(&case(&receiver).and("RUST_LOG", "off").and("OTEL_LOG_LEVEL", "none")).unwrap();
    assert_eq!(silent.log, "");
    assert_eq!(span_names(&receiver), ["checkout", "checkout"]);
}

#[test]
fn what_is_wrong_is_in_the_log_that_the_same_call_installs() {
    let receiver = Receiver::start();
    let told = child::run(&case(&receiver).and("OTEL_TRACES_SAMPLER", "dice")).unwrap();
    assert_eq!(told.warnings().len(), 1, "{told:#?}");
    // It is exported as well.
    let bodies = receiver.logs().concat();
    assert!(bodies.iter().any(|record| format!("{:?}", record.body).contains("OTEL_TRACES_SAMPLER")));
}

#[test]
fn a_subscriber_that_is_there_stays_and_is_told_of_the_layer_once_if_something_is_exported() {
    let receiver = Receiver::start();
    let told = child::run_with_subscriber(&case(&receiver), "plain");
    assert_eq!(told.warnings().len(), 1, "{told:#?}");
    assert!(told.warnings()[0].contains("Telemetry::layer"));
    assert!(probes(&told) > 0 && told.lines().iter().all(|line| line.get("trace_id").is_none()));
    assert!(receiver.spans().is_empty() && receiver.logs().is_empty());
    assert_eq!(receiver.metrics("visits").len(), 1);

    // What exports nothing needs no layer.
    assert!(child::run_with_subscriber(&Case::default(), "plain").warnings().is_empty());
    let metrics = Case::of([("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", receiver.url())]);
    assert!(child::run_with_subscriber(&metrics, "plain").warnings().is_empty());
}

#[test]
fn the_layer_exports_from_a_global_subscriber_of_ones_own() {
    let receiver = Receiver::start();
    let told = child::run_with_subscriber(&case(&receiver), "layer");
    assert_eq!(told.log, "");
    assert_eq!(span_names(&receiver), ["checkout"]);
    let span = receiver.spans().concat().remove(0);
    let records = receiver.logs().concat();
    assert!(!records.is_empty() && records.iter().all(|record| record.span_id == span.span_id));
    assert_eq!(receiver.of(Signal::Metrics).len(), 1);
}

#[test]
fn the_layer_filters_by_itself_and_exports_spans_and_records() {
    let (spans, logs) = (InMemorySpanExporter::default(), InMemoryLogExporter::default());
    let (span_exporter, log_exporter) = (spans.clone(), logs.clone());
    let telemetry = Case::of([("RUST_LOG", "error")])
        .builder()
        .configure_traces(|traces| traces.with_simple_exporter(span_exporter))
        .configure_logs(|logs| logs.with_simple_exporter(log_exporter))
        .build()
        .unwrap();
    let subscriber = tracing_subscriber::registry().with(telemetry.layer());
    tracing::subscriber::with_default(subscriber, || {
        info_span!("checkout").in_scope(|| {
            error!("sold out");
            info!("sold");
            debug_span!("detail").in_scope(|| ());
        });
    });
    let spans = spans.get_finished_spans().unwrap();
    assert_eq!(spans.iter().map(|span| &*span.name).collect::<Vec<_>>(), ["checkout"]);
    let logs = logs.get_emitted_logs().unwrap();
    assert_eq!(logs.len(), 1);
    let within = logs[0].record.trace_context().unwrap();
    assert_eq!((within.trace_id, within.span_id), (spans[0].span_context.trace_id(), spans[0].span_context.span_id()));
}

#[test]
fn the_layer_is_none_without_spans_and_records() {
    let telemetry = Case::default().builder().build().unwrap();
    assert!(telemetry.layer::<tracing_subscriber::Registry>().is_none());
}

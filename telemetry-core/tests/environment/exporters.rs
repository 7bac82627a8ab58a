//! Which exporters a signal has.

use telemetry_core::opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader};

use crate::probe::{build, exported, work};
use crate::receiver::{Receiver, Signal};
use crate::row::{Case, Row, check_all};

/// What is known elsewhere, and what is nowhere.
const UNSUPPORTED: [&str; 4] = ["console", "logging", "zipkin", "otlp/stdout"];

pub(crate) fn rows() -> Vec<Row> {
    let row = |signal: Signal| {
        let observe = move |case: &Case| exported(case, Some(signal), count);
        Row::new(format!("OTEL_{}_EXPORTER", signal.variable()), "1 export", observe)
            .value("NONE", "0 exports")
            .wrong(UNSUPPORTED)
            .wrong(["prometheus", "pigeon"])
    };
    Signal::ALL.map(row).into()
}

pub(crate) fn count(receiver: &Receiver, signal: Signal) -> String {
    match receiver.of(signal).len() {
        1 => "1 export".to_owned(),
        more => format!("{more} exports"),
    }
}

#[test]
fn co_01_co_04_co_10_exporters_are_chosen_by_name() {
    check_all(&rows());
}

#[test]
fn co_10_otlp_is_off_unless_an_endpoint_is_set_or_it_is_chosen_by_name() {
    let has_traces = |case: Case| {
        let (telemetry, warnings) = build(case.builder()).unwrap();
        assert!(warnings.is_empty(), "{warnings:?}");
        telemetry.tracer_provider().is_some()
    };
    assert!(!has_traces(Case::default()));
    assert!(has_traces(Case::of([("OTEL_TRACES_EXPORTER", "otlp")])));
    assert!(has_traces(Case::of([("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:9/")])));
    assert!(!has_traces(Case::of([("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://127.0.0.1:9/")])));
    assert!(!has_traces(Case::of([("OTEL_LOGS_EXPORTER", "otlp")])));
}

#[test]
fn co_10_a_list_is_read_name_by_name_and_none_wins() {
    let exports = |list: &str| {
        let seen = exported(&Case::of([("OTEL_TRACES_EXPORTER", list)]), Some(Signal::Traces), count).unwrap();
        (seen.effect, seen.warnings.len())
    };
    assert_eq!(exports("otlp"), ("1 export".to_owned(), 0));
    assert_eq!(exports(" OTLP , otlp,"), ("1 export".to_owned(), 0));
    assert_eq!(exports("console,otlp"), ("1 export".to_owned(), 1));
    assert_eq!(exports("otlp,none"), ("0 exports".to_owned(), 0));
}

/// Whether the reader of that name and OTLP got metrics.
fn metrics_with_reader(list: Option<&str>) -> (bool, bool) {
    let receiver = Receiver::start();
    let case = Case::of([("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url())]);
    let case = list.into_iter().fold(case, |case, list| case.and("OTEL_METRICS_EXPORTER", list));
    let exporter = InMemoryMetricExporter::default();
    let reader = PeriodicReader::builder(exporter.clone()).build();
    let builder = case.builder().with_metrics_exporter("prometheus", |metrics| metrics.with_reader(reader));
    let (telemetry, warnings) = build(builder).unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    work(&telemetry);
    telemetry.shutdown().unwrap();
    (!exporter.get_finished_metrics().unwrap().is_empty(), !receiver.metrics("visits").is_empty())
}

#[test]
fn co_10_px_159_the_metrics_exporter_chooses_among_readers_with_a_name() {
    assert_eq!(metrics_with_reader(None), (true, true));
    assert_eq!(metrics_with_reader(Some("prometheus")), (true, false));
    assert_eq!(metrics_with_reader(Some("otlp")), (false, true));
    assert_eq!(metrics_with_reader(Some("otlp,prometheus")), (true, true));
    assert_eq!(metrics_with_reader(Some("none")), (false, false));
}

#[test]
fn co_10_what_is_configured_in_code_is_there_whatever_is_chosen() {
    let visits = InMemoryMetricExporter::default();
    let reader = PeriodicReader::builder(visits.clone()).build();
    let case = Case::of([("OTEL_METRICS_EXPORTER", "none")]);
    let (telemetry, _) = build(case.builder().configure_metrics(|metrics| metrics.with_reader(reader))).unwrap();
    work(&telemetry);
    telemetry.shutdown().unwrap();
    assert_eq!(visits.get_finished_metrics().unwrap().len(), 1);
}

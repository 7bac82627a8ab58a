//! Names for one signal and for all of them, in code and in the environment.

use crate::probe::{build, exported, shown};
use crate::receiver::{Receiver, Signal};
use crate::row::Case;

fn key(receiver: &Receiver, signal: Signal) -> String {
    receiver.of(signal)[0].headers["api-key"].to_str().unwrap().to_owned()
}

#[test]
fn co_01_what_is_for_one_signal_goes_before_what_is_for_all() {
    let case =
        Case::of([("OTEL_EXPORTER_OTLP_HEADERS", "api-key=all"), ("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "api-key=logs")]);
    assert_eq!(exported(&case, Some(Signal::Logs), key).unwrap().effect, "logs");
    assert_eq!(exported(&case, Some(Signal::Traces), key).unwrap().effect, "all");
    let wrong = case.and("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "");
    assert_eq!(exported(&wrong, Some(Signal::Logs), key).unwrap().effect, "all");
}

#[test]
fn co_01_code_for_all_signals_wins_over_the_environment_of_one() {
    let case = Case::of([("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "api-key=logs")]);
    let case = case.in_code("OTEL_EXPORTER_OTLP_HEADERS", "api-key=all");
    assert_eq!(exported(&case, Some(Signal::Logs), key).unwrap().effect, "all");
    let case = case.in_code("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "api-key=code");
    assert_eq!(exported(&case, Some(Signal::Logs), key).unwrap().effect, "code");

    let (code, environment) = (Receiver::start(), Receiver::start());
    let case = Case::of([("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", environment.url())]);
    let case = case.in_code("OTEL_EXPORTER_OTLP_ENDPOINT", code.url());
    shown(&case, None, &code, |receiver, signal| receiver.of(signal).len().to_string()).unwrap();
    assert!(environment.received().is_empty());
}

#[test]
fn co_04_what_is_wrong_for_all_signals_is_told_of_once() {
    let receiver = Receiver::start();
    let case = Case::of([
        ("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url()),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "zip".to_owned()),
        ("OTEL_ATTRIBUTE_COUNT_LIMIT", "few".to_owned()),
        ("OTEL_SDK_DISABLED", "1".to_owned()),
    ]);
    let (_telemetry, warnings) = build(case.builder()).unwrap();
    for variable in ["OTEL_EXPORTER_OTLP_COMPRESSION", "OTEL_ATTRIBUTE_COUNT_LIMIT", "OTEL_SDK_DISABLED"] {
        assert_eq!(warnings.iter().filter(|warning| warning.contains(variable)).count(), 1, "{warnings:?}");
    }
    assert_eq!(warnings.len(), 3, "{warnings:?}");
}

#[test]
fn co_01_an_endpoint_that_is_none_is_not_set() {
    let case = Case::of([("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "somewhere")]);
    let (telemetry, warnings) = build(case.builder()).unwrap();
    assert!(telemetry.tracer_provider().is_none());
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    let receiver = Receiver::start();
    let case = case.and("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url());
    let seen = shown(&case, Some(Signal::Traces), &receiver, |receiver, _| receiver.received().len().to_string());
    assert_eq!(seen.unwrap().warnings.len(), 1);
    assert_eq!(receiver.of(Signal::Traces).len(), 1);
}

//! Who the telemetry comes from.

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use telemetry_core::opentelemetry::KeyValue;

use crate::probe::{build, shown, work};
use crate::receiver::{Receiver, Signal};
use crate::row::{Case, Outcome, Row, check_all};

pub(crate) fn rows() -> Vec<Row> {
    let executable = std::env::current_exe().unwrap();
    let unknown = format!("unknown_service:{}", executable.file_name().unwrap().to_string_lossy());
    vec![
        Row::new("OTEL_SERVICE_NAME", unknown, |case| attribute(case, "service.name"))
            .value("shop", "shop")
            .wrong(["x".repeat(64 * 1024 + 1)]),
        Row::new("OTEL_RESOURCE_ATTRIBUTES", "-", |case| attribute(case, "shop.city"))
            .value("shop.city=New%20York,shop.floor=2", "New York")
            .wrong(["shop.city", "shop.city=York,=2", "shop.city=%zz", "shop.city=%ff"]),
    ]
}

/// An attribute of the resource as it is exported.
fn attribute(case: &Case, key: &'static str) -> Outcome {
    let receiver = Receiver::start();
    let case = case.clone().and("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url());
    shown(&case, Some(Signal::Traces), &receiver, |receiver, _| text(receiver, key))
}

fn text(receiver: &Receiver, key: &str) -> String {
    let attributes = receiver.resource().unwrap().attributes;
    let found = attributes.into_iter().find(|attribute| attribute.key == key);
    match found.and_then(|attribute| attribute.value?.value) {
        Some(Value::StringValue(text)) => text,
        None => "-".to_owned(),
        other => panic!("{key} is {other:?}"),
    }
}

#[test]
fn co_01_co_06_co_07_co_20_the_resource() {
    check_all(&rows());
}

#[test]
fn co_06_co_21_the_service_name_wins_over_attributes_and_code_over_both() {
    let receiver = Receiver::start();
    let case = Case::of([
        ("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url()),
        ("OTEL_SERVICE_NAME", "shop".to_owned()),
        ("OTEL_RESOURCE_ATTRIBUTES", "service.name=store,shop.city=York".to_owned()),
    ]);
    assert_eq!(attribute(&case, "service.name").unwrap().effect, "shop");
    let builder = case.builder().with_service_name("stall").with_resource_attributes([KeyValue::new("shop.city", "")]);
    let (telemetry, _) = build(builder).unwrap();
    work(&telemetry);
    telemetry.shutdown().unwrap();
    assert_eq!((text(&receiver, "service.name"), text(&receiver, "shop.city")), ("stall".to_owned(), String::new()));
}

#[test]
fn co_07_a_value_that_may_be_a_secret_is_not_in_the_warning() {
    let seen = attribute(&Case::of([("OTEL_RESOURCE_ATTRIBUTES", "token=hunter2%")]), "token").unwrap();
    assert_eq!(seen.effect, "-");
    assert!(!seen.warnings[0].contains("hunter2"), "{:?}", seen.warnings);
}

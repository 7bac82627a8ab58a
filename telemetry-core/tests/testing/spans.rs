use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::opentelemetry::trace::{Tracer, TracerProvider};
use telemetry_core::testing::InMemorySpans;

use crate::message_of;

#[test]
fn a_span_that_is_not_found_once_is_told_with_all_that_were_there() {
    let spans = InMemorySpans::new();
    let tracer = spans.provider().tracer("shop");
    tracer.in_span("checkout", |_| ());
    tracer.in_span("pay", |_| ());
    let message = message_of(|| spans.named("payment"));
    assert!(message.starts_with(r#"there is not one span named "payment", but 0:"#), "{message}");
    assert!(message.contains("checkout") && message.contains(r#""pay""#), "{message}");
    assert!(message_of(|| spans.only()).starts_with("there is not one span, but 2:"));
}

#[test]
fn an_attribute_that_a_span_has_twice_fails_the_test() {
    let spans = InMemorySpans::new();
    let twice = [KeyValue::new("item", "tea"), KeyValue::new("item", "milk"), KeyValue::new("a", 1)];
    let tracer = spans.provider().tracer("shop");
    tracer.span_builder("pay").with_attributes(twice).start(&tracer);
    assert_eq!(spans.only().attributes(), ["a=1", "item=milk", "item=tea"]);
    let message = message_of(|| spans.only().attribute("item").cloned());
    assert!(message.contains("item is there more than once"), "{message}");
}

#[test]
fn spans_of_a_provider_that_was_shut_down_are_not_taken_for_none() {
    let spans = InMemorySpans::new();
    spans.provider().shutdown().unwrap();
    assert!(message_of(|| spans.finished()).starts_with("the tracer provider was shut down"));
}

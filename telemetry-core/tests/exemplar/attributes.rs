//! The attributes that an exemplar keeps of those that its series has not.

use telemetry_core::exemplar::{Buckets, Exemplar, ExemplarFilter};
use telemetry_core::opentelemetry::{Array, KeyValue, Value};

use crate::{at, kept, reservoir, sampled};

/// What an exemplar keeps, both ways in.
fn filtered(attributes: &[KeyValue]) -> Vec<KeyValue> {
    let reservoir = reservoir(ExemplarFilter::TraceBased, Buckets::Single);
    reservoir.offer(1.0, at(0), Some(&sampled()), attributes);
    let offered = kept(&reservoir)[0].filtered_attributes().to_vec();
    let made = Exemplar::new(1.0, at(0)).with_filtered_attributes(attributes.to_vec());
    assert_eq!(made.filtered_attributes(), offered);
    offered
}

fn text(key: &'static str, length: usize) -> KeyValue {
    KeyValue::new(key, "x".repeat(length))
}

#[test]
fn co36_filtered_attributes_are_kept_with_the_measurement() {
    assert_eq!(filtered(&[]), []);
    let attributes = [KeyValue::new("a", 1), KeyValue::new("b", true), KeyValue::new("c", 0.5)];
    assert_eq!(filtered(&attributes), attributes);
}

#[test]
fn of_equal_keys_the_first_stays() {
    let attributes = [KeyValue::new("b", 1), KeyValue::new("a", 2), KeyValue::new("b", 3), KeyValue::new("b", 4)];
    assert_eq!(filtered(&attributes), [KeyValue::new("a", 2), KeyValue::new("b", 1)]);
}

#[test]
fn px123_no_more_is_kept_than_128_code_points() {
    assert_eq!(filtered(&[text("a", 127)]), [text("a", 127)]);
    assert_eq!(filtered(&[text("a", 128)]), []);
    assert_eq!(filtered(&[text("b", 63), text("a", 63)]), [text("a", 63), text("b", 63)]);
    assert_eq!(filtered(&[text("b", 64), text("a", 63)]), [text("a", 63)]);
    assert_eq!(filtered(&[KeyValue::new("k".repeat(129), "")]), []);
    assert_eq!(filtered(&[KeyValue::new("k".repeat(128), "")]).len(), 1);
}

#[test]
fn px123_the_first_that_does_not_fit_ends_the_list() {
    assert_eq!(filtered(&[text("c", 1), text("b", 500), text("a", 1)]), [text("a", 1)]);
}

#[test]
fn px123_a_code_point_counts_once_whatever_its_bytes() {
    let value = KeyValue::new("\u{e4}", "\u{1f980}".repeat(127));
    assert_eq!(filtered(std::slice::from_ref(&value)), [value]);
    assert_eq!(filtered(&[KeyValue::new("\u{e4}", "\u{1f980}".repeat(128))]), []);
}

#[test]
fn px123_values_count_as_they_are_written() {
    let numbers = |count| KeyValue::new("k", Value::Array(Array::I64(vec![7; count])));
    // [7,7,..]: two for each number, one for the brackets, one for the key.
    assert_eq!(filtered(&[numbers(63)]).len(), 1);
    assert_eq!(filtered(&[numbers(64)]).len(), 0);
    assert_eq!(filtered(&[KeyValue::new("k".repeat(124), true)]).len(), 1);
    assert_eq!(filtered(&[KeyValue::new("k".repeat(124), false)]).len(), 0);
}

#[test]
fn an_exemplar_has_what_it_was_made_of() {
    let span = sampled();
    let exemplar = Exemplar::new(0.5, at(3));
    assert_eq!((exemplar.value(), exemplar.time()), (0.5, at(3)));
    assert_eq!((exemplar.trace_id(), exemplar.span_id()), (0.into(), 0.into()));
    let exemplar = exemplar.with_span(span.trace_id(), span.span_id());
    assert_eq!((exemplar.trace_id(), exemplar.span_id()), (span.trace_id(), span.span_id()));
}

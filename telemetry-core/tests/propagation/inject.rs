//! What is put into the headers of the next request.

use std::collections::HashMap;

use http::HeaderMap;
use telemetry_core::opentelemetry::baggage::BaggageExt;
use telemetry_core::opentelemetry::propagation::TextMapPropagator;
use telemetry_core::opentelemetry::trace::{SpanContext, TraceState};
use telemetry_core::opentelemetry::{Context, KeyValue, SpanId, TraceFlags, TraceId};
use telemetry_core::propagation::{BaggagePropagator, HeaderInjector, Propagator, TraceContextPropagator};

use crate::{SPAN_ID, TRACE_ID, TRACEPARENT, extracted, full, headers, in_context, lines, span};

fn stale() -> HeaderMap {
    headers(&[
        ("traceparent", "stale"),
        ("traceparent", "staler"),
        ("tracestate", "stale=1"),
        ("tracestate", "stale=2"),
        ("baggage", "stale=1"),
        ("baggage", "stale=2"),
        ("host", "example.com"),
    ])
}

/// The headers, on which all ways to them agree.
fn injected(cx: &Context, before: &HeaderMap) -> HeaderMap {
    let composed: [&dyn TextMapPropagator; 2] = [&TraceContextPropagator::new(), &BaggagePropagator::new()];
    let mut after = before.clone();
    Propagator::w3c().inject(cx, &mut after);
    let mut others = [before.clone(), before.clone(), before.clone()];
    Propagator::w3c().inject_context(cx, &mut HeaderInjector(&mut others[0]));
    Propagator::new(Propagator::w3c()).inject(cx, &mut others[1]);
    for propagator in composed {
        propagator.inject_context(cx, &mut HeaderInjector(&mut others[2]));
    }
    assert_eq!(others, [after.clone(), after.clone(), after.clone()]);
    after
}

#[test]
fn cp_03_what_is_injected_replaces_what_was_there() {
    let state = TraceState::from_key_value([("a", "1"), ("b", "2")]).unwrap();
    let cx = in_context(span(TraceFlags::SAMPLED, state)).with_baggage([KeyValue::new("user", "alice")]);
    for before in [HeaderMap::new(), stale()] {
        let after = injected(&cx, &before);
        assert_eq!(lines(&after, "traceparent"), [TRACEPARENT]);
        assert_eq!(lines(&after, "tracestate"), ["a=1,b=2"]);
        assert_eq!(lines(&after, "baggage"), ["user=alice"]);
        assert_eq!(after.get("host"), before.get("host"));
    }
}

#[test]
fn cp_03_what_the_context_does_not_have_is_taken_away() {
    let after = injected(&in_context(span(TraceFlags::SAMPLED, TraceState::NONE)), &stale());
    assert_eq!(lines(&after, "traceparent"), [TRACEPARENT]);
    assert_eq!(after.len(), 2, "{after:?}");
}

#[test]
fn cp_04_without_a_valid_span_no_trace_is_touched() {
    let state = TraceState::from_key_value([("a", "1")]).unwrap();
    let invalid = |trace_id, span_id| SpanContext::new(trace_id, span_id, TraceFlags::SAMPLED, true, state.clone());
    let contexts = [
        Context::new(),
        in_context(SpanContext::NONE),
        in_context(invalid(TraceId::INVALID, SPAN_ID)),
        in_context(invalid(TRACE_ID, SpanId::INVALID)),
    ];
    for cx in contexts {
        assert!(injected(&cx, &HeaderMap::new()).is_empty());
        let (before, after) = (stale(), injected(&cx, &stale()));
        for name in ["traceparent", "tracestate"] {
            assert_eq!(lines(&after, name), lines(&before, name));
        }
        assert_eq!(lines(&after, "baggage"), [""; 0]);
    }
}

#[test]
fn cp_04_cp_09_unsampled_spans_are_injected_and_two_flags_are_kept() {
    for flags in 0..=u8::MAX {
        let after = injected(&in_context(span(TraceFlags::new(flags), TraceState::NONE)), &HeaderMap::new());
        assert_eq!(lines(&after, "traceparent"), [format!("{}{:02x}", &TRACEPARENT[..53], flags & 3)]);
    }
}

#[test]
fn cp_08_members_of_the_application_that_no_header_can_carry_are_left_out() {
    let state =
        TraceState::from_key_value([("a", "1"), ("", "2"), ("b", ""), ("c", "3\r\nevil: 1"), ("d", "4 "), ("e", "5")]);
    let after = injected(&in_context(span(TraceFlags::SAMPLED, state.unwrap())), &stale());
    assert_eq!(lines(&after, "tracestate"), ["a=1,e=5"]);
    let state = TraceState::from_key_value([("b", "\u{e4}")]).unwrap();
    let after = injected(&in_context(span(TraceFlags::SAMPLED, state)), &stale());
    assert_eq!(lines(&after, "tracestate"), [""; 0]);
}

#[test]
fn cp_03_other_carriers_are_told_that_there_is_nothing() {
    let mut carrier = HashMap::from([("tracestate".to_owned(), "stale=1".to_owned())]);
    Propagator::w3c().inject_context(&in_context(span(TraceFlags::SAMPLED, TraceState::NONE)), &mut carrier);
    let expected = [("traceparent", TRACEPARENT), ("tracestate", ""), ("baggage", "")];
    assert_eq!(carrier, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
}

#[test]
fn cp_04_a_full_map_stays_as_it_is() {
    let mut headers = full();
    let before = headers.len();
    let cx = in_context(span(TraceFlags::SAMPLED, TraceState::NONE)).with_baggage([KeyValue::new("a", "1")]);
    Propagator::w3c().inject(&cx, &mut headers);
    assert_eq!(headers.len(), before);
    assert!(extracted(&headers).is_none());
}

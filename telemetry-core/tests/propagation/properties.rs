//! What holds for any headers.

use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;
use telemetry_core::opentelemetry::baggage::{Baggage, BaggageExt};
use telemetry_core::opentelemetry::propagation::TextMapPropagator;
use telemetry_core::opentelemetry::trace::{SpanContext, TraceContextExt, TraceState};
use telemetry_core::opentelemetry::{Context, KeyValue, SpanId, TraceFlags, TraceId};
use telemetry_core::propagation::{HeaderExtractor, HeaderInjector, Propagator};

use crate::{carried, extracted, in_context, members};

const NAMES: [&str; 4] = ["traceparent", "tracestate", "baggage", "x-other"];

/// Bytes of all kinds, and texts that are nearly right.
fn value() -> impl Strategy<Value = Vec<u8>> {
    let texts = prop_oneof![
        "[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-.{0,4})?",
        "00-[0-9a-f]{31,32}-[0-9a-f]{15,16}-[0-9a-f]{1,2}",
        "([a-z0-9@_*/-]{1,20}=[ -~]{1,10}[ \t]?,?){0,40}",
        "([a-z]{1,3} ?= ?([!-~]|%[0-9a-fA-F]{2}){0,8}(;[a-z=]{0,4})?,?){0,70}",
        "[ -~]{0,100}",
    ];
    prop_oneof![
        8 => texts.prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..100),
        1 => (any::<u8>(), 0_usize..20_000).prop_map(|(byte, count)| vec![byte; count]),
    ]
}

fn maps() -> impl Strategy<Value = HeaderMap> {
    prop::collection::vec((0..NAMES.len(), value()), 0..16).prop_map(|lines| {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                headers.append(HeaderName::from_static(NAMES[name]), value);
            }
        }
        headers
    })
}

fn round_trip(cx: &Context) -> Context {
    let mut outgoing = HeaderMap::new();
    Propagator::w3c().inject(cx, &mut outgoing);
    Propagator::w3c().extract(&outgoing)
}

fn is_text(headers: &HeaderMap) -> bool {
    headers.values().all(|value| value.to_str().is_ok())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cp_05_any_headers_are_read_and_what_was_read_is_read_again(headers in maps()) {
        let cx = Propagator::w3c().extract(&headers);
        let again = round_trip(&cx);
        prop_assert_eq!(cx.has_active_span(), again.has_active_span());
        let (read, read_again) = (cx.span(), again.span());
        prop_assert_eq!(read.span_context(), read_again.span_context());
        let mut written = HeaderMap::new();
        Propagator::w3c().inject(&cx, &mut written);
        let sent = written.get("baggage").map_or(0, HeaderValue::len);
        prop_assert!(sent <= 8192);
        let expected = members(cx.baggage());
        if expected.iter().map(|(name, value, metadata)| name.len() + 3 * value.len() + metadata.len() + 3).sum::<usize>() <= 8192 {
            prop_assert_eq!(members(again.baggage()), expected);
        }
    }

    #[test]
    fn cp_05_all_ways_to_read_agree(headers in maps()) {
        // What is no text never gets through the trait.
        if is_text(&headers) {
            let _ = (extracted(&headers), carried(&headers));
        } else {
            let _ = Propagator::w3c().extract_with_context(&Context::new(), &HeaderExtractor(&headers));
        }
    }

    #[test]
    fn cp_03_any_headers_are_written_over(
        headers in maps(), ids in any::<(u128, u64)>(), flags: u8,
        state in prop::collection::vec(("[a-z0-9]{0,3}", "\\PC{0,4}"), 0..4),
        baggage in prop::collection::vec(("[a-z(é]{0,3}", "\\PC{0,9}"), 0..4),
    ) {
        let state = TraceState::from_key_value(state).unwrap_or_default();
        let span = SpanContext::new(TraceId::from(ids.0), SpanId::from(ids.1), TraceFlags::new(flags), false, state);
        let baggage: Baggage = baggage.into_iter().map(|(name, value)| KeyValue::new(name, value)).collect();
        let expected = members(&baggage);
        let cx = in_context(span.clone()).with_baggage(baggage);
        let (mut ours, mut through_trait) = (headers.clone(), headers);
        Propagator::w3c().inject(&cx, &mut ours);
        Propagator::w3c().inject_context(&cx, &mut HeaderInjector(&mut through_trait));
        prop_assert_eq!(&ours, &through_trait);
        let found = Propagator::w3c().extract(&ours);
        prop_assert_eq!(members(found.baggage()), expected);
        if span.is_valid() {
            let found = found.span();
            prop_assert_eq!(found.span_context().trace_id(), span.trace_id());
            prop_assert_eq!(found.span_context().span_id(), span.span_id());
            prop_assert_eq!(found.span_context().trace_flags(), span.trace_flags() & TraceFlags::new(3));
        }
    }
}

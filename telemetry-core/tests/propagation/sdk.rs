//! What the SDK's propagators do where they are right.

use http::HeaderMap;
use opentelemetry_sdk::propagation as theirs;
use telemetry_core::opentelemetry::baggage::BaggageExt;
use telemetry_core::opentelemetry::propagation::TextMapPropagator;
use telemetry_core::opentelemetry::trace::{TraceContextExt, TraceState};
use telemetry_core::opentelemetry::{Context, KeyValue, TraceFlags};
use telemetry_core::propagation::{HeaderExtractor, HeaderInjector, Propagator};

use crate::{TRACEPARENT, carried, extracted, headers, in_context, members, span};

#[test]
fn cp_07_cp_08_both_read_the_same_span() {
    for traceparent in [
        TRACEPARENT,
        &TRACEPARENT.replace("-01", "-00"),
        "",
        "garbage",
        &TRACEPARENT.replace("4bf9", "4BF9"),
        &TRACEPARENT.replace("00-4b", "cc-4b"),
        &TRACEPARENT.replace("00-4b", "ff-4b"),
    ] {
        for state in ["", "a=1", "a=1,b=2 , c= 3", "garbage", "A=1"] {
            let headers = headers(&[("traceparent", traceparent), ("tracestate", state)]);
            let cx = Context::new();
            let cx = theirs::TraceContextPropagator::new().extract_with_context(&cx, &HeaderExtractor(&headers));
            let expected = cx.has_active_span().then(|| cx.span().span_context().clone());
            assert_eq!(extracted(&headers), expected, "{traceparent} {state}");
        }
    }
}

#[test]
fn cp_03_both_write_the_same_span() {
    for flags in [TraceFlags::SAMPLED, TraceFlags::NOT_SAMPLED] {
        let state = TraceState::from_key_value([("a", "1"), ("b", "2")]).unwrap();
        let cx = in_context(span(flags, state));
        let (mut ours, mut expected) = (HeaderMap::new(), HeaderMap::new());
        Propagator::w3c().inject(&cx, &mut ours);
        theirs::TraceContextPropagator::new().inject_context(&cx, &mut HeaderInjector(&mut expected));
        assert_eq!(ours, expected);
    }
}

#[test]
fn cp_10_both_read_the_same_baggage() {
    for baggage in ["a=1", "a=1,b=2;p;q=1", "a = 1 , b=%C3%A4%20c", "a,b=1", "", "a=1,a=2"] {
        let headers = headers(&[("baggage", baggage)]);
        let cx = theirs::BaggagePropagator::new().extract_with_context(&Context::new(), &HeaderExtractor(&headers));
        assert_eq!(carried(&headers), members(cx.baggage()), "{baggage}");
    }
}

#[test]
fn cp_10_both_write_the_same_baggage() {
    for value in ["alice", "DF 28", "\u{e4}\u{20ac}", "a,b;c"] {
        let cx = Context::new().with_baggage([KeyValue::new("name", value)]);
        let (mut ours, mut expected) = (HeaderMap::new(), HeaderMap::new());
        Propagator::w3c().inject(&cx, &mut ours);
        theirs::BaggagePropagator::new().inject_context(&cx, &mut HeaderInjector(&mut expected));
        assert_eq!(ours, expected);
    }
}

//! What reading and writing allocate.

use allocation_counter::measure;
use http::HeaderMap;
use telemetry_core::opentelemetry::Context;
use telemetry_core::opentelemetry::trace::{TraceContextExt, TraceState};
use telemetry_core::opentelemetry::{TraceFlags, propagation::TextMapPropagator};
use telemetry_core::propagation::{Propagator, TraceContextPropagator};

use crate::{TRACEPARENT, headers, in_context, span};

#[test]
fn headers_without_context_allocate_nothing() {
    let propagators = [Propagator::w3c(), Propagator::none(), Propagator::new(TraceContextPropagator::new())];
    let few = headers(&[("host", "example.com"), ("x-other", "1")]);
    for headers in [HeaderMap::new(), few] {
        for propagator in &propagators {
            let allocations = measure(|| assert!(!propagator.extract(&headers).has_active_span()));
            assert_eq!(allocations.count_total, 0, "{propagator:?}");
        }
    }
}

#[test]
fn a_remote_span_allocates_its_context_alone() {
    let headers = headers(&[("host", "example.com"), ("traceparent", TRACEPARENT)]);
    let allocations = measure(|| assert!(Propagator::w3c().extract(&headers).has_active_span()));
    assert_eq!(allocations.count_total, 1);
    let allocations = measure(|| assert!(TraceContextPropagator::extract_span_context(&headers).is_some()));
    assert_eq!(allocations.count_total, 0);
}

#[test]
fn invalid_headers_allocate_nothing() {
    let long = "x".repeat(1_000_000);
    let headers = headers(&[("traceparent", "garbage"), ("tracestate", "a=1"), ("baggage", &long)]);
    let allocations = measure(|| assert!(!Propagator::w3c().extract(&headers).has_active_span()));
    assert_eq!(allocations.count_total, 0);
}

#[test]
fn long_headers_allocate_no_more_than_their_limits() {
    let state = "a=1,".repeat(300_000);
    let baggage = "a=1,".repeat(300_000);
    let headers = headers(&[("traceparent", TRACEPARENT), ("tracestate", &state), ("baggage", &baggage)]);
    let allocations = measure(|| assert!(Propagator::w3c().extract(&headers).has_active_span()));
    assert!(allocations.bytes_max < 10_000, "{allocations:?}");
    assert!(allocations.count_total < 3 * 8192 / 4, "{allocations:?}");
}

#[test]
fn an_injected_span_allocates_its_header_alone() {
    let cx = in_context(span(TraceFlags::SAMPLED, TraceState::NONE));
    let mut headers = headers(&[("host", "example.com"), ("traceparent", "stale"), ("baggage", "stale=1")]);
    let allocations = measure(|| Propagator::w3c().inject(&cx, &mut headers));
    assert_eq!((allocations.count_total, headers.len()), (1, 2));
    let allocations = measure(|| Propagator::w3c().inject(&Context::new(), &mut headers));
    assert_eq!(allocations.count_total, 0);
    assert_eq!(Propagator::none().fields().count(), 0);
}

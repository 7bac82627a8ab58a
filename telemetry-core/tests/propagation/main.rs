//! Context in the headers of requests: what is taken from them, and what is put there.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // Helpers of tests may fail them.

mod allocations;
mod baggage;
mod carrier;
mod environment;
mod global;
mod inject;
#[path = "../exemplar/log.rs"]
mod log;
mod properties;
mod sdk;
mod traceparent;
mod tracestate;

use http::{HeaderMap, HeaderName, HeaderValue};
use telemetry_core::opentelemetry::baggage::{Baggage, BaggageExt};
use telemetry_core::opentelemetry::propagation::TextMapPropagator;
use telemetry_core::opentelemetry::trace::{SpanContext, TraceContextExt, TraceState};
use telemetry_core::opentelemetry::{Context, SpanId, TraceFlags, TraceId};
use telemetry_core::propagation::{BaggagePropagator, HeaderExtractor, Propagator, TraceContextPropagator};

/// The example of the specification.
const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const TRACE_ID: TraceId = TraceId::from_bytes(0x4bf92f3577b34da6a3ce929d0e0e4736_u128.to_be_bytes());
const SPAN_ID: SpanId = SpanId::from_bytes(0x00f067aa0ba902b7_u64.to_be_bytes());

fn headers<T: AsRef<[u8]>>(lines: &[(&'static str, T)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(HeaderName::from_static(name), HeaderValue::from_bytes(value.as_ref()).unwrap());
    }
    headers
}

/// A map that takes no further name.
fn full() -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut names = (0..).map(|number| HeaderName::try_from(format!("x-{number}")).unwrap());
    while headers.try_insert(names.next().unwrap(), HeaderValue::from_static("1")).is_ok() {}
    headers
}

fn lines<'a>(headers: &'a HeaderMap, name: &str) -> Vec<&'a str> {
    headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
}

fn span(flags: TraceFlags, state: TraceState) -> SpanContext {
    SpanContext::new(TRACE_ID, SPAN_ID, flags, true, state)
}

fn in_context(span: SpanContext) -> Context {
    Context::new().with_remote_span_context(span)
}

/// The remote span, on which all ways to it agree.
fn extracted(headers: &HeaderMap) -> Option<SpanContext> {
    let span = TraceContextPropagator::extract_span_context(headers);
    let through_trait = |propagator: &dyn TextMapPropagator| {
        propagator.extract_with_context(&Context::new(), &HeaderExtractor(headers))
    };
    let contexts = [
        Propagator::w3c().extract(headers),
        Propagator::new(TraceContextPropagator::new()).extract(headers),
        through_trait(&TraceContextPropagator::new()),
        through_trait(&Propagator::w3c()),
    ];
    for cx in contexts {
        assert_eq!(cx.has_active_span(), span.is_some(), "{headers:?}");
        assert_eq!(span.as_ref().unwrap_or(&SpanContext::NONE), cx.span().span_context(), "{headers:?}");
    }
    span
}

/// The baggage as names, values and metadata in order, on which all ways to it agree.
fn carried(headers: &HeaderMap) -> Vec<(String, String, String)> {
    let baggage = members(&BaggagePropagator::extract_baggage(headers).unwrap_or_default());
    let through_trait = |propagator: &dyn TextMapPropagator| {
        propagator.extract_with_context(&Context::new(), &HeaderExtractor(headers))
    };
    let contexts = [
        Propagator::w3c().extract(headers),
        Propagator::new(BaggagePropagator::new()).extract(headers),
        through_trait(&BaggagePropagator::new()),
        through_trait(&Propagator::w3c()),
    ];
    for cx in contexts {
        assert_eq!(members(cx.baggage()), baggage, "{headers:?}");
    }
    baggage
}

fn members(baggage: &Baggage) -> Vec<(String, String, String)> {
    let members =
        baggage.iter().map(|(name, (value, metadata))| (name.to_string(), value.to_string(), metadata.to_string()));
    let mut members: Vec<_> = members.collect();
    members.sort();
    members
}

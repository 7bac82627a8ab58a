mod traceparent;
mod tracestate;

use http::{HeaderMap, HeaderValue};
use opentelemetry::Context;
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{SpanContext, TraceContextExt, TraceState};

use super::carrier::replace;
use super::found::Found;
use super::{FIELDS, TRACEPARENT, TRACESTATE};

/// The headers `traceparent` and `tracestate` of [W3C Trace Context level 2](https://www.w3.org/TR/trace-context-2/).
///
/// The [module](super#propagation) says what is accepted and what is sent. Through [`TextMapPropagator`] it works on
/// any carrier: a `tracestate` that the span does not have is set to an empty text there.
///
/// ```
/// use http::HeaderMap;
/// use telemetry_core::opentelemetry::TraceId;
/// use telemetry_core::propagation::TraceContextPropagator;
///
/// let mut headers = HeaderMap::new();
/// headers.insert("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse()?);
/// let span = TraceContextPropagator::extract_span_context(&headers);
/// assert_eq!(span.map(|span| span.trace_id()), TraceId::from_hex("4bf92f3577b34da6a3ce929d0e0e4736").ok());
/// # Ok::<(), http::header::InvalidHeaderValue>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct TraceContextPropagator;

impl TraceContextPropagator {
    /// A propagator for [`TextMapCompositePropagator`](opentelemetry::propagation::TextMapCompositePropagator) and
    /// others that want the trait.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }

    /// The caller's span, unless the headers name none that is valid. It is marked as remote.
    ///
    /// Allocates nothing without a `tracestate`.
    #[must_use]
    pub fn extract_span_context(headers: &HeaderMap) -> Option<SpanContext> {
        Self::extract_found(headers, Found::in_map(headers))
    }

    pub(super) fn extract_found(headers: &HeaderMap, found: Found<'_>) -> Option<SpanContext> {
        let (trace_id, span_id, flags) = traceparent::parse(found.traceparent?.as_bytes())?;
        let state = if found.tracestate {
            tracestate::parse(headers.get_all(&TRACESTATE).iter().map(HeaderValue::as_bytes))
        } else {
            TraceState::NONE
        };
        Some(SpanContext::new(trace_id, span_id, flags, true, state))
    }

    /// Puts `span` in the place of the span that the headers name. An invalid one changes nothing.
    pub fn inject_span_context(span: &SpanContext, headers: &mut HeaderMap) {
        let stale_state = Found::in_map(headers).tracestate;
        Self::inject_over(span, headers, stale_state);
    }

    pub(super) fn inject_over(span: &SpanContext, headers: &mut HeaderMap, stale_state: bool) {
        if span.is_valid() {
            replace(headers, &TRACEPARENT, true, HeaderValue::from_bytes(&traceparent::write(span)).ok());
            let tracestate = tracestate::write(span.trace_state());
            let tracestate = tracestate.and_then(|state| HeaderValue::try_from(state).ok());
            replace(headers, &TRACESTATE, stale_state, tracestate);
        }
    }
}

impl TextMapPropagator for TraceContextPropagator {
    fn inject_context(&self, cx: &Context, injector: &mut dyn Injector) {
        let span = cx.span();
        let span = span.span_context();
        if span.is_valid() {
            injector.set(TRACEPARENT.as_str(), String::from_utf8_lossy(&traceparent::write(span)).into_owned());
            injector.set(TRACESTATE.as_str(), tracestate::write(span.trace_state()).unwrap_or_default());
        }
    }

    fn extract_with_context(&self, cx: &Context, extractor: &dyn Extractor) -> Context {
        let lines = extractor.get_all(TRACEPARENT.as_str());
        let Some([traceparent]) = lines.as_deref() else { return cx.clone() };
        let Some((trace_id, span_id, flags)) = traceparent::parse(traceparent.as_bytes()) else { return cx.clone() };
        let lines = extractor.get_all(TRACESTATE.as_str()).unwrap_or_default();
        let state = tracestate::parse(lines.into_iter().map(str::as_bytes));
        cx.with_remote_span_context(SpanContext::new(trace_id, span_id, flags, true, state))
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&FIELDS[..2])
    }
}

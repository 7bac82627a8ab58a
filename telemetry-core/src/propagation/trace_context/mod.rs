mod traceparent;
mod tracestate;

use http::{HeaderMap, HeaderValue};
use opentelemetry::Context;
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{SpanContext, TraceContextExt};

use super::carrier::replace;
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
        let lines = headers.get_all(&TRACEPARENT);
        let mut lines = lines.iter();
        let traceparent = lines.next()?;
        if lines.next().is_some() {
            return None;
        }
        traceparent::parse(traceparent.as_bytes(), || {
            tracestate::parse(headers.get_all(&TRACESTATE).iter().map(HeaderValue::as_bytes))
        })
    }

    /// Puts `span` in the place of the span that the headers name. An invalid one changes nothing.
    pub fn inject_span_context(span: &SpanContext, headers: &mut HeaderMap) {
        if span.is_valid() {
            replace(headers, &TRACEPARENT, HeaderValue::from_bytes(&traceparent::write(span)).ok());
            let tracestate = tracestate::write(span.trace_state());
            replace(headers, &TRACESTATE, tracestate.and_then(|state| HeaderValue::try_from(state).ok()));
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
        let span = traceparent::parse(traceparent.as_bytes(), || {
            let lines = extractor.get_all(TRACESTATE.as_str()).unwrap_or_default();
            tracestate::parse(lines.into_iter().map(str::as_bytes))
        });
        span.map_or_else(|| cx.clone(), |span| cx.with_remote_span_context(span))
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&FIELDS[..2])
    }
}

use http::HeaderMap;
use opentelemetry::Context;
use opentelemetry::baggage::BaggageExt;
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::TraceContextExt;

use super::found::Found;
use super::{BAGGAGE, BaggagePropagator, FIELDS, TRACEPARENT, TRACESTATE, TraceContextPropagator};

/// Which of our own formats are spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Formats {
    pub(super) trace_context: bool,
    pub(super) baggage: bool,
}

impl Formats {
    /// Those that have `fields`, unless some field is of neither.
    pub(super) fn of(fields: FieldIter<'_>) -> Option<Self> {
        let mut formats = Self::default();
        let mut has_state = false;
        for field in fields {
            let is = |name: &http::HeaderName| field.eq_ignore_ascii_case(name.as_str());
            formats.trace_context |= is(&TRACEPARENT);
            formats.baggage |= is(&BAGGAGE);
            has_state |= is(&TRACESTATE);
            if !is(&TRACEPARENT) && !is(&TRACESTATE) && !is(&BAGGAGE) {
                return None;
            }
        }
        (formats.trace_context || !has_state).then_some(formats)
    }

    pub(super) fn field_names(self) -> FieldIter<'static> {
        FieldIter::new(match (self.trace_context, self.baggage) {
            (true, true) => &FIELDS[..],
            (true, false) => &FIELDS[..2],
            (false, true) => &FIELDS[2..],
            (false, false) => &[],
        })
    }

    pub(super) fn extract_from(self, headers: &HeaderMap) -> Context {
        let mut cx = Context::new();
        if self == Self::default() {
            return cx;
        }
        let found = Found::in_map(headers);
        if self.trace_context
            && let Some(span) = TraceContextPropagator::extract_found(headers, found)
        {
            cx = cx.with_remote_span_context(span);
        }
        if self.baggage
            && let Some(baggage) = BaggagePropagator::extract_found(headers, found)
        {
            cx = cx.with_baggage(baggage);
        }
        cx
    }

    pub(super) fn inject_into(self, cx: &Context, headers: &mut HeaderMap) {
        if self == Self::default() {
            return;
        }
        let Found { tracestate, baggage, .. } = Found::in_map(headers);
        if self.trace_context {
            TraceContextPropagator::inject_over(cx.span().span_context(), headers, tracestate);
        }
        if self.baggage {
            BaggagePropagator::inject_over(cx.baggage(), headers, baggage);
        }
    }
}

impl TextMapPropagator for Formats {
    fn inject_context(&self, cx: &Context, injector: &mut dyn Injector) {
        if self.trace_context {
            TraceContextPropagator.inject_context(cx, injector);
        }
        if self.baggage {
            BaggagePropagator.inject_context(cx, injector);
        }
    }

    fn extract_with_context(&self, cx: &Context, extractor: &dyn Extractor) -> Context {
        let mut cx = cx.clone();
        if self.trace_context {
            cx = TraceContextPropagator.extract_with_context(&cx, extractor);
        }
        if self.baggage {
            cx = BaggagePropagator.extract_with_context(&cx, extractor);
        }
        cx
    }

    fn fields(&self) -> FieldIter<'_> {
        self.field_names()
    }
}

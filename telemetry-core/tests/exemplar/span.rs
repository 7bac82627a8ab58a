//! The span of the current context.

use telemetry_core::exemplar::SpanIdentity;
use telemetry_core::opentelemetry::{SpanId, TraceId};

#[test]
fn a_span_has_what_it_was_made_of() {
    let (trace_id, span_id) = (TraceId::from(1), SpanId::from(2));
    for is_sampled in [true, false] {
        let span = SpanIdentity::new(trace_id, span_id, is_sampled);
        assert_eq!((span.trace_id(), span.span_id(), span.is_sampled()), (trace_id, span_id, is_sampled));
    }
}

#[cfg(feature = "trace")]
#[test]
fn co36_the_current_span_is_that_of_the_context() {
    use telemetry_core::opentelemetry::trace::{SpanContext, TraceContextExt, TraceState};
    use telemetry_core::opentelemetry::{Context, TraceFlags};

    let attach = |trace_id: u128, span_id: u64, flags| {
        let state = TraceState::default();
        let span = SpanContext::new(TraceId::from(trace_id), SpanId::from(span_id), flags, true, state);
        Context::new().with_remote_span_context(span).attach()
    };
    assert_eq!(SpanIdentity::current(), None);
    for flags in [TraceFlags::SAMPLED, TraceFlags::NOT_SAMPLED] {
        let _guard = attach(1, 2, flags);
        let expected = SpanIdentity::new(TraceId::from(1), SpanId::from(2), flags.is_sampled());
        assert_eq!(SpanIdentity::current(), Some(expected));
    }
    for (trace_id, span_id) in [(0, 0), (1, 0), (0, 2)] {
        let _guard = attach(trace_id, span_id, TraceFlags::SAMPLED);
        assert_eq!(SpanIdentity::current(), None, "{trace_id} {span_id}");
    }
    assert_eq!(SpanIdentity::current(), None);
}

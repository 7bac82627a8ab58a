//! What a server's span belongs to.

use http::Request;
use telemetry_core::opentelemetry::Context;
use telemetry_core::opentelemetry::baggage::BaggageExt;
use telemetry_core::opentelemetry::trace::{TraceContextExt, TraceState, Tracer, TracerProvider};
use telemetry_core::propagation::Propagator;
use telemetry_core::testing::FinishedSpan;
use tracing::info_span;

use crate::{CALLER, Spans, TRACE, both, exchange, hello, send, traceparent};

fn parent(span: &FinishedSpan) -> (String, String) {
    (span.trace_id().to_string(), span.parent_span_id.to_string())
}

#[test]
fn cp_02_a_span_is_the_child_of_the_caller_s() {
    both(|spans| {
        send(&spans.server(), Request::get("/").header("traceparent", traceparent(true)), hello);
        let span = spans.only();
        assert_eq!(parent(&span), (TRACE.to_owned(), CALLER.to_owned()));
        assert!(span.parent_span_is_remote);
    });
}

#[test]
fn cp_03_a_server_leaves_the_headers_as_they_came() {
    both(|spans| {
        let request = Request::get("/").header("traceparent", traceparent(true)).header("tracestate", "a=1");
        exchange(&spans.server(), request, |parts| {
            assert_eq!((parts.headers["traceparent"].to_str().unwrap(), parts.headers.len()), (&*traceparent(true), 2));
            hello()
        });
        exchange(&spans.server(), Request::get("/"), |parts| {
            assert!(parts.headers.is_empty());
            hello()
        });
        spans.kept.clear();
    });
}

#[test]
fn cp_02_what_is_current_around_the_layer_is_not_the_parent() {
    both(|spans| {
        let ambient = |request: fn() -> http::request::Builder| -> FinishedSpan {
            let tracer = spans.kept.provider().tracer("ambient");
            tracer.in_span("outside", |_| {
                info_span!("around").in_scope(|| send(&spans.server(), request(), hello));
            });
            let span = spans.kept.named("GET");
            spans.kept.clear();
            span
        };
        assert!(ambient(|| Request::get("/")).is_root());
        assert!(ambient(|| Request::get("/").header("traceparent", "garbage")).is_root());
        let child = ambient(|| Request::get("/").header("traceparent", traceparent(true)));
        assert_eq!(parent(&child), (TRACE.to_owned(), CALLER.to_owned()));
    });
}

#[test]
fn cp_02_a_caller_that_is_not_sampled_is_the_parent_of_a_span_that_is_not() {
    both(|spans| {
        exchange(&spans.server(), Request::get("/").header("traceparent", traceparent(false)), |_| {
            let span = Context::current().span().span_context().clone();
            assert_eq!(span.trace_id().to_string(), TRACE);
            assert_ne!(span.span_id().to_string(), CALLER);
            assert!(!span.is_sampled());
            hello()
        });
        assert!(spans.kept.finished().is_empty());
    });
}

#[test]
fn cp_06_several_lines_of_state_and_baggage_are_taken_together() {
    both(|spans| {
        let request = Request::get("/")
            .header("TraceParent", traceparent(true))
            .header("tracestate", "a=1")
            .header("TRACESTATE", "b=2")
            .header("baggage", "plan=gold")
            .header("baggage", "shop=7");
        exchange(&spans.server(), request, |_| {
            let context = Context::current();
            let baggage = |name: &str| context.baggage().get(name).map(ToString::to_string);
            assert_eq!(baggage("plan").zip(baggage("shop")), Some(("gold".to_owned(), "7".to_owned())));
            hello()
        });
        let state = TraceState::from_key_value([("a", "1"), ("b", "2")]).unwrap();
        assert_eq!(spans.only().span_context.trace_state(), &state);
    });
}

#[test]
fn cp_13_a_linked_caller_is_no_parent_and_its_baggage_is_left() {
    both(|spans| {
        let request = Request::get("/").header("traceparent", traceparent(true)).header("baggage", "plan=gold");
        exchange(&spans.server().with_linked_parent(), request, |_| {
            assert!(Context::current().baggage().is_empty());
            hello()
        });
        let span = spans.only();
        assert!(span.is_root() && span.trace_id().to_string() != TRACE);
        let [link] = &span.links.links[..] else { panic!("one link: {span:?}") };
        assert_eq!(link.span_context.trace_id().to_string(), TRACE);
        assert_eq!(link.span_context.span_id().to_string(), CALLER);
    });
}

#[test]
fn cp_13_a_request_without_a_caller_has_no_link() {
    both(|spans| {
        let layer = spans.server().with_linked_parent();
        for request in [Request::get("/"), Request::get("/").header("traceparent", "garbage")] {
            info_span!("around").in_scope(|| send(&layer, request, hello));
            let span = spans.kept.named("GET");
            spans.kept.clear();
            assert!(span.is_root() && span.links.links.is_empty());
        }
    });
}

#[test]
fn cp_13_a_caller_that_is_not_sampled_does_not_decide() {
    both(|spans| {
        let layer = spans.server().with_linked_parent();
        send(&layer, Request::get("/").header("traceparent", traceparent(false)), hello);
        assert_eq!(spans.only().links.links.len(), 1);
    });
}

#[test]
fn cp_01_a_layer_goes_by_its_own_propagator() {
    both(|spans: &Spans| {
        let request = || Request::get("/").header("traceparent", traceparent(true));
        send(&spans.server().with_propagator(Propagator::none()), request(), hello);
        assert!(spans.only().is_root());
        let layer = spans.client().with_propagator(Propagator::none());
        exchange(&layer, Request::get("http://shop.example/"), |parts| {
            assert!(parts.headers.is_empty());
            hello()
        });
        spans.only();
    });
}

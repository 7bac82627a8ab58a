//! What a client tells the server.

use http::{HeaderMap, Request};
use telemetry_core::opentelemetry::baggage::BaggageExt;
use telemetry_core::opentelemetry::trace::noop::NoopTracerProvider;
use telemetry_core::opentelemetry::{Context, KeyValue};
use telemetry_core::opentelemetry_sdk::trace::Sampler;
use telemetry_core::propagation::Propagator;
use telemetry_http::ClientTraceLayer;

use crate::{CALLER, Spans, TRACE, Way, both, exchange, hello, traceparent};

fn get() -> http::request::Builder {
    Request::get("http://shop.example/")
}

/// The headers that arrive.
fn sent(layer: &ClientTraceLayer, request: http::request::Builder) -> HeaderMap {
    let mut headers = HeaderMap::new();
    exchange(layer, request, |parts| {
        headers = parts.headers;
        hello()
    });
    headers
}

/// A context as another process's headers name it.
fn remote(is_sampled: bool) -> Context {
    let request = Request::get("/").header("traceparent", traceparent(is_sampled)).header("tracestate", "a=1");
    Propagator::w3c().extract(request.body(()).unwrap().headers())
}

#[test]
fn cp_03_the_client_s_own_span_is_told_and_nothing_else() {
    both(|spans| {
        let headers = sent(&spans.client(), get());
        let span = spans.only();
        assert_eq!(headers["traceparent"], format!("00-{}-{}-01", span.trace_id(), span.span_id()));
        assert_eq!(headers.len(), 1);
    });
}

#[test]
fn cp_03_headers_that_are_there_are_replaced() {
    both(|spans| {
        let stale = get()
            .header("traceparent", traceparent(true))
            .header("traceparent", traceparent(false))
            .header("tracestate", "stale=1")
            .header("baggage", "stale=1")
            .header("x-other", "stays");
        let _current = Context::new().with_baggage([KeyValue::new("plan", "gold")]).attach();
        let headers = sent(&spans.client(), stale);
        let span = spans.only();
        let lines = |name: &str| headers.get_all(name).iter().collect::<Vec<_>>();
        assert_eq!(lines("traceparent"), [&*format!("00-{}-{}-01", span.trace_id(), span.span_id())]);
        assert_eq!(lines("tracestate"), [""; 0]);
        assert_eq!(lines("baggage"), ["plan=gold"]);
        assert_eq!(lines("x-other"), ["stays"]);
    });
}

#[test]
fn cp_03_a_client_s_span_is_the_child_of_the_current_one_and_passes_its_state_on() {
    both(|spans| {
        let _current = remote(true).attach();
        let headers = sent(&spans.client(), get());
        let span = spans.only();
        assert_eq!(
            (span.trace_id().to_string(), span.parent_span_id.to_string()),
            (TRACE.to_owned(), CALLER.to_owned())
        );
        assert_eq!(headers["traceparent"], format!("00-{TRACE}-{}-01", span.span_id()));
        assert_eq!(headers["tracestate"], "a=1");
    });
}

#[test]
fn cp_04_a_span_that_is_not_sampled_is_told_as_such() {
    for way in Way::ALL {
        for (sampler, parent) in
            [(Sampler::AlwaysOff, None), (Sampler::ParentBased(Box::new(Sampler::AlwaysOn)), Some(false))]
        {
            let spans = Spans::sampled(way, sampler);
            let _current = parent.map(|is_sampled| remote(is_sampled).attach());
            let headers = sent(&spans.client(), get());
            let told = headers["traceparent"].to_str().unwrap();
            assert!(told.starts_with("00-") && told.ends_with("-00"), "{told}");
            assert_eq!(told.contains(TRACE), parent.is_some());
            assert!(!told.contains(CALLER), "{told}");
            assert!(spans.kept.finished().is_empty());
        }
    }
}

#[test]
fn cp_04_without_a_span_nothing_is_told() {
    let layer = ClientTraceLayer::with_tracer_provider(NoopTracerProvider::new()).with_propagator(Propagator::w3c());
    assert!(sent(&layer, get()).is_empty());
    // Whose it is, nobody knows here.
    let headers = sent(&layer, get().header("traceparent", traceparent(true)));
    assert_eq!(headers["traceparent"], traceparent(true));
    // What is current is passed on.
    let _current = remote(true).attach();
    let headers = sent(&layer, get());
    assert_eq!(
        (&headers["traceparent"], &headers["tracestate"]),
        (&traceparent(true).parse().unwrap(), &"a=1".parse().unwrap())
    );
}

#[test]
fn cp_03_a_request_that_is_filtered_out_keeps_its_headers() {
    both(|spans| {
        let layer = spans.client().with_filter(telemetry_http::RequestFilter::except_paths(["/healthz"]));
        let headers =
            sent(&layer, Request::get("http://shop.example/healthz").header("traceparent", traceparent(true)));
        assert_eq!(headers["traceparent"], traceparent(true));
        assert!(spans.kept.finished().is_empty());
    });
}

#[test]
fn cp_04_requests_of_an_exporter_have_no_span_and_tell_nothing() {
    both(|spans| {
        let _suppressed = Context::enter_telemetry_suppressed_scope();
        assert!(sent(&spans.client(), get()).is_empty());
        assert!(spans.kept.finished().is_empty());
    });
}

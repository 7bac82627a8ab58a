//! Spans that nobody records.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::Request;
use telemetry_core::AttributesFactory;
use telemetry_core::opentelemetry_sdk::trace::Sampler;
use telemetry_http::{HttpRoute, RequestLabels};

use crate::attributes::request;
use crate::{Spans, Way, both, exchange, hello, send, traceparent};

/// Counts calls of functions that only a span that is recorded needs.
#[derive(Clone, Default)]
struct Calls(Arc<AtomicUsize>);

impl Calls {
    fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn take(&self) -> usize {
        self.0.swap(0, Ordering::Relaxed)
    }
}

#[test]
fn sp_60_no_attribute_is_made_for_a_span_of_the_api_that_is_not_recorded() {
    let spans = Spans::new(Way::Api);
    let calls = Calls::default();
    let [scrub, attributes, response] = [(); 3].map(|()| calls.clone());
    let server = spans
        .server()
        .with_url_scrubber(move |_| {
            scrub.count();
            None
        })
        .with_attributes(AttributesFactory::from_fn(move |_| {
            attributes.count();
            Vec::new()
        }))
        .with_response_attributes(move |_| {
            response.count();
            Vec::new()
        });
    let [scrub, response] = [(); 2].map(|()| calls.clone());
    let client = spans
        .client()
        .with_url_scrubber(move |_| {
            scrub.count();
            None
        })
        .with_response_attributes(move |_| {
            response.count();
            Vec::new()
        });

    exchange(&server, request("/users/42?a=b").header("traceparent", traceparent(false)), |_| {
        send(&client, Request::get("http://shop.example/"), hello);
        hello()
    });
    assert_eq!(calls.take(), 0);
    assert!(spans.kept.finished().is_empty());

    exchange(&server, request("/users/42?a=b").header("traceparent", traceparent(true)), |_| {
        send(&client, Request::get("http://shop.example/"), hello);
        hello()
    });
    assert_eq!(calls.take(), 6, "the path, the query and the whole URL are scrubbed");
    assert_eq!(spans.kept.finished().len(), 2);
}

#[test]
fn sp_60_a_root_that_is_not_sampled_has_only_what_its_sampler_is_to_see() {
    let spans = Spans::sampled(Way::Api, Sampler::AlwaysOff);
    let calls = Calls::default();
    let response = calls.clone();
    let layer = spans.server().with_response_attributes(move |_| {
        response.count();
        Vec::new()
    });
    send(&layer, request("/"), hello);
    assert_eq!(calls.take(), 0);
    assert!(spans.kept.finished().is_empty());
}

#[test]
fn sp_60_a_span_that_is_not_recorded_leaves_nothing_to_the_next_one() {
    for way in Way::ALL {
        let spans = Spans::new(way);
        let layer = spans.server().with_labels().with_body_sizes();
        let labelled = |parts: http::request::Parts| {
            let labels = parts.extensions.get::<RequestLabels>().unwrap();
            labels.add(telemetry_core::opentelemetry::KeyValue::new("shop.plan", "gold"));
            labels.set_route("/first");
            let mut response = hello();
            response.extensions_mut().insert(HttpRoute::new("/first"));
            response
        };
        exchange(&layer, request("/first").header("traceparent", traceparent(false)), labelled);
        exchange(&layer, Request::get("/second"), |_| hello());
        let span = spans.only();
        assert_eq!((&*span.name, span.attribute("http.route"), span.attribute("shop.plan")), ("GET", None, None));
        assert_eq!(span.attribute("user_agent.original"), None);
    }
}

#[test]
fn sp_60_the_limits_of_the_sdk_hold() {
    both(|spans| {
        let kept =
            telemetry_core::testing::InMemorySpans::configured(|provider| provider.with_max_attributes_per_span(3));
        let spans = Spans::keeping(spans.way, kept);
        send(&spans.server(), request("/users/42?a=b"), hello);
        let span = spans.only();
        assert_eq!(span.attributes.len(), 3);
        assert!(span.dropped_attributes_count > 0);
    });
}

//! When spans begin and end.

use std::time::SystemTime;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Empty};
use tower::{Layer, ServiceExt};

use crate::{Answering, Spans, both, exchange, hello, now};

#[test]
fn sp_57_a_client_s_span_begins_before_the_first_byte_and_ends_with_the_body() {
    both(|spans| {
        let before = SystemTime::now();
        let mut called = before;
        let request = Request::get("http://shop.example/").body(Empty::<Bytes>::new()).unwrap();
        let sending = Answering::new(|_| {
            called = SystemTime::now();
            hello()
        });
        let service = spans.client().layer(sending);
        let response = now(service.oneshot(request)).unwrap();
        assert!(spans.kept.finished().is_empty(), "the body is still to come");
        now(response.collect()).unwrap();
        let span = spans.only();
        assert!(before <= span.start_time && span.start_time <= called && called <= span.end_time, "{span:?}");
    });
}

#[test]
fn sp_58_a_server_s_span_begins_with_the_call_and_ends_with_the_body() {
    both(|spans| {
        let request = Request::get("/").body(Empty::<Bytes>::new()).unwrap();
        let service = spans.server().layer(Answering::new(|_| hello()));
        let before = SystemTime::now();
        let response = now(service.oneshot(request)).unwrap();
        assert!(spans.kept.finished().is_empty(), "the body is still to come");
        now(response.collect()).unwrap();
        let span = spans.only();
        assert!(before <= span.start_time && span.start_time <= span.end_time, "{span:?}");
    });
}

#[test]
fn sp_57_sp_58_a_body_that_is_dropped_ends_the_span() {
    both(|spans: &Spans| {
        let request = |uri: &str| Request::get(uri).body(Empty::<Bytes>::new()).unwrap();
        drop(now(spans.server().layer(Answering::new(|_| hello())).oneshot(request("/"))));
        assert_eq!(spans.only().attribute("error.type"), Some(&"cancelled".into()));
        drop(now(spans.client().layer(Answering::new(|_| hello())).oneshot(request("http://shop.example/"))));
        assert_eq!(spans.only().attribute("error.type"), None);
    });
}

#[test]
fn sp_58_a_span_that_somebody_still_holds_ends_with_the_body_nevertheless() {
    both(|spans| {
        let mut held = None;
        exchange(&spans.server(), Request::get("/"), |_| {
            held = Some((tracing::Span::current(), telemetry_core::opentelemetry::Context::current()));
            hello()
        });
        let ended = spans.only();
        drop(held);
        assert!(spans.kept.finished().is_empty(), "{ended:?} has ended once");
    });
}

//! Headers that spans show, and the one that tells the trace.

use http::header::{AUTHORIZATION, COOKIE, HeaderName, HeaderValue, PROXY_AUTHORIZATION, SET_COOKIE};
use http::{Request, Response};
use telemetry_core::opentelemetry::{Array, Value};
use telemetry_core::opentelemetry_sdk::trace::Sampler;
use telemetry_core::testing::FinishedSpan;

use crate::{Body, CALLER, Spans, TRACE, Way, both, exchange, hello, send, traceparent};

fn strings(values: &[&'static str]) -> Value {
    Value::Array(Array::String(values.iter().map(|value| (*value).into()).collect()))
}

fn shown(span: &FinishedSpan) -> Vec<&str> {
    let names = span.attributes.iter().map(|attribute| attribute.key.as_str());
    names.filter(|name| name.contains(".header.")).collect()
}

const SECRETS: [HeaderName; 4] = [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION, SET_COOKIE];

fn secretive() -> http::request::Builder {
    let request = Request::get("http://shop.example/").header("x-plan", "gold");
    SECRETS.into_iter().fold(request, |request, name| request.header(name, "secret"))
}

fn answer() -> Response<Body> {
    let response = Response::builder().header("x-cache", "hit").header("x-cache", "miss");
    SECRETS.into_iter().fold(response, |response, name| response.header(name, "secret")).body("hello".into()).unwrap()
}

#[test]
fn sp_42_sp_55_no_header_is_shown_unless_it_is_named() {
    both(|spans| {
        send(&spans.server(), secretive(), answer);
        let server = spans.only();
        send(&spans.client(), secretive(), answer);
        for span in [server, spans.only()] {
            assert_eq!(shown(&span), [""; 0]);
            assert!(!format!("{span:?}").contains("secret"));
        }
    });
}

#[test]
fn sp_42_sp_55_named_headers_are_lists_of_their_lines() {
    both(|spans| {
        let names = || ["X-Plan", "x-plan", "x-absent"].map(|name| name.parse::<HeaderName>().unwrap());
        let cache = || [HeaderName::from_static("x-cache")];
        send(&spans.server().with_request_headers(names()).with_response_headers(cache()), secretive(), answer);
        let server = spans.only();
        send(&spans.client().with_request_headers(names()).with_response_headers(cache()), secretive(), answer);
        for span in [server, spans.only()] {
            assert_eq!(shown(&span).len(), 2);
            assert_eq!(span.attribute("http.request.header.x-plan"), Some(&strings(&["gold"])));
            assert_eq!(span.attribute("http.response.header.x-cache"), Some(&strings(&["hit", "miss"])));
            assert!(!format!("{span:?}").contains("secret"));
        }
    });
}

#[test]
fn sp_55_secrets_are_shown_only_if_they_are_named_and_not_marked_as_sensitive() {
    both(|spans| {
        let layer = spans.server().with_request_headers([AUTHORIZATION, COOKIE]).with_response_headers([SET_COOKIE]);
        let mut sensitive = HeaderValue::from_static("hidden");
        sensitive.set_sensitive(true);
        let request = Request::get("/").header("authorization", sensitive).header("cookie", "a=b");
        exchange(&layer, request, |_| {
            let mut response = hello();
            let mut sensitive = HeaderValue::from_static("hidden");
            sensitive.set_sensitive(true);
            response.headers_mut().append(SET_COOKIE, sensitive);
            response.headers_mut().append(SET_COOKIE, HeaderValue::from_static("c=d"));
            response
        });
        let span = spans.only();
        assert_eq!(span.attribute("http.request.header.authorization"), Some(&strings(&["REDACTED"])));
        assert_eq!(span.attribute("http.request.header.cookie"), Some(&strings(&["a=b"])));
        assert_eq!(span.attribute("http.response.header.set-cookie"), Some(&strings(&["REDACTED", "c=d"])));
        assert!(!format!("{span:?}").contains("hidden"));
    });
}

#[test]
fn sp_55_what_is_no_text_is_replaced_and_a_flood_of_lines_is_cut() {
    both(|spans| {
        let layer = spans.server().with_request_headers([HeaderName::from_static("x-flood")]);
        let odd = HeaderValue::from_bytes(b"caf\xe9").unwrap();
        send(&layer, Request::get("/").header("x-flood", odd), hello);
        assert_eq!(spans.only().attribute("http.request.header.x-flood"), Some(&strings(&["caf\u{fffd}"])));
        let flood = (0..1000).fold(Request::get("/"), |request, _| request.header("x-flood", "x".repeat(20_000)));
        send(&layer, flood, hello);
        let span = spans.only();
        let Some(Value::Array(Array::String(lines))) = span.attribute("http.request.header.x-flood") else {
            panic!("a list of strings")
        };
        assert_eq!(lines.len(), 32);
        assert!(lines.iter().all(|line| line.as_str().len() == 8192));
    });
}

#[test]
fn the_trace_id_is_told_in_a_header_of_the_response() {
    let name = HeaderName::from_static("x-trace");
    for way in Way::ALL {
        for (sampler, is_kept) in [(Sampler::AlwaysOn, true), (Sampler::AlwaysOff, false)] {
            let spans = Spans::sampled(way, sampler);
            let layer = spans.server().with_trace_id_header(name.clone());
            let of_service = |_| Response::builder().header("x-trace", "other").body("hello".into()).unwrap();
            let head = exchange(&layer, Request::get("/").header("traceparent", traceparent(true)), of_service);
            assert_eq!(head.headers.get_all(&name).iter().collect::<Vec<_>>(), [TRACE]);
            assert_eq!(spans.kept.finished().len(), usize::from(is_kept));
            spans.kept.clear();
            let head = exchange(&layer, Request::get("/"), |_| hello());
            let told = head.headers[&name].to_str().unwrap();
            assert!(told.len() == 32 && told != TRACE && told.bytes().all(|byte| byte.is_ascii_hexdigit()), "{told}");
            if is_kept {
                assert_eq!(spans.only().trace_id().to_string(), told);
            }
        }
    }
}

#[test]
fn a_linked_request_is_told_its_own_trace_and_not_the_callers() {
    both(|spans| {
        let name = HeaderName::from_static("x-trace");
        let layer = spans.server().with_linked_parent().with_trace_id_header(name.clone());
        let head = exchange(&layer, Request::get("/").header("traceparent", traceparent(true)), |_| hello());
        assert_eq!(head.headers[&name], spans.only().trace_id().to_string());
        assert!(head.headers[&name] != TRACE && head.headers[&name] != CALLER);
    });
}

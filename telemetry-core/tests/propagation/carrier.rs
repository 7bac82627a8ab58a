//! A map of headers as a carrier.

use telemetry_core::opentelemetry::propagation::{Extractor, Injector};
use telemetry_core::propagation::{HeaderExtractor, HeaderInjector};

use crate::{full, headers, lines};

#[test]
fn cp_06_a_getter_knows_no_case_and_keeps_the_order() {
    let headers = headers(&[("x-trace", "1"), ("host", "a"), ("x-trace", "2"), ("x-trace", "")]);
    let extractor = HeaderExtractor(&headers);
    for key in ["x-trace", "X-Trace", "X-TRACE"] {
        assert_eq!(extractor.get(key), Some("1"));
        assert_eq!(extractor.get_all(key), Some(vec!["1", "2", ""]));
    }
    assert_eq!((extractor.get("Host"), extractor.get_all("Host")), (Some("a"), Some(vec!["a"])));
    let mut keys = extractor.keys();
    keys.sort_unstable();
    assert_eq!(keys, ["host", "x-trace"]);
}

#[test]
fn cp_06_what_is_not_there_or_no_text_is_none() {
    let headers = headers(&[("a", b"\xff".as_slice()), ("a", b"text"), ("b", b"\xff")]);
    let extractor = HeaderExtractor(&headers);
    assert_eq!((extractor.get("a"), extractor.get_all("a")), (Some("text"), Some(vec!["text"])));
    for key in ["b", "c", "", "no name", "\u{e4}", &"x".repeat(100_000)] {
        assert_eq!((extractor.get(key), extractor.get_all(key)), (None, None));
    }
}

#[test]
fn cp_03_a_setter_replaces_every_line() {
    let mut headers = headers(&[("x-trace", "1"), ("x-trace", "2"), ("host", "a")]);
    HeaderInjector(&mut headers).set("X-Trace", "3".to_owned());
    assert_eq!(lines(&headers, "x-trace"), ["3"]);
    HeaderInjector(&mut headers).set("x-trace", String::new());
    assert_eq!(headers.len(), 1);
}

#[test]
fn cp_04_a_setter_passes_over_what_no_header_can_be() {
    let mut headers = headers(&[("a", "1"), ("a", "2")]);
    for name in ["", "no name", "\u{e4}", "a\r\nb", &"x".repeat(100_000)] {
        HeaderInjector(&mut headers).set(name, "value".to_owned());
    }
    assert_eq!(lines(&headers, "a"), ["1", "2"]);
    for value in ["a\r\nb: c", "\0", "\u{7f}"] {
        headers.insert("a", "stale".parse().unwrap());
        HeaderInjector(&mut headers).set("a", value.to_owned());
        assert!(headers.is_empty(), "{value:?}: a stale value would be wrong");
    }
}

#[test]
fn cp_04_a_setter_passes_over_a_full_map() {
    let mut headers = full();
    let before = headers.len();
    HeaderInjector(&mut headers).set("traceparent", "1".to_owned());
    assert_eq!((headers.len(), headers.get("traceparent")), (before, None));
}

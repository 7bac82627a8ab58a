//! Which `tracestate` goes along.

use http::HeaderMap;
use telemetry_core::propagation::TraceContextPropagator;

use crate::{TRACE_ID, TRACEPARENT, extracted, headers, lines};

/// What the next process gets to see.
fn passed_on<T: AsRef<[u8]>>(states: &[T]) -> Option<String> {
    let mut incoming = headers(&[("traceparent", TRACEPARENT)]);
    for state in states {
        incoming.append("tracestate", http::HeaderValue::from_bytes(state.as_ref()).unwrap());
    }
    let span = extracted(&incoming).expect("traceparent is kept");
    assert_eq!(span.trace_id(), TRACE_ID);
    let mut outgoing = HeaderMap::new();
    TraceContextPropagator::inject_span_context(&span, &mut outgoing);
    assert_eq!(extracted(&outgoing), Some(span));
    let found = lines(&outgoing, "tracestate");
    assert!(found.len() < 2);
    found.first().map(|state| (*state).to_owned())
}

fn is_kept(state: &str) -> bool {
    let passed_on = passed_on(&[state]);
    assert!(passed_on.is_none() || passed_on.as_deref() == Some(state), "{state} became {passed_on:?}");
    passed_on.is_some()
}

#[test]
fn cp_08_a_valid_list_is_passed_on_unchanged() {
    for state in ["rojo=00f067aa0ba902b7", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "a= 1", "0a@b=~!"] {
        assert!(is_kept(state), "{state}");
    }
    let key = "abcdefghijklmnopqrstuvwxyz0123456789_-*/";
    let value: String = (' '..='~').filter(|char| !matches!(char, ',' | '=')).collect();
    assert!(is_kept(&format!("{key}={value}")));
    assert!(is_kept(&format!("{key}@a-z0-9_-*/={value}")));
}

#[test]
fn cp_06_cp_08_several_lines_are_one_list() {
    assert_eq!(passed_on(&["foo=1,bar=2", "rojo=1", "congo=2"]).unwrap(), "foo=1,bar=2,rojo=1,congo=2");
    assert_eq!(passed_on(&["", "foo=1", ""]).unwrap(), "foo=1");
    assert_eq!(passed_on(&["foo=1", "foo=2"]), None);
    assert_eq!(passed_on(&["foo=1", "garbage"]), None);
}

#[test]
fn cp_08_blanks_and_empty_members_between_members_are_skipped() {
    for state in ["foo=1 \t , \t bar=2", "foo=1,,bar=2,", " , foo=1 , ,bar=2\t"] {
        assert_eq!(passed_on(&[state]).unwrap(), "foo=1,bar=2", "{state:?}");
    }
    for state in ["", " ", ",", " ,\t, "] {
        assert_eq!(passed_on(&[state]), None);
    }
}

#[test]
fn cp_08_an_invalid_list_is_dropped_as_a_whole() {
    for state in [
        "foo",
        "foo =1",
        "FOO=1",
        "foo.bar=1",
        "=1",
        "foo=",
        "foo=,bar=3",
        "foo=bar=baz",
        "foo==1",
        "foo=a\tb",
        "@foo=1",
        "_a=1",
        "foo=1,foo=1",
        "foo=1,foo=2",
        "bar=1,foo",
    ] {
        assert_eq!(passed_on(&[state, "ok=1"]), None, "{state}");
    }
    assert_eq!(passed_on(&["foo=\u{e4}"]), None);
    assert_eq!(passed_on(&[b"foo=\xff".as_slice()]), None);
}

#[test]
fn cp_08_32_members_are_kept_and_33_are_not() {
    let list = |count: usize| (0..count).map(|number| format!("k{number}=v")).collect::<Vec<_>>();
    assert_eq!(passed_on(&list(32)).unwrap(), list(32).join(","));
    assert!(is_kept(&list(32).join(",")));
    assert_eq!(passed_on(&list(33)), None);
    assert_eq!(passed_on(&[list(33).join(",")]), None);
    assert_eq!(passed_on(&[format!("{},,", list(32).join(",,"))]).unwrap(), list(32).join(","));
}

#[test]
fn cp_08_keys_and_values_have_at_most_256_characters() {
    assert!(is_kept(&format!("{}={}", "k".repeat(256), "v".repeat(256))));
    assert!(!is_kept(&format!("{}=v", "k".repeat(257))));
    assert!(!is_kept(&format!("k={}", "v".repeat(257))));
    let longest: Vec<_> = (0..32).map(|number| format!("k{number:0255}={}", "v".repeat(256))).collect();
    assert!(is_kept(&longest.join(",")));
    assert!(passed_on(&longest).is_some());
    assert_eq!(passed_on(&[format!("{} ", longest.join(","))]), None, "one byte more than is read");
}

/// Level 2 allows them, but the type of the API cannot hold them.
#[test]
fn cp_08_keys_that_the_api_cannot_hold_drop_the_list() {
    for key in ["foo@bar@baz", "foo@@bar", "foo@_bar", "t@vvvvvvvvvvvvvvv"] {
        assert!(!is_kept(&format!("{key}=1")), "{key}");
    }
    assert!(is_kept("t@vvvvvvvvvvvvv=1"));
}

#[test]
fn cp_08_without_a_traceparent_there_is_none() {
    for traceparent in ["garbage", ""] {
        assert_eq!(extracted(&headers(&[("traceparent", traceparent), ("tracestate", "foo=1")])), None);
    }
    assert_eq!(extracted(&headers(&[("tracestate", "foo=1")])), None);
}

//! Which `traceparent` is a parent.

use std::ops::Range;

use http::{HeaderMap, HeaderName, HeaderValue};
use telemetry_core::opentelemetry::baggage::BaggageExt;
use telemetry_core::opentelemetry::propagation::TextMapPropagator;
use telemetry_core::opentelemetry::trace::{TraceContextExt, TraceState};
use telemetry_core::opentelemetry::{Context, KeyValue, TraceFlags};
use telemetry_core::propagation::{HeaderExtractor, Propagator};

use crate::{TRACE_ID, TRACEPARENT, extracted, headers, in_context, span};

fn flags(traceparent: impl AsRef<[u8]>) -> Option<u8> {
    let found = extracted(&headers(&[("traceparent", traceparent.as_ref())]));
    found.map(|found| {
        assert_eq!(found, span(found.trace_flags(), TraceState::NONE));
        found.trace_flags().to_u8()
    })
}

fn with(at: usize, text: &str) -> String {
    let mut traceparent = TRACEPARENT.to_owned();
    traceparent.replace_range(at..at + text.len(), text);
    traceparent
}

#[test]
fn cp_07_the_examples_of_the_specification_are_parents() {
    assert_eq!(flags(TRACEPARENT), Some(1));
    assert_eq!(flags(with(53, "00")), Some(0));
    assert!(extracted(&headers(&[("traceparent", TRACEPARENT)])).unwrap().is_remote());
}

#[test]
fn cp_07_version_00_has_exactly_55_bytes() {
    for length in 0..TRACEPARENT.len() {
        assert_eq!(flags(&TRACEPARENT[..length]), None, "{length}");
    }
    for more in [".", "-", "0", "-00", "-what-the-future-will-be-like"] {
        assert_eq!(flags(format!("{TRACEPARENT}{more}")), None, "{more}");
    }
}

#[test]
fn cp_07_later_versions_may_have_more_after_a_dash() {
    for version in ["01", "0a", "cc", "fe"] {
        let traceparent = with(0, version);
        for more in ["", "-", "-what-the-future-will-be-like", "-\u{e4}"] {
            let traceparent = format!("{traceparent}{more}");
            let found = Propagator::w3c().extract(&headers(&[("traceparent", &traceparent)]));
            assert_eq!(*found.span().span_context(), span(TraceFlags::SAMPLED, TraceState::NONE), "{traceparent}");
        }
        for more in [".what-the-future-will-be-like", "0", " "] {
            assert_eq!(flags(format!("{traceparent}{more}")), None, "{more}");
        }
        assert_eq!(flags(&traceparent[..54]), None);
    }
}

#[test]
fn cp_07_version_ff_and_no_versions_are_invalid() {
    for version in ["ff", "FE", "0.", ".0", "-0", " 0", "0g"] {
        assert_eq!(flags(with(0, version)), None, "{version}");
    }
    for version in ["0", "000", "0000", ""] {
        assert_eq!(flags(format!("{version}{}", &TRACEPARENT[2..])), None, "{version}");
    }
    assert_eq!(flags(format!("ff{}-more", &TRACEPARENT[2..])), None);
}

#[test]
fn cp_07_ids_of_zeros_are_invalid() {
    assert_eq!(flags(with(3, &"0".repeat(32))), None);
    assert_eq!(flags(with(36, &"0".repeat(16))), None);
    let smallest = format!("00-{:032x}-{:016x}-01", 1, 1);
    assert!(extracted(&headers(&[("traceparent", smallest)])).is_some());
}

/// Each byte at each place: digits are lowercase hex, dashes are dashes, and everything else is no parent.
#[test]
fn cp_07_each_byte_is_checked() {
    for at in 0..TRACEPARENT.len() {
        for byte in (0..=u8::MAX).filter(|byte| HeaderValue::from_bytes(&[*byte]).is_ok()) {
            let mut traceparent = TRACEPARENT.as_bytes().to_owned();
            traceparent[at] = byte;
            let found = extracted(&headers(&[("traceparent", &traceparent)]));
            let is_dash = [2, 35, 52].contains(&at);
            let is_digit = matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            let is_valid = if is_dash { byte == b'-' } else { is_digit };
            assert_eq!(found.is_some(), is_valid, "{byte:#x} at {at}");
            let digits = |range: Range<usize>| String::from_utf8_lossy(&traceparent[range]).into_owned();
            if let Some(found) = found {
                assert_eq!(found.trace_id().to_string(), digits(3..35));
                assert_eq!(found.span_id().to_string(), digits(36..52));
            }
        }
    }
}

#[test]
fn cp_07_lengths_of_fields_are_checked() {
    for (from, to) in [("4736-", "473-"), ("4736-", "47360-"), ("02b7-", "02b-"), ("02b7-", "02b70-"), ("-01", "-1")] {
        assert_eq!(flags(TRACEPARENT.replace(from, to)), None, "{to}");
        assert_eq!(flags(TRACEPARENT.replace(from, to).replace("00-4b", "cc-4b")), None, "{to}");
    }
}

#[test]
fn cp_07_blanks_are_not_trimmed() {
    for traceparent in [format!(" {TRACEPARENT}"), format!("{TRACEPARENT} "), format!("{TRACEPARENT}\t")] {
        assert_eq!(flags(&traceparent), None, "{traceparent:?}");
    }
}

#[test]
fn cp_07_two_lines_are_none() {
    let other = TRACEPARENT.replace("b7-01", "b8-01");
    for second in [TRACEPARENT, &other, "", "garbage"] {
        assert_eq!(extracted(&headers(&[("traceparent", TRACEPARENT), ("traceparent", second)])), None);
        assert_eq!(extracted(&headers(&[("traceparent", second), ("traceparent", TRACEPARENT)])), None);
    }
    assert_eq!(flags(format!("{TRACEPARENT},{TRACEPARENT}")), None);
}

/// The names are gone through in small maps, and looked up in big ones.
#[test]
fn cp_07_other_headers_do_not_matter() {
    for others in 0..40 {
        let mut headers = headers(&[("traceparent", TRACEPARENT), ("tracestate", "a=1")]);
        for number in 0..others {
            let name = HeaderName::try_from(format!("x-{number}")).unwrap();
            headers.insert(name, HeaderValue::from_static("1"));
        }
        let found = extracted(&headers).unwrap();
        assert_eq!((found.trace_id(), found.trace_state().get("a")), (TRACE_ID, Some("1")), "{others}");
        headers.append("traceparent", TRACEPARENT.parse().unwrap());
        assert_eq!(extracted(&headers), None, "{others}");
        headers.remove("traceparent");
        assert_eq!(extracted(&headers), None, "{others}");
    }
}

#[test]
fn cp_09_sampled_and_random_are_kept_alone() {
    for sent in 0..=u8::MAX {
        assert_eq!(flags(with(53, &format!("{sent:02x}"))), Some(sent & 3));
        assert_eq!(flags(format!("01{}", &with(53, &format!("{sent:02x}"))[2..])), Some(sent & 3));
    }
}

#[test]
fn cp_05_an_invalid_value_leaves_the_context_as_it_was() {
    let before = Context::new()
        .with_remote_span_context(span(TraceFlags::SAMPLED, TraceState::NONE))
        .with_baggage([KeyValue::new("a", "1")]);
    let headers = headers(&[("traceparent", "garbage"), ("tracestate", "b=2"), ("baggage", "garbage")]);
    let after = Propagator::w3c().extract_with_context(&before, &HeaderExtractor(&headers));
    assert_eq!(after.span().span_context(), before.span().span_context());
    assert_eq!(after.baggage().to_string(), "a=1");
}

#[test]
fn cp_02_the_current_context_is_not_taken_for_a_parent() {
    let _current = in_context(span(TraceFlags::SAMPLED, TraceState::NONE)).attach();
    for propagator in [Propagator::w3c(), Propagator::none(), Propagator::global()] {
        assert!(!propagator.extract(&HeaderMap::new()).has_active_span(), "{propagator:?}");
    }
}

//! The context of a trace in the headers of a request.

use std::hint::black_box;

use http::{HeaderMap, HeaderValue};
use telemetry_core::opentelemetry::trace::{SpanId, TraceContextExt};
use telemetry_core::propagation::Propagator;

use super::calls::Calls;
use crate::case::{Budget, Case, Work};

const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const SPAN: SpanId = SpanId::from_bytes([0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7]);
const TRACESTATE: &str = "vendor=00f067aa0ba902b7";

/// As many other headers as a browser sends.
const OTHERS: [(&str, &str); 6] = [
    ("host", "example.com"),
    ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0"),
    ("accept", "*/*"),
    ("accept-language", "en-US,en;q=0.5"),
    ("accept-encoding", "gzip, deflate, br, zstd"),
    ("cookie", "session=2f1b6c0e9a7d4f53"),
];

pub(super) fn cases() -> Vec<Case> {
    let nothing = Budget { allocations: Some(0.0), kept: Some(0.0), ..Budget::default() };
    let case = |name: &str, own: &'static [(&'static str, &'static str)]| {
        Case::new(format!("telemetry-core/propagation/{name}"), move || Ok(extract(headers(own))))
    };
    vec![
        case("extract-nothing", &[]).budget(nothing),
        case("extract-traceparent", &[("traceparent", TRACEPARENT)]),
        case("extract-tracestate", &[("traceparent", TRACEPARENT), ("tracestate", TRACESTATE)]),
        Case::new("telemetry-core/propagation/inject-traceparent", || Ok(inject())),
    ]
}

fn headers(own: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in OTHERS.iter().chain(own) {
        headers.insert(*name, HeaderValue::from_static(value));
    }
    headers
}

fn extract(headers: HeaderMap) -> impl Work {
    let propagator = Propagator::w3c();
    let expected = if headers.contains_key("traceparent") { SPAN } else { SpanId::INVALID };
    Calls::new(move || propagator.extract(black_box(&headers)).span().span_context().span_id() == expected)
}

/// Into headers that have none. It is taken out again, which is measured as well.
fn inject() -> impl Work {
    let propagator = Propagator::w3c();
    let context = propagator.extract(&headers(&[("traceparent", TRACEPARENT)]));
    let mut headers = headers(&[]);
    Calls::new(move || {
        propagator.inject(black_box(&context), &mut headers);
        headers.remove("traceparent").is_some_and(|value| value == TRACEPARENT)
    })
}

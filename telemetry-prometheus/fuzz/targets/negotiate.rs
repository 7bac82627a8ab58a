//! `Accept` headers, one in each line: whatever they are, the answer has a `Content-Type` that Prometheus knows.
#![no_main]

use http::HeaderValue;
use libfuzzer_sys::fuzz_target;
use telemetry_prometheus::{Escaping, Exposition, Format};

fuzz_target!(|data: &[u8]| {
    let headers: Vec<_> =
        data.split(|&byte| byte == b'\n').filter_map(|line| HeaderValue::from_bytes(line).ok()).collect();
    let exposition = Exposition::negotiate(&headers);

    let (content_type, escaping) = exposition.content_type().rsplit_once("; escaping=").unwrap();
    assert_eq!(Escaping::from_name(escaping), Some(exposition.escaping()));
    let known: &[&str] = match exposition.format() {
        Format::PrometheusText => &["text/plain; version=0.0.4; charset=utf-8"],
        Format::PrometheusTextV1 => &["text/plain; version=1.0.0; charset=utf-8"],
        Format::OpenMetrics => &[
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
            "application/openmetrics-text; version=0.0.1; charset=utf-8",
        ],
        Format::Protobuf => {
            &["application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"]
        }
        other => panic!("{other:?}"),
    };
    assert!(known.contains(&content_type), "{content_type}");
    // Names in UTF-8 need quotes, which 0.0.4 does not have.
    assert_ne!((exposition.format(), exposition.escaping()), (Format::PrometheusText, Escaping::AllowUtf8));
});

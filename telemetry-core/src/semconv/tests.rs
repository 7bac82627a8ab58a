//! Holds our names against the official crate's source of names.

use opentelemetry_semantic_conventions as official;

use super::metric::ALL as METRICS;
use super::{Instrument, attribute, metric};

#[test]
fn co_40_attribute_names_are_the_conventions_own() {
    let official = [
        official::attribute::ERROR_TYPE,
        official::attribute::HTTP_REQUEST_METHOD,
        official::attribute::HTTP_RESPONSE_STATUS_CODE,
        official::attribute::HTTP_ROUTE,
        official::attribute::NETWORK_IO_DIRECTION,
        official::attribute::NETWORK_PROTOCOL_VERSION,
        official::attribute::NETWORK_TRANSPORT,
        official::attribute::NETWORK_TYPE,
        official::attribute::SERVER_ADDRESS,
        official::attribute::SERVER_PORT,
        official::resource::SERVICE_NAME,
        official::attribute::URL_SCHEME,
    ];
    assert_eq!(attribute::ALL, official);
}

#[test]
fn co_40_metric_names_are_the_conventions_own() {
    let ours: Vec<_> = METRICS.iter().map(|metric| metric.name).filter(|name| name.starts_with("http.")).collect();
    let official = [
        official::metric::HTTP_SERVER_REQUEST_DURATION,
        official::metric::HTTP_SERVER_ACTIVE_REQUESTS,
        official::metric::HTTP_SERVER_REQUEST_BODY_SIZE,
        official::metric::HTTP_SERVER_RESPONSE_BODY_SIZE,
    ];
    assert_eq!(ours, official);
}

#[test]
fn nt_60_own_names_follow_the_conventions_patterns() {
    for metric in METRICS.iter().filter(|metric| !metric.name.starts_with("http.")) {
        assert!(metric.name.starts_with("transport.server."), "{}", metric.name);
        assert!(!metric.name.ends_with("_total"), "{}", metric.name);
        assert!(metric.name.chars().all(|c| c.is_ascii_lowercase() || c == '.' || c == '_'), "{}", metric.name);
    }
}

#[test]
fn nt_61_units_are_seconds_bytes_or_counts() {
    for metric in METRICS {
        let expected = match metric.instrument {
            Instrument::Histogram if metric.name.ends_with(".duration") => "s",
            Instrument::Histogram | Instrument::Counter => "By",
            Instrument::UpDownCounter if metric.name.ends_with("requests") => "{request}",
            Instrument::UpDownCounter => "{connection}",
        };
        assert_eq!(metric.unit, expected, "{}", metric.name);
    }
}

#[test]
fn hs_34_histograms_alone_have_bounds_and_they_ascend() {
    for metric in METRICS {
        assert_eq!(metric.boundaries.is_empty(), metric.instrument != Instrument::Histogram, "{}", metric.name);
        assert!(metric.boundaries.is_sorted_by(|a, b| a < b), "{}", metric.name);
    }
    assert_eq!(metric::HTTP_SERVER_REQUEST_DURATION.boundaries.len(), 14);
}

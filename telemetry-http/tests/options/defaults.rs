//! What a layer records without any option.

use telemetry_core::semconv;
use telemetry_core::testing::Value;

use super::*;

#[test]
fn hs_10_hs_18_hs_36_hs_37_the_default_attributes() {
    let metrics = InMemoryMetrics::new();
    send(&server(&metrics), get());
    let snapshot = metrics.snapshot();
    for metric in [DURATION, "http.server.request.body.size", "http.server.response.body.size"] {
        assert_eq!(
            attributes(&snapshot, metric),
            [
                "http.request.method=GET",
                "http.response.status_code=200",
                "network.protocol.version=1.1",
                "url.scheme=http"
            ]
        );
    }
    assert_eq!(attributes(&snapshot, ACTIVE), ["http.request.method=GET", "url.scheme=http"]);
}

#[test]
fn hs_34_units_and_buckets() {
    let metrics = InMemoryMetrics::new();
    send(&server(&metrics), get());
    let snapshot = metrics.snapshot();
    let expected = [
        (DURATION, "s", semconv::metric::REQUEST_SECONDS),
        ("http.server.request.body.size", "By", semconv::metric::BODY_BYTES),
        ("http.server.response.body.size", "By", semconv::metric::BODY_BYTES),
    ];
    for (metric, unit, expected) in expected {
        let [point] = snapshot.points(metric)[..] else { panic!("one series of {metric}") };
        assert_eq!(point.unit, unit);
        assert!(matches!(&point.value, Value::Histogram { bounds, .. } if bounds == expected), "{point:?}");
    }
    assert_eq!(snapshot.points(ACTIVE)[0].unit, "{request}");
}

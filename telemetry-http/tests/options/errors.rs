//! What counts as an error.

use super::*;

/// The `error.type` that a status comes with.
fn error_of(layer: &RequestMetricsLayer, metrics: &InMemoryMetrics, code: u16) -> Option<String> {
    let answer = service_fn(move |_: Inner| ready(Ok::<_, Infallible>(status(code))));
    assert_eq!(finish(layer.layer(answer), get()).as_u16(), code);
    let code = code.to_string();
    let snapshot = metrics.snapshot();
    let with_code = |point: &&&telemetry_core::testing::Point| point.attributes["http.response.status_code"] == code;
    let points = snapshot.points(DURATION);
    let [point] = points.iter().filter(with_code).collect::<Vec<_>>()[..] else { panic!("one series for {code}") };
    point.attributes.get("error.type").cloned()
}

#[test]
fn hs_05_a_server_is_to_blame_from_500_on() {
    let metrics = InMemoryMetrics::new();
    let layer = server(&metrics);
    for code in [200, 302, 400, 404, 499, 600, 999] {
        assert_eq!(error_of(&layer, &metrics, code), None, "{code}");
    }
    for code in [500, 503, 599] {
        assert_eq!(error_of(&layer, &metrics, code), Some(code.to_string()));
    }
}

#[test]
fn hs_05_the_caller_may_see_it_otherwise() {
    let metrics = InMemoryMetrics::new();
    let layer = server(&metrics).with_error_status(|status| matches!(status.as_u16(), 404 | 200 | 999));
    for code in [404, 200, 999] {
        assert_eq!(error_of(&layer, &metrics, code), Some(code.to_string()));
    }
    for code in [500, 418, 998] {
        assert_eq!(error_of(&layer, &metrics, code), None, "{code}");
    }
}

#[test]
fn hs_05_hs_45_what_went_wrong_says_more_than_the_status() {
    let metrics = InMemoryMetrics::new();
    let layer = server(&metrics).with_error_status(|_| true);
    let mut service = layer.layer(service_fn(|_: Inner| ready(Ok::<_, Infallible>(status(503)))));
    drop(now(service.call(get())));
    let cancelled = [("error.type", "cancelled"), ("http.response.status_code", "503")];
    assert_eq!(metrics.snapshot().count(DURATION, &cancelled), 1);
}

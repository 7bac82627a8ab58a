//! Metrics that are switched off, and layers that share instruments.

use telemetry_core::opentelemetry::KeyValue;

use super::*;

#[test]
fn each_metric_can_be_switched_off() {
    type Switch = fn(RequestMetricsLayer) -> RequestMetricsLayer;
    let switches: [(&str, Switch); 4] = [
        (ALL[0], RequestMetricsLayer::without_active_requests),
        (ALL[1], RequestMetricsLayer::without_request_body_size),
        (ALL[2], RequestMetricsLayer::without_request_duration),
        (ALL[3], RequestMetricsLayer::without_response_body_size),
    ];
    for (off, switch) in switches {
        let metrics = InMemoryMetrics::new();
        send(&switch(server(&metrics)), get());
        let snapshot = metrics.snapshot();
        assert_eq!(snapshot.names(), ALL.into_iter().filter(|name| *name != off).collect::<Vec<_>>());
    }
}

#[test]
fn an_option_that_is_set_after_the_first_use_counts_for_the_next() {
    let metrics = InMemoryMetrics::new();
    let layer = server(&metrics).without_active_requests();
    send(&layer, get());
    send(&layer.clone().with_attributes([KeyValue::new("shop.region", "eu")]), get());
    let snapshot = metrics.snapshot();
    assert_eq!(snapshot.count(DURATION, &[]), 2);
    assert_eq!(snapshot.count(DURATION, &[("shop.region", "eu")]), 1);
    assert!(snapshot.points(ACTIVE).is_empty());
}

#[test]
fn two_layers_on_one_provider_add_up() {
    let metrics = InMemoryMetrics::new();
    for _ in 0..2 {
        send(&RequestMetricsLayer::with_meter(metrics.meter("shop")), get());
    }
    assert_eq!(metrics.snapshot().count(DURATION, &[]), 2);
}

#[test]
fn without_any_metric_nothing_is_recorded() {
    let metrics = InMemoryMetrics::new();
    let layer = server(&metrics).without_active_requests().without_request_body_size();
    send(&layer.without_request_duration().without_response_body_size(), get());
    assert!(metrics.snapshot().names().is_empty());
}

#[test]
fn hs_36_the_time_of_the_head_is_recorded_if_it_is_asked_for() {
    let metrics = InMemoryMetrics::new();
    let layer = server(&metrics).with_response_head_duration();
    send(&layer, get());
    let without_head = layer.layer(service_fn(|_: Inner| ready(Err::<Response<Upload>, _>("no"))));
    assert!(now({ without_head }.call(get())).is_err());
    let snapshot = metrics.snapshot();
    assert_eq!(snapshot.count(DURATION, &[]), 2);
    assert_eq!(snapshot.count(HEAD_DURATION, &[]), 1);
    let with_head = ["http.request.method=GET", "http.response.status_code=200", "network.protocol.version=1.1"];
    assert_eq!(attributes(&snapshot, HEAD_DURATION)[..3], with_head);
    let answered = [("http.response.status_code", "200")];
    assert!(
        snapshot.sum(HEAD_DURATION, &answered) <= snapshot.sum(DURATION, &answered),
        "the head comes before the end"
    );
    assert_eq!(snapshot.points(HEAD_DURATION)[0].unit, "s");
}

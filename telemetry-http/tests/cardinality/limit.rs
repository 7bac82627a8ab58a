//! As many series as the limit says, and no fewer.

use std::sync::Arc;
use std::thread;

use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::testing::{Point, Value};
use tower::service_fn;

use super::*;

const LIMIT: usize = 30;

fn route(n: u64) -> Request<NoBody> {
    Request::get(format!("/users/{n}")).body(NoBody::new()).unwrap()
}

fn by_path(metrics: &InMemoryMetrics, limit: usize) -> RequestMetricsLayer {
    server(metrics, limit).with_route(|head| Some(Arc::<str>::from(head.uri.path()).into()))
}

#[test]
fn a_server_has_as_many_series_as_its_limit() {
    type Make = fn(&InMemoryMetrics, usize) -> RequestMetricsLayer;
    type Send = fn(u64) -> Request<NoBody>;
    let floods: [(Make, Send); 2] =
        [(|metrics, limit| server(metrics, limit).with_server_address(), host), (by_path, route)];
    for (make, request) in floods {
        for limit in [1, 2, LIMIT] {
            let metrics = InMemoryMetrics::new();
            let mut service = make(&metrics, limit).layer(service_fn(answer));
            (0..limit as u64).for_each(|n| send(&mut service, request(n)));
            assert_eq!(metrics.snapshot().count(DURATION, OVERFLOW), 0, "{limit}");
            (0..limit as u64 + 7).for_each(|n| send(&mut service, request(n)));
            let snapshot = metrics.snapshot();
            assert_eq!((series(&snapshot, DURATION), snapshot.count(DURATION, OVERFLOW)), (limit, 7));
        }
    }
}

#[cfg(feature = "client")]
#[test]
fn a_client_has_as_many_series_as_its_limit() {
    use telemetry_http::ClientMetricsLayer;

    let target = |n: u64| Request::get(format!("http://{n}.example/users/{n}")).body(NoBody::new()).unwrap();
    let metrics = InMemoryMetrics::new();
    let options = MeterOptions::default().with_meter_provider(metrics.provider());
    let plain = ClientMetricsLayer::custom(options).with_series_limit(LIMIT);
    let by_path = plain.clone().with_url_template(|head| Some(Arc::<str>::from(head.uri.path()).into()));
    for (round, layer) in (1..).zip([plain, by_path]) {
        let mut service = layer.layer(service_fn(answer));
        (0..LIMIT as u64).for_each(|n| send(&mut service, target(n)));
        let snapshot = metrics.snapshot();
        assert_eq!(series(&snapshot, "http.client.request.duration"), round * LIMIT);
        assert_eq!(snapshot.count("http.client.request.duration", OVERFLOW), 0);
        assert_eq!(snapshot.sum("http.client.active_requests", OVERFLOW), 0.0);
        assert_eq!(snapshot.points("http.client.active_requests").len(), round * LIMIT);
    }
}

#[test]
fn a_limit_of_nothing_counts_all_together() {
    let metrics = InMemoryMetrics::new();
    let mut service = server(&metrics, 0).layer(service_fn(answer));
    (0..10).for_each(|n| send(&mut service, host(n)));
    let snapshot = metrics.snapshot();
    assert_eq!((series(&snapshot, DURATION), snapshot.count(DURATION, OVERFLOW)), (0, 10));
    assert_eq!((series(&snapshot, ACTIVE), snapshot.sum(ACTIVE, OVERFLOW)), (0, 0.0));
    assert_eq!(snapshot.sum(RESPONSE_SIZE, OVERFLOW), 50.0);
}

#[test]
fn the_sdks_own_limit_loses_nothing_either() {
    let metrics = InMemoryMetrics::new();
    let mut service = server(&metrics, 5000).with_server_address().layer(service_fn(answer));
    for round in 1..=2 {
        (0..3000).for_each(|n| send(&mut service, host(n)));
        let snapshot = metrics.snapshot();
        assert_eq!(snapshot.count(DURATION, &[]), 3000 * round);
        assert_eq!((series(&snapshot, DURATION), snapshot.count(DURATION, OVERFLOW)), (2000, 1000 * round));
        assert_eq!(snapshot.sum(RESPONSE_SIZE, &[]), 15_000.0 * round as f64);
        assert_eq!(snapshot.sum(ACTIVE, &[]), 0.0);
    }
}

#[test]
fn threads_that_flood_at_once_overshoot_by_less_than_their_number() {
    const THREADS: u64 = 4;
    let metrics = InMemoryMetrics::new();
    let layer = server(&metrics, LIMIT).with_server_address();
    let _ = metrics.snapshot();
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let mut service = layer.layer(service_fn(answer));
            scope.spawn(move || (0..2000).for_each(|n| send(&mut service, host(n * (1 + thread % 2)))));
        }
    });
    let snapshot = metrics.snapshot();
    assert_eq!(snapshot.count(DURATION, &[]), 2000 * THREADS);
    assert!((LIMIT..LIMIT + THREADS as usize).contains(&series(&snapshot, DURATION)));
    assert!((LIMIT..LIMIT + THREADS as usize).contains(&series(&snapshot, ACTIVE)));
    assert_eq!(snapshot.sum(ACTIVE, &[]), 0.0);
}

#[test]
fn hs_31_active_requests_past_the_limit_are_counted_together() {
    let metrics = InMemoryMetrics::new();
    let mut service = server(&metrics, 2).with_server_address().layer(service_fn(answer));
    for reads in [false, true] {
        if reads {
            let _ = metrics.snapshot();
        }
        let futures: Vec<_> = (0..5).map(|n| service.call(host(n))).collect();
        assert_eq!((metrics.snapshot().sum(ACTIVE, &[]), metrics.snapshot().sum(ACTIVE, OVERFLOW)), (5.0, 3.0));
        drop(futures);
        let snapshot = metrics.snapshot();
        assert_eq!((snapshot.sum(ACTIVE, &[]), snapshot.sum(ACTIVE, OVERFLOW)), (0.0, 0.0));
        assert_eq!(snapshot.points(ACTIVE).len(), 3);
    }
    assert_eq!(metrics.snapshot().count(DURATION, OVERFLOW), 6);
}

#[test]
fn the_order_of_attributes_makes_no_series() {
    let metrics = InMemoryMetrics::new();
    let pairs = |swapped: bool| {
        let mut pairs = vec![KeyValue::new("a", 1), KeyValue::new("b", 2)];
        if swapped {
            pairs.reverse();
        }
        pairs
    };
    let layer = server(&metrics, 1).with_response_attributes(move |head| pairs(head.headers.contains_key("x-swapped")));
    let mut service = layer.layer(service_fn(|request: Request<RequestBody<NoBody>>| {
        let mut response = hello();
        response.headers_mut().extend(request.headers().clone());
        ready(Ok::<_, Infallible>(response))
    }));
    for swapped in [true, false] {
        let request = if swapped { Request::get("/").header("x-swapped", "") } else { Request::get("/") };
        send(&mut service, request.body(NoBody::new()).unwrap());
    }
    let snapshot = metrics.snapshot();
    assert_eq!((series(&snapshot, DURATION), snapshot.count(DURATION, OVERFLOW)), (1, 0));
}

#[test]
fn a_request_whose_attributes_find_no_room_is_not_one_without_any() {
    let metrics = InMemoryMetrics::new();
    let layer = server(&metrics, 3).with_response_attributes(|head| {
        head.headers.get("x-n").map(|n| KeyValue::new("n", n.to_str().unwrap().to_owned())).into_iter().collect()
    });
    let mut service = layer.layer(service_fn(|request: Request<RequestBody<NoBody>>| {
        let mut response = hello();
        response.headers_mut().extend(request.headers().clone());
        ready(Ok::<_, Infallible>(response))
    }));
    send(&mut service, Request::new(NoBody::new()));
    (0..10).for_each(|n| send(&mut service, Request::get("/").header("x-n", n).body(NoBody::new()).unwrap()));
    let snapshot = metrics.snapshot();
    let bare = |point: &&&Point| !point.attributes.contains_key("n") && !point.attributes.contains_key(OVERFLOW[0].0);
    let points = snapshot.points(DURATION);
    let bare: Vec<_> = points.iter().filter(bare).collect();
    assert!(matches!(bare[..], [Point { value: Value::Histogram { count: 1, .. }, .. }]), "{bare:?}");
    assert_eq!((series(&snapshot, DURATION), snapshot.count(DURATION, OVERFLOW)), (3, 8));
}

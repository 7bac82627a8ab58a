//! Requests that are not observed.

use std::future::pending;

use telemetry_http::RequestFilter;

use super::*;

#[test]
fn what_the_filter_leaves_out_is_in_no_metric_and_works_all_the_same() {
    let metrics = InMemoryMetrics::new();
    let filter = RequestFilter::except_paths(["/healthz", "/metrics"]);
    let layer = server(&metrics).with_filter(filter).with_labels().with_response_head_duration();
    for path in ["/healthz", "/metrics?name[]=up"] {
        send(&layer, Request::get(path).body(Full::from("upload")).unwrap());
    }
    assert!(metrics.snapshot().names().is_empty());
    send(&layer, get());
    assert_eq!(metrics.snapshot().count(DURATION, &[]), 1);
}

#[test]
fn hs_39_what_the_filter_leaves_out_is_not_active() {
    let metrics = InMemoryMetrics::new();
    let layer = server(&metrics).with_filter(RequestFilter::new(|head| head.uri.path() != "/users/42"));
    let never = |_: Inner| pending::<Result<Response<Upload>, Infallible>>();
    let mut service = layer.layer(service_fn(never));
    let (mut left_out, mut kept) = (pin!(service.call(get())), Box::pin(service.call(Request::new(Full::default()))));
    assert!(poll_once(left_out.as_mut()).is_pending() && poll_once(kept.as_mut()).is_pending());
    assert_eq!(metrics.snapshot().sum(ACTIVE, &[]), 1.0);
    drop(kept);
    assert_eq!((metrics.snapshot().sum(ACTIVE, &[]), metrics.snapshot().count(DURATION, &[])), (0.0, 1));
}

#[test]
fn the_filter_is_asked_once_and_before_anything_else() {
    let metrics = InMemoryMetrics::new();
    let asked = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let count = std::sync::Arc::clone(&asked);
    let layer = server(&metrics).with_route(|_| panic!("not for what is left out")).with_filter(RequestFilter::new(
        move |_| {
            count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            false
        },
    ));
    send(&layer, get());
    assert_eq!(asked.load(std::sync::atomic::Ordering::SeqCst), 1);
}

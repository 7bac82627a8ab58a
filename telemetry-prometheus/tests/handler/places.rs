//! How many scrapes may be under way, and when one is over.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use http::{Method, StatusCode};
use http_body_util::BodyExt;
use telemetry_prometheus::PrometheusMetricsHandler;
use telemetry_prometheus::opentelemetry::metrics::MeterProvider;
use telemetry_prometheus::opentelemetry_sdk::metrics::SdkMeterProvider;
use tower::Service;

use crate::kit::{Gate, ask, ask_status, bytes_of, get, poll_once, served, soon, text_of};

fn limited(places: usize) -> (PrometheusMetricsHandler, SdkMeterProvider) {
    let (handler, provider) = served();
    (handler.with_max_in_flight(places), provider)
}

async fn is_full(handler: &PrometheusMetricsHandler) -> bool {
    let response = soon(ask(handler, get(&[]))).await;
    let is_full = response.status() == StatusCode::SERVICE_UNAVAILABLE;
    assert!(is_full || response.status() == StatusCode::OK);
    assert_eq!(text_of(response).await.contains("too many scrapes"), is_full);
    is_full
}

#[tokio::test]
async fn px152_beyond_the_limit_there_is_503_at_once() {
    let (handler, _provider) = limited(2);
    let unread = [ask(&handler, get(&[])).await, ask(&handler, get(&[])).await];
    assert!(unread.iter().all(|response| response.status() == StatusCode::OK));

    let mut third = handler.clone().call(get(&[("accept-encoding", "gzip")]));
    let std::task::Poll::Ready(Ok(response)) = poll_once(&mut third) else {
        panic!("there is nothing to wait for");
    };
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(response.headers().get("content-encoding").is_none());
    assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
    // It holds no place itself.
    let [first, _second] = unread;
    drop(first);
    assert!(!is_full(&handler).await);
    drop(response);
}

#[tokio::test]
async fn px152_no_limit_is_0_and_the_default_is_1000() {
    let (handler, _provider) = served();
    let mut unread = Vec::new();
    for _ in 0..1000 {
        unread.push(soon(ask(&handler, get(&[]))).await);
    }
    assert!(unread.iter().all(|response| response.status() == StatusCode::OK));
    assert!(is_full(&handler).await);

    let (handler, _provider) = limited(0);
    for _ in 0..1001 {
        unread.push(soon(ask(&handler, get(&[]))).await);
    }
    assert!(unread.iter().all(|response| response.status() == StatusCode::OK));
}

#[tokio::test]
async fn px152_the_place_is_held_until_the_body_ends() {
    let (handler, _provider) = limited(1);
    let mut body = ask(&handler, get(&[])).await.into_body();
    assert!(is_full(&handler).await);
    assert!(body.frame().await.is_some());
    assert!(body.frame().await.is_none());
    assert!(!is_full(&handler).await, "the body is at its end, but not dropped");
}

#[tokio::test]
async fn px152_the_place_is_held_while_one_copy_of_the_body_is_unread() {
    let (handler, _provider) = limited(1);
    let response = ask(&handler, get(&[])).await;
    let copy = response.body().clone();
    assert!(!bytes_of(response).await.is_empty());
    assert!(is_full(&handler).await);
    drop(copy);
    assert!(!is_full(&handler).await);
}

#[tokio::test]
async fn px150_px152_head_and_errors_hold_their_place_as_long_as_others() {
    let (handler, provider) = limited(1);
    let mut head = get(&[]);
    *head.method_mut() = Method::HEAD;
    let response = ask(&handler, head).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(is_full(&handler).await);
    drop(response);
    assert!(!is_full(&handler).await);

    provider.meter("m").u64_observable_gauge("g").with_callback(|_| panic!("out of order")).build();
    for _ in 0..3 {
        let text = text_of(ask(&handler, get(&[])).await).await;
        assert!(text.ends_with("panic: out of order\n"), "{text}");
    }
}

#[tokio::test]
async fn px152_a_dropped_scrape_gives_its_place_back() {
    let (mut handler, provider) = limited(1);
    let gate = Gate::new(&provider);
    let unpolled = handler.call(get(&[]));
    let mut running = handler.call(get(&[]));
    assert!(poll_once(&mut running).is_pending(), "an unpolled one has no place yet");
    gate.wait();
    assert!(is_full(&handler).await);
    drop((running, unpolled));
    drop(gate);
    assert!(!is_full(&handler).await);
}

#[tokio::test]
async fn px152_a_panic_gives_the_place_back() {
    let (handler, provider) = limited(1);
    provider.meter("m").u64_observable_gauge("g").with_callback(|_| panic!("out of order")).build();
    for _ in 0..3 {
        assert_eq!(ask_status(&handler, &[]).await, StatusCode::INTERNAL_SERVER_ERROR);
    }
}

/// Whoever polls may panic as well, for instance in a layer around the handler.
#[tokio::test]
async fn px152_a_panic_around_the_scrape_gives_the_place_back() {
    let (mut handler, provider) = limited(1);
    let gate = Gate::new(&provider);
    let mut scrape = handler.call(get(&[]));
    let outcome = catch_unwind(AssertUnwindSafe(move || {
        assert!(poll_once(&mut scrape).is_pending());
        panic!("expected");
    }));
    assert!(outcome.is_err());
    drop(gate);
    assert!(!is_full(&handler).await);
}

/// The limit belongs to the handler with which it was set, and its clones.
#[tokio::test]
async fn px152_clones_share_the_limit() {
    let (handler, _provider) = limited(1);
    let unread = ask(&handler.clone(), get(&[])).await;
    assert!(is_full(&handler.clone()).await);
    let other = handler.clone().with_timeout(Duration::from_secs(60));
    assert!(!is_full(&other).await);
    drop(unread);
    assert!(!is_full(&handler).await);
}

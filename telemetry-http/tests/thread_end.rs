//! Requests that end with their thread, when much of what belongs to the thread is gone already.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // Helpers of tests may fail them.

use std::any::Any;
use std::cell::RefCell;
use std::convert::Infallible;
use std::future::pending;
use std::pin::pin;
use std::thread;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use telemetry_core::opentelemetry::trace::TracerProvider;
use telemetry_core::propagation::Propagator;
use telemetry_core::testing::{InMemorySpans, poll_once};
use telemetry_http::{RequestBody, RequestTraceLayer};
use tower::{Layer, Service, service_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;

thread_local! {
    static KEPT: RefCell<Vec<Box<dyn Any>>> = const { RefCell::new(Vec::new()) };
}

async fn never(_: Request<RequestBody<Full<Bytes>>>) -> Result<Response<Full<Bytes>>, Infallible> {
    pending().await
}

/// Leaves a request to what the thread keeps, which is dropped after that which was used later.
fn leave_to_the_thread(layer: &RequestTraceLayer) {
    KEPT.with(|kept| kept.borrow_mut().push(Box::new(())));
    let layer = layer.clone().with_propagator(Propagator::w3c());
    let mut future = Box::pin(layer.layer(service_fn(never)).call(Request::new(Full::default())));
    assert!(poll_once(pin!(&mut future)).is_pending());
    KEPT.with(|kept| kept.borrow_mut().push(Box::new(future)));
}

#[test]
fn sp_58_a_request_that_ends_with_its_thread_ends_its_span() {
    let spans = InMemorySpans::new();
    let layer = RequestTraceLayer::with_tracer_provider(spans.provider());
    thread::spawn(move || leave_to_the_thread(&layer)).join().unwrap();
    assert_eq!(spans.only().attribute("error.type").unwrap().to_string(), "cancelled");
}

#[test]
fn sp_58_so_does_one_of_tracing() {
    let spans = InMemorySpans::new();
    let subscriber = registry().with(tracing_opentelemetry::layer().with_tracer(spans.provider().tracer("tracing")));
    let subscriber = tracing::Dispatch::new(subscriber);
    thread::spawn(move || {
        tracing::dispatcher::with_default(&subscriber, || leave_to_the_thread(&RequestTraceLayer::tracing()));
    })
    .join()
    .unwrap();
    assert_eq!(spans.only().attribute("error.type").unwrap().to_string(), "cancelled");
}

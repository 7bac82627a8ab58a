//! The global provider: this binary has one process, and so one global, to itself.
#![allow(clippy::unwrap_used)] // Helpers of tests may fail them.

use std::convert::Infallible;
use std::future::ready;
use std::pin::pin;

use bytes::Bytes;
use http::{Request, Response};
use telemetry_core::opentelemetry::global;
use telemetry_core::testing::{InMemoryMetrics, poll_once};
use telemetry_http::{RequestBody, RequestMetricsLayer};
use tower::{Layer, Service, service_fn};

type NoBody = http_body_util::Empty<Bytes>;

/// Puts the layer around a service, runs `before`, then sends a request.
fn send(layer: &RequestMetricsLayer, before: impl FnOnce()) {
    let answer = |_: Request<RequestBody<NoBody>>| ready(Ok::<_, Infallible>(Response::new(NoBody::new())));
    let mut service = layer.layer(service_fn(answer));
    before();
    assert!(poll_once(pin!(service.call(Request::new(NoBody::new())))).is_ready());
}

#[test]
fn the_global_provider_is_asked_when_the_first_request_comes() {
    let (early, late) = (InMemoryMetrics::new(), InMemoryMetrics::new());
    let layer = RequestMetricsLayer::new();
    send(&layer, || global::set_meter_provider(early.provider()));
    send(&layer, || global::set_meter_provider(late.provider()));
    assert_eq!(early.snapshot().count("http.server.request.duration", &[]), 2);

    send(&RequestMetricsLayer::default(), || {});
    assert_eq!(late.snapshot().count("http.server.request.duration", &[]), 1);
}

//! What it costs that a span and its metrics agree.

use http_body_util::BodyExt;
use telemetry_core::opentelemetry_sdk::trace::SdkTracerProvider;

use super::{
    Bytes, InMemoryMetrics, Layer, MeterOptions, Request, RequestMetricsLayer, RequestTraceLayer, Response, Service,
};
use crate::{Answering, hello};

const REQUESTS: u64 = 100;

type Empty = http_body_util::Empty<Bytes>;

/// How often each of a hundred requests allocates in the layers around a service, after some that have come before.
fn each_allocates<S, B>(mut service: S) -> f64
where
    S: Service<Request<Empty>, Response = Response<B>, Error = std::convert::Infallible>,
    B: http_body::Body<Error: std::fmt::Debug> + Unpin,
{
    let mut send = |request| {
        let mut body = crate::now(service.call(request)).unwrap().into_body();
        while let Some(frame) = crate::now(body.frame()) {
            frame.unwrap();
        }
    };
    let request = || Request::new(Empty::new());
    (0..10).for_each(|_| send(request()));
    let requests: Vec<_> = (0..REQUESTS).map(|_| request()).collect();
    let counted = allocation_counter::measure(|| requests.into_iter().for_each(&mut send));
    assert!(counted.count_current <= 0, "what has ended is freed: {counted:?}");
    counted.count_total as f64 / REQUESTS as f64
}

#[test]
fn hs_35_a_request_with_both_layers_in_either_order() {
    let metrics = InMemoryMetrics::new();
    let metrics = RequestMetricsLayer::custom(MeterOptions::default().with_meter_provider(metrics.provider()));
    let spans = RequestTraceLayer::with_tracer_provider(SdkTracerProvider::builder().build());
    assert_eq!(each_allocates(metrics.layer(spans.layer(Answering::new(|_| hello())))), 8.0);
    assert_eq!(each_allocates(spans.layer(metrics.layer(Answering::new(|_| hello())))), 8.0);
}

//! What a request allocates because it has a span. No metrics are in this process, so that nothing is shared with them.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // Helpers of tests may fail them.

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::pin::pin;
use std::task::Poll;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use telemetry_core::opentelemetry::trace::TracerProvider;
use telemetry_core::opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, SpanData, SpanProcessor};
use telemetry_core::propagation::Propagator;
use telemetry_core::testing::poll_once;
use telemetry_core::{ConnectionInfo, Transport};
use telemetry_http::{RequestBody, RequestTraceLayer};
use tower::{Layer, Service, service_fn};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;

const REQUESTS: u64 = 100;

fn now<F: Future>(future: F) -> F::Output {
    match poll_once(pin!(future)) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("everything here is ready at once"),
    }
}

/// A request that has all attributes which are on unless told otherwise.
fn request(is_sampled: bool) -> Request<Full<Bytes>> {
    let socket = |text: &str| text.parse::<std::net::SocketAddr>().unwrap();
    let connection = ConnectionInfo::new(Transport::Tcp).with_peer(socket("192.0.2.7:50712"));
    let parent = format!("00-11111111111111111111111111111111-2222222222222222-0{}", u8::from(is_sampled));
    Request::get("/users/42?color=blue")
        .header("host", "shop.example:8080")
        .header("user-agent", "curl/8")
        .header("traceparent", parent)
        .extension(connection)
        .body(Full::default())
        .unwrap()
}

type Answer = Ready<Result<Response<Full<Bytes>>, Infallible>>;

/// How often each of a hundred requests allocates in a layer, after some that have come before.
fn allocations(layer: &RequestTraceLayer, is_sampled: bool) -> f64 {
    let layer = layer.clone().with_propagator(Propagator::w3c()).with_route(|_| Some("/users/{id}".into()));
    let answer = |_: Request<RequestBody<Full<Bytes>>>| -> Answer {
        ready(Ok(Response::new(Full::from(Bytes::from_static(b"hello")))))
    };
    let mut service = layer.layer(service_fn(answer));
    let mut send = |request| {
        let mut body = now(service.call(request)).unwrap().into_body();
        while let Some(frame) = now(body.frame()) {
            frame.unwrap();
        }
    };
    (0..10).for_each(|_| send(request(is_sampled)));
    let requests: Vec<_> = (0..REQUESTS).map(|_| request(is_sampled)).collect();
    let counted = allocation_counter::measure(|| requests.into_iter().for_each(&mut send));
    assert!(counted.count_current <= 0, "what has ended is freed: {counted:?}");
    counted.count_total as f64 / REQUESTS as f64
}

/// Takes spans that have ended, and drops them.
#[derive(Debug)]
struct Dropping;

impl SpanProcessor for Dropping {
    fn on_start(
        &self,
        _: &mut telemetry_core::opentelemetry_sdk::trace::Span,
        _: &telemetry_core::opentelemetry::Context,
    ) {
    }

    fn on_end(&self, span: SpanData) {
        assert_eq!(span.attributes.len(), 13, "{:?}", span.attributes);
    }

    fn force_flush(&self) -> telemetry_core::opentelemetry_sdk::error::OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: std::time::Duration) -> telemetry_core::opentelemetry_sdk::error::OTelSdkResult {
        Ok(())
    }
}

fn provider() -> SdkTracerProvider {
    SdkTracerProvider::builder()
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::AlwaysOn)))
        .with_span_processor(Dropping)
        .build()
}

fn api() -> RequestTraceLayer {
    RequestTraceLayer::with_tracer_provider(provider())
}

/// The same in `tracing`, with a subscriber that exports.
fn exported<T>(test: impl FnOnce(&RequestTraceLayer) -> T) -> T {
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider().tracer("tracing"))
        .with_location(false)
        .with_threads(false)
        .with_target(false);
    tracing::subscriber::with_default(registry().with(layer), || test(&RequestTraceLayer::tracing()))
}

#[test]
fn sp_60_a_span_that_is_not_sampled_allocates_no_attributes() {
    assert_eq!(allocations(&api(), false), 3.0);
}

#[test]
fn a_span_that_is_sampled() {
    assert_eq!(allocations(&api(), true), 6.0);
}

/// One test after the other: `tracing` remembers who has ever wanted a span, also of other threads.
#[test]
fn sp_60_a_span_of_tracing_that_nobody_wants_allocates_nothing() {
    assert_eq!(allocations(&RequestTraceLayer::tracing(), true), 0.0, "nobody is there");
    let nobody = registry().with(LevelFilter::ERROR);
    tracing::subscriber::with_default(nobody, || {
        assert_eq!(allocations(&RequestTraceLayer::tracing(), true), 0.0, "nobody wants it");
    });
    assert_eq!(exported(|layer| allocations(layer, true)), 17.0, "it is exported");
}

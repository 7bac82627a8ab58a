//! What a request allocates because of the layer: nothing, once its series exist.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // Helpers of tests may fail them.

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::pin::pin;
use std::sync::mpsc::channel;
use std::task::Poll;
use std::thread;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use telemetry_core::MeterOptions;
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::testing::{InMemoryMetrics, ScriptedBody, poll_once};
use telemetry_http::RequestMetricsLayer;
use tower::{Layer, Service, service_fn};

const REQUESTS: u64 = 100;
const ROUNDS: u64 = 10;

fn now<F: Future>(future: F) -> F::Output {
    match poll_once(pin!(future)) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("everything here is ready at once"),
    }
}

fn answer<B>(_: Request<B>) -> Ready<Result<Response<Full<Bytes>>, Infallible>> {
    ready(Ok(Response::new(Full::from(Bytes::from_static(b"hello")))))
}

fn request(body: &'static [u8]) -> Request<Full<Bytes>> {
    Request::get("/users/42").body(Full::from(Bytes::from_static(body))).unwrap()
}

/// Allocations of a hundred requests after a first one.
fn allocations<S, B>(mut service: S, request: impl Fn() -> Request<Full<Bytes>>) -> u64
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>, Error = Infallible>,
    B: Body<Error: std::fmt::Debug> + Unpin,
{
    let mut send = || {
        let mut body = now(service.call(request())).unwrap().into_body();
        while let Some(frame) = now(body.frame()) {
            frame.unwrap();
        }
    };
    send();
    allocation_counter::measure(|| (0..REQUESTS).for_each(|_| send())).count_total
}

fn layer(metrics: &InMemoryMetrics) -> RequestMetricsLayer {
    let options = MeterOptions::default().with_meter_provider(metrics.provider());
    RequestMetricsLayer::custom(options).with_route(|_| Some("/users/{id}".into()))
}

#[test]
fn a_request_without_a_body_allocates_nothing_more() {
    let metrics = InMemoryMetrics::new();
    let bare = allocations(service_fn(answer), || request(b""));
    assert_eq!(allocations(layer(&metrics).layer(service_fn(answer)), || request(b"")) - bare, 0);
    assert_eq!(metrics.snapshot().count("http.server.request.duration", &[]), REQUESTS + 1);
}

#[test]
fn fixed_attributes_allocate_nothing_more() {
    let metrics = InMemoryMetrics::new();
    let layer = layer(&metrics).with_attributes([KeyValue::new("shop.region", "eu"), KeyValue::new("a", "b")]);
    let bare = allocations(service_fn(answer), || request(b""));
    assert_eq!(allocations(layer.layer(service_fn(answer)), || request(b"")) - bare, 0);
}

#[test]
fn a_request_with_a_body_allocates_nothing_more() {
    let metrics = InMemoryMetrics::new();
    let bare = allocations(service_fn(answer), || request(b"upload"));
    assert_eq!(allocations(layer(&metrics).layer(service_fn(answer)), || request(b"upload")) - bare, 0);
}

/// Allocations of the thread on which a hundred requests begin, when others have begun there before, which have ended on
/// another thread.
fn allocations_of_beginnings<S, B>(mut service: S, upload: &'static [u8]) -> u64
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>, Error = Infallible>,
    B: Send + 'static,
{
    let (responses, ending) = channel::<Vec<Response<B>>>();
    let (ended, has_ended) = channel();
    let other = thread::spawn(move || {
        for responses in ending {
            drop(responses);
            ended.send(()).unwrap();
        }
    });
    let mut allocations = 0;
    // Each thread keeps some of it for itself at first.
    for _ in 0..ROUNDS {
        let mut begun = Vec::with_capacity(REQUESTS as usize);
        let mut begin = || (0..REQUESTS).for_each(|_| begun.push(now(service.call(request(upload))).unwrap()));
        allocations = allocation_counter::measure(&mut begin).count_total;
        responses.send(begun).unwrap();
        has_ended.recv().unwrap();
    }
    drop(responses);
    other.join().unwrap();
    allocations
}

#[test]
fn requests_that_end_on_another_thread_allocate_nothing_more() {
    let metrics = InMemoryMetrics::new();
    for upload in [&b""[..], b"upload"] {
        let bare = allocations_of_beginnings(service_fn(answer), upload);
        assert_eq!(allocations_of_beginnings(layer(&metrics).layer(service_fn(answer)), upload) - bare, 0);
    }
    assert_eq!(metrics.snapshot().count("http.server.request.duration", &[]), 2 * ROUNDS * REQUESTS);
}

fn call() -> Request<Full<Bytes>> {
    let request = Request::post("http://shop.example/shop.Cart/Add").header("content-type", "application/grpc");
    request.body(Full::default()).unwrap()
}

fn answer_call<B>(_: Request<B>) -> Ready<Result<Response<ScriptedBody>, Infallible>> {
    let trailers = HeaderMap::from_iter([(HeaderName::from_static("grpc-status"), HeaderValue::from_static("0"))]);
    ready(Ok(Response::new(ScriptedBody::new().data("hello").trailers(trailers))))
}

#[test]
fn rpc_a_call_allocates_nothing_more() {
    let metrics = InMemoryMetrics::new();
    let layer = RequestMetricsLayer::custom(MeterOptions::default().with_meter_provider(metrics.provider()));
    let bare = allocations(service_fn(answer_call), call);
    assert_eq!(allocations(layer.with_grpc().layer(service_fn(answer_call)), call) - bare, 0);
    let expected = [("rpc.method", "shop.Cart/Add"), ("rpc.status_code", "OK")];
    assert_eq!(metrics.snapshot().count("rpc.server.call.duration", &expected), REQUESTS + 1);
}

#[cfg(feature = "client")]
#[test]
fn rpc_a_call_of_a_client_allocates_nothing_more() {
    let metrics = InMemoryMetrics::new();
    let options = MeterOptions::default().with_meter_provider(metrics.provider());
    let layer = telemetry_http::ClientMetricsLayer::custom(options).with_grpc();
    let bare = allocations(service_fn(answer_call), call);
    assert_eq!(allocations(layer.layer(service_fn(answer_call)), call) - bare, 0);
    let expected = [("rpc.method", "shop.Cart/Add"), ("server.address", "shop.example")];
    assert_eq!(metrics.snapshot().count("rpc.client.call.duration", &expected), REQUESTS + 1);
}

#[cfg(feature = "axum")]
#[test]
fn the_route_of_a_router_is_shared_not_copied() {
    use axum::extract::MatchedPath;

    // Only a router can make a `MatchedPath`, so one is asked for it.
    let (sender, receiver) = channel();
    let handler = move |path: MatchedPath| {
        let sent = sender.send(path);
        async move { sent.unwrap() }
    };
    let mut router = axum::Router::new().route("/users/{id}", axum::routing::get(handler));
    now(router.call(Request::get("/users/42").body(axum::body::Body::empty()).unwrap())).unwrap();
    let path = receiver.recv().unwrap();
    let request = || {
        let mut request = request(b"");
        request.extensions_mut().insert(path.clone());
        request
    };

    let metrics = InMemoryMetrics::new();
    let layer = RequestMetricsLayer::custom(MeterOptions::default().with_meter_provider(metrics.provider()));
    let bare = allocations(service_fn(answer), request);
    assert_eq!(allocations(layer.layer(service_fn(answer)), request) - bare, 0);
    let snapshot = metrics.snapshot();
    assert_eq!(snapshot.count("http.server.request.duration", &[("http.route", "/users/{id}")]), REQUESTS + 1);
}

#[cfg(feature = "trace")]
#[test]
fn cp_12_an_exemplar_of_a_series_that_has_some_allocates_nothing() {
    use telemetry_core::exemplar::{ExemplarFilter, ExemplarStore};
    use telemetry_core::opentelemetry::trace::{SpanContext, TraceContextExt, TraceFlags, TraceState};
    use telemetry_core::opentelemetry::{Context, InstrumentationScope, SpanId, TraceId};

    let span = |span: u64| {
        let (trace, span, flags) = (TraceId::from(0xdecaf), SpanId::from(span), TraceFlags::SAMPLED);
        Context::new().with_remote_span_context(SpanContext::new(trace, span, flags, true, TraceState::default()))
    };
    let metrics = InMemoryMetrics::new();
    let store = ExemplarStore::builder().with_filter(ExemplarFilter::TraceBased).build();
    let layer = RequestMetricsLayer::with_meter(metrics.meter("shop")).with_exemplars(store.clone());
    let mut service = layer.with_route(|_| Some("/users/{id}".into())).layer(service_fn(answer));
    let spans: Vec<_> = (1..=REQUESTS).map(span).collect();
    let mut send = |span: &Context, request| {
        let _current = span.clone().attach();
        let mut body = now(service.call(request)).unwrap().into_body();
        while let Some(frame) = now(body.frame()) {
            frame.unwrap();
        }
    };
    send(&span(1), request(b""));
    let requests: Vec<_> = spans.iter().map(|_| request(b"")).collect();
    let counted = allocation_counter::measure(|| {
        for (span, request) in spans.iter().zip(requests) {
            send(span, request);
            let millisecond = std::time::Instant::now();
            while millisecond.elapsed().as_millis() < 2 {
                std::hint::spin_loop();
            }
        }
    });
    assert_eq!(counted.count_total, 0);

    let attributes = [
        KeyValue::new("http.request.method", "GET"),
        KeyValue::new("http.response.status_code", 200),
        KeyValue::new("http.route", "/users/{id}"),
        KeyValue::new("network.protocol.version", "1.1"),
        KeyValue::new("url.scheme", "http"),
    ];
    let found = store.find(&InstrumentationScope::default(), "http.server.request.duration", &attributes).unwrap();
    let mut last = Vec::new();
    found.visit(|exemplar| last.push(exemplar.span_id()));
    assert!(last.contains(&SpanId::from(REQUESTS)), "the last one was kept: {last:?}");
}

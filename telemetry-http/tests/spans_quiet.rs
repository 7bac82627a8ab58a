//! Spans of `tracing` that no subscriber wants. What `tracing` keeps of that is the process's, so this binary has no
//! others.
#![allow(clippy::unwrap_used)]

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Empty, Full};
use telemetry_core::opentelemetry::trace::{TraceContextExt, TracerProvider};
use telemetry_core::opentelemetry::{Context, KeyValue};
use telemetry_core::propagation::Propagator;
use telemetry_core::testing::InMemorySpans;
use telemetry_core::{AttributesFactory, ConnectionInfo, Transport};
use telemetry_http::{ClientTraceLayer, RequestBody, RequestTraceLayer, Resends};
use tower::{Layer, Service, ServiceExt, service_fn};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;

const TRACEPARENT: &str = "00-11111111111111111111111111111111-2222222222222222-01";

type Incoming = Request<RequestBody<Empty<Bytes>>>;

async fn send<S, B>(service: S, request: http::request::Builder)
where
    S: Service<Request<Empty<Bytes>>, Response = Response<B>, Error = Infallible>,
    B: http_body::Body<Data = Bytes, Error: std::fmt::Debug>,
{
    let request = request.body(Empty::new()).unwrap();
    let response = service.oneshot(request).await.unwrap();
    assert_eq!(response.collect().await.unwrap().to_bytes(), "hello");
}

/// The headers that a client sends.
async fn sent(layer: &ClientTraceLayer, request: http::request::Builder) -> HeaderMap {
    let headers = std::sync::Mutex::new(HeaderMap::new());
    let remote = service_fn(|request: Incoming| {
        headers.lock().unwrap().clone_from(request.headers());
        std::future::ready(Ok(Response::new(Full::from("hello"))))
    });
    send(layer.layer(remote), request).await;
    headers.into_inner().unwrap()
}

/// With the three ways not to want our spans: a level, a filter, and no subscriber.
fn unwanted(test: impl AsyncFn()) {
    let kept = InMemorySpans::new();
    let exporting = || tracing_opentelemetry::layer().with_tracer(kept.provider().tracer("tracing"));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let run = || runtime.block_on(test());
    let level = registry().with(exporting()).with(LevelFilter::WARN);
    tracing::subscriber::with_default(level, run);
    let target = filter_fn(|metadata| metadata.target() != "telemetry_http");
    tracing::subscriber::with_default(registry().with(exporting()).with(target), run);
    run();
    assert!(kept.finished().is_empty());
}

#[test]
fn sp_60_nothing_is_done_for_a_span_that_no_subscriber_wants() {
    let calls = Arc::new(AtomicUsize::new(0));
    unwanted(async || {
        let count = || {
            let calls = Arc::clone(&calls);
            move || {
                calls.fetch_add(1, Ordering::Relaxed);
            }
        };
        let [scrub, name, attributes, response] = [count(), count(), count(), count()];
        let layer = RequestTraceLayer::tracing()
            .with_propagator(Propagator::w3c())
            .with_labels()
            .with_sampler_attributes()
            .with_url_scrubber(move |_| {
                scrub();
                None
            })
            .with_span_name(move |_| {
                name();
                None
            })
            .with_attributes(AttributesFactory::from_fn(move |_| {
                attributes();
                vec![KeyValue::new("shop.plan", "gold")]
            }))
            .with_response_attributes(move |_| {
                response();
                Vec::new()
            });
        let handler = service_fn(async |_: Incoming| {
            assert!(tracing::Span::current().is_none() && !Context::current().has_active_span());
            Ok(Response::new(Full::from("hello")))
        });
        let info = ConnectionInfo::new(Transport::Tcp);
        send(layer.layer(handler), Request::get("/users/42?a=b").extension(info)).await;
    });
    assert_eq!(calls.load(Ordering::Relaxed), 0);
}

#[test]
fn cp_03_cp_04_a_client_whose_spans_nobody_wants_tells_the_current_one() {
    unwanted(async || {
        let layer = ClientTraceLayer::tracing().with_propagator(Propagator::w3c());
        let get = || Request::get("http://shop.example/").extension(Resends::default());
        assert!(sent(&layer, get()).await.is_empty());
        assert_eq!(sent(&layer, get().header("traceparent", "stale")).await["traceparent"], "stale");

        let around = Request::get("/").header("traceparent", TRACEPARENT).body(()).unwrap();
        let _current = Propagator::w3c().extract(around.headers()).attach();
        let headers = sent(&layer, get().header("traceparent", "stale")).await;
        assert_eq!(headers.get_all("traceparent").iter().collect::<Vec<_>>(), [TRACEPARENT]);
    });
}

#[test]
fn sp_60_spans_of_the_api_do_not_ask_the_subscriber() {
    let kept = InMemorySpans::new();
    unwanted(async || {
        let layer = RequestTraceLayer::with_tracer_provider(kept.provider()).with_propagator(Propagator::w3c());
        let handler = service_fn(async |_: Incoming| Ok(Response::new(Full::from("hello"))));
        send(layer.layer(handler), Request::get("/")).await;
    });
    assert_eq!(kept.finished().len(), 3);
}

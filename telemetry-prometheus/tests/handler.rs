//! Scrapes over HTTP.
#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod support;

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Waker};

use axum::Router;
use axum::body::Body as AxumBody;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use prometheus::{IntGauge, Registry};
use support::{bare, provider};
use telemetry_prometheus::opentelemetry::metrics::{AsyncInstrument, MeterProvider};
use telemetry_prometheus::opentelemetry_sdk::metrics::SdkMeterProvider;
use telemetry_prometheus::{MetricsBody, PrometheusExporter, PrometheusMetricsHandler};
use tower::{Service, ServiceExt};

const TEXT: &str = "# TYPE c_total counter\nc_total 1\n";
const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";

fn served() -> (PrometheusMetricsHandler, SdkMeterProvider) {
    let exporter = bare().build();
    let provider = provider(&exporter);
    provider.meter("m").u64_counter("c").build().add(1, &[]);
    (PrometheusMetricsHandler::new(exporter), provider)
}

/// The body type of a request does not matter, nor whether it can be sent to another thread.
fn request(method: Method) -> Request<std::rc::Rc<()>> {
    let mut request = Request::new(std::rc::Rc::new(()));
    *request.method_mut() = method;
    request
}

async fn ask(handler: &PrometheusMetricsHandler, method: Method) -> Response<MetricsBody> {
    let Ok(response) = handler.clone().oneshot(request(method)).await;
    response
}

async fn text_of(response: Response<MetricsBody>) -> String {
    let Ok(body) = response.into_body().collect().await;
    String::from_utf8(body.to_bytes().into()).unwrap()
}

fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

fn header<'r, B>(response: &'r Response<B>, name: &str) -> &'r str {
    response.headers()[name].to_str().unwrap()
}

#[tokio::test]
async fn px140_px143_px150_get_gives_the_metrics() {
    let (handler, _provider) = served();
    let response = ask(&handler, Method::GET).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(header(&response, "content-type"), CONTENT_TYPE);
    assert_eq!(header(&response, "content-length"), TEXT.len().to_string());
    assert_eq!(response.body().size_hint().exact(), Some(TEXT.len() as u64));
    assert!(!response.body().is_end_stream());
    assert_eq!(text_of(response).await, TEXT);
}

#[tokio::test]
async fn px150_head_gives_the_same_headers_and_no_body() {
    let (handler, _provider) = served();
    let get = ask(&handler, Method::GET).await;
    let head = ask(&handler, Method::HEAD).await;
    assert_eq!(head.status(), StatusCode::OK);
    assert_eq!(head.headers(), get.headers());
    assert!(head.body().is_end_stream());
    assert_eq!(text_of(head).await, "");
}

#[tokio::test]
async fn px150_other_methods_are_refused() {
    let (handler, _provider) = served();
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
        let response = ask(&handler, method).await;
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(header(&response, "allow"), "GET, HEAD");
        assert!(text_of(response).await.starts_with("metrics are read with GET"));
    }
}

/// PX-04, PX-154.
#[tokio::test]
async fn px154_after_the_shutdown_a_scrape_gets_an_error() {
    let (handler, provider) = served();
    provider.shutdown().unwrap();
    let response = ask(&handler, Method::GET).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(header(&response, "content-type"), "text/plain; charset=utf-8");
    let length = header(&response, "content-length").to_owned();
    let text = text_of(response).await;
    assert_eq!(length, text.len().to_string());
    assert!(text.contains("is gone"), "{text}");

    let response = ask(&handler, Method::HEAD).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(header(&response, "content-length"), length);
    assert_eq!(text_of(response).await, "");
}

#[tokio::test]
async fn px153_a_panic_in_a_callback_becomes_500_for_that_scrape() {
    let (handler, provider) = served();
    let is_broken = Arc::new(AtomicBool::new(true));
    let breaks = Arc::clone(&is_broken);
    provider
        .meter("m")
        .u64_observable_gauge("g")
        .with_callback(move |_| assert!(!breaks.load(Ordering::Relaxed), "out of order"))
        .build();

    let response = ask(&handler, Method::GET).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let text = text_of(response).await;
    assert!(text.ends_with("panic: out of order\n"), "{text}");
    assert!(!text.contains("c_total"), "nothing partial: {text}");

    is_broken.store(false, Ordering::Relaxed);
    assert_eq!(text_of(ask(&handler, Method::GET).await).await, TEXT);
}

#[tokio::test]
async fn with_registry_adds_its_families() {
    let registry = Registry::new();
    registry.register(Box::new(IntGauge::new("legacy", "Help.").unwrap())).unwrap();
    let (handler, _provider) = served();
    let handler = handler.with_registry(registry);
    let text = text_of(ask(&handler, Method::GET).await).await;
    assert_eq!(text, format!("{TEXT}# HELP legacy Help.\n# TYPE legacy gauge\nlegacy 0\n"));
}

/// PX-160: the collection must not run on the thread that polls.
#[tokio::test]
async fn collecting_leaves_the_workers_of_the_runtime_alone() {
    let (handler, provider) = served();
    let (release, wait) = mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    provider.meter("m").u64_observable_gauge("g").with_callback(move |_| wait.lock().unwrap().recv().unwrap()).build();

    // On this runtime of one thread, the scrape could never end if its callback held the thread.
    let scrape = ask(&handler, Method::GET);
    let other = async { release.send(()).unwrap() };
    let (response, ()) = tokio::join!(scrape, other);
    assert_eq!(response.status(), StatusCode::OK);
}

/// A client that gives up must not leave work behind that nobody waits for.
#[test]
fn a_dropped_request_leaves_the_queue() {
    let (mut handler, provider) = served();
    let calls = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&calls);
    let count = move |_: &dyn AsyncInstrument<u64>| {
        counted.fetch_add(1, Ordering::Relaxed);
    };
    provider.meter("m").u64_observable_gauge("g").with_callback(count).build();

    // The only thread for blocking tasks is busy while the requests come and go.
    let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
    let (release, wait) = mpsc::channel::<()>();
    let busy = runtime.spawn_blocking(move || wait.recv());
    let text = runtime.block_on(async {
        drop(handler.call(request(Method::GET)));
        let mut polled = handler.call(request(Method::GET));
        assert!(poll_once(&mut polled).is_pending());
        drop(polled);
        release.send(()).unwrap();
        busy.await.unwrap().unwrap();
        text_of(ask(&handler, Method::GET).await).await
    });
    assert_eq!(text, TEXT);
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_request_that_is_dropped_during_its_collection_does_no_harm() {
    let (mut handler, provider) = served();
    let (started, entered) = mpsc::channel();
    let (release, wait) = mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let callback = move |_: &dyn AsyncInstrument<u64>| {
        started.send(()).unwrap();
        wait.lock().unwrap().recv().unwrap();
    };
    provider.meter("m").u64_observable_gauge("g").with_callback(callback).build();

    let mut polled = handler.call(request(Method::GET));
    assert!(poll_once(&mut polled).is_pending());
    entered.recv().unwrap();
    drop(polled);
    (0..2).for_each(|_| release.send(()).unwrap());
    assert_eq!(text_of(ask(&handler, Method::GET).await).await, TEXT);
}

#[test]
fn a_scrape_at_the_end_of_the_runtime_is_told_so() {
    let (mut handler, _provider) = served();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let handle = runtime.handle().clone();
    runtime.shutdown_background();
    let _entered = handle.enter();

    let mut future = handler.call(request(Method::GET));
    let Poll::Ready(Ok(response)) = poll_once(&mut future) else {
        panic!("there is nothing to wait for");
    };
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(header(&response, "content-type"), "text/plain; charset=utf-8");
    let mut body = Box::pin(text_of(response));
    assert_eq!(poll_once(&mut body), Poll::Ready("the runtime is shutting down\n".to_owned()));
}

#[test]
fn without_a_runtime_the_scrape_runs_in_the_call() {
    let (mut handler, _provider) = served();
    let mut future = handler.call(request(Method::GET));
    let Poll::Ready(Ok(response)) = poll_once(&mut future) else {
        panic!("there is nothing to wait for");
    };
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test]
async fn it_is_mounted_in_axum() {
    let (handler, _provider) = served();
    let app: Router = Router::new().route_service("/metrics", handler);
    let request = Request::get("/metrics").body(AxumBody::empty()).unwrap();
    let response = app.oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(header(&response, "content-type"), CONTENT_TYPE);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, TEXT);
}

/// A real HTTP/1.1 connection, in memory: framing is hyper's, and `HEAD` keeps the length of `GET`.
#[tokio::test]
async fn it_serves_under_plain_hyper() {
    let (handler, _provider) = served();
    let (client, server) = tokio::io::duplex(4096);
    tokio::spawn(
        hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(server), TowerToHyperService::new(handler)),
    );
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(client)).await.unwrap();
    tokio::spawn(connection);

    for (method, expected) in [(Method::GET, TEXT), (Method::HEAD, ""), (Method::GET, TEXT)] {
        let mut request = Request::new(Empty::<Bytes>::new());
        *request.method_mut() = method;
        let response = sender.send_request(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(header(&response, "content-length"), TEXT.len().to_string());
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, expected);
    }
}

#[tokio::test]
async fn many_handlers_of_one_exporter_scrape_in_parallel() {
    let (handler, _provider) = served();
    let scrapes: Vec<_> = (0..32).map(|_| tokio::spawn(handler.clone().oneshot(Request::new(())))).collect();
    for scrape in scrapes {
        let Ok(response) = scrape.await.unwrap();
        assert_eq!(text_of(response).await, TEXT);
    }
}

#[test]
fn a_handler_of_an_exporter_without_provider_can_be_made() {
    let handler = PrometheusMetricsHandler::new(PrometheusExporter::new());
    assert!(format!("{handler:?}").contains("PrometheusMetricsHandler"));
}

//! Scrapes that fail, and what they leave to the next.

use std::panic::panic_any;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use http::{Method, StatusCode};
use telemetry_prometheus::opentelemetry::KeyValue;
use telemetry_prometheus::opentelemetry::metrics::{AsyncInstrument, MeterProvider};
use telemetry_prometheus::{PrometheusExporter, PrometheusMetricsHandler};
use tokio::runtime::{Builder, Handle};
use tracing::subscriber::{set_default, with_default};

use crate::kit::{TEXT, ask, get, header, page_of, served, soon, text_of};
use crate::support::{bare, provider_with, resource};

#[tokio::test]
async fn px147_px153_px154_a_panic_in_a_callback_becomes_500_for_that_scrape() {
    let (handler, provider) = served();
    let is_broken = Arc::new(AtomicBool::new(true));
    let breaks = Arc::clone(&is_broken);
    provider
        .meter("m")
        .u64_observable_gauge("g")
        .with_callback(move |_| assert!(!breaks.load(Ordering::SeqCst), "out of order"))
        .build();

    for accept in ["text/plain", "application/openmetrics-text"] {
        let response = ask(&handler, get(&[("accept", accept), ("accept-encoding", "gzip, zstd")])).await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(header(&response, "content-type"), "text/plain; charset=utf-8");
        assert!(response.headers().get("content-encoding").is_none());
        let length = header(&response, "content-length").to_owned();
        let text = text_of(response).await;
        assert_eq!(length, text.len().to_string());
        assert!(text.ends_with("panic: out of order\n"), "{text}");
        assert!(!text.contains("c_total"), "nothing partial: {text}");
    }

    is_broken.store(false, Ordering::SeqCst);
    assert_eq!(page_of(&handler).await, TEXT);
}

#[tokio::test]
async fn px04_px154_after_a_last_collection_that_failed_a_scrape_gets_an_error() {
    let (handler, provider) = served();
    provider.meter("m").u64_observable_gauge("g").with_callback(|_| panic!("out of order")).build();
    assert!(provider.shutdown().is_err());
    let response = ask(&handler, get(&[("accept-encoding", "gzip, zstd")])).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(header(&response, "content-type"), "text/plain; charset=utf-8");
    assert!(response.headers().get("content-encoding").is_none());
    let length = header(&response, "content-length").to_owned();
    let text = text_of(response).await;
    assert_eq!(length, text.len().to_string());
    assert!(text.contains("is gone"), "{text}");

    let mut head = get(&[]);
    *head.method_mut() = Method::HEAD;
    let response = ask(&handler, head).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(header(&response, "content-length"), length);
    assert_eq!(text_of(response).await, "");
}

#[tokio::test]
async fn px04_an_exporter_without_provider_is_unavailable() {
    let handler = PrometheusMetricsHandler::new(PrometheusExporter::new());
    assert!(format!("{handler:?}").contains("PrometheusMetricsHandler"));
    let response = ask(&handler, get(&[])).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(text_of(response).await.contains("with_reader"));
}

/// It would wait for the callback that it is in.
#[tokio::test]
async fn px04_a_scrape_inside_of_a_callback_fails_cleanly() {
    let (handler, provider) = served();
    let inner = handler.clone();
    let callback = move |observer: &dyn AsyncInstrument<u64>| {
        // Without a limit, one that waited would do so for ever.
        let request = get(&[("x-prometheus-scrape-timeout-seconds", "1")]);
        let status = Handle::current().block_on(ask(&inner, request)).status();
        observer.observe(u64::from(status.as_u16()), &[]);
    };
    provider.meter("m").u64_observable_gauge("status").with_callback(callback).build();
    assert_eq!(soon(page_of(&handler)).await, format!("{TEXT}# TYPE status gauge\nstatus 500\n"));
}

#[tokio::test]
async fn px153_a_panic_that_panics_again_when_it_is_dropped_fails_one_scrape() {
    struct Bomb(bool);
    impl Drop for Bomb {
        fn drop(&mut self) {
            assert!(!self.0, "again");
        }
    }

    let (handler, provider) = served();
    let calls = AtomicUsize::new(0);
    let callback = move |_: &dyn AsyncInstrument<u64>| {
        if calls.fetch_add(1, Ordering::SeqCst) == 0 {
            panic_any(Bomb(true));
        }
    };
    provider.meter("m").u64_observable_gauge("g").with_callback(callback).build();
    let response = soon(ask(&handler, get(&[]))).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(soon(page_of(&handler)).await, TEXT);
}

#[tokio::test]
async fn px153_a_panic_while_the_page_is_written_fails_its_scrapes_only() {
    let is_broken = Arc::new(AtomicBool::new(true));
    let breaks = Arc::clone(&is_broken);
    let select = move |_: &str| {
        assert!(!breaks.load(Ordering::SeqCst), "out of order");
        true
    };
    let exporter = bare().with_resource_labels(select).build();
    let provider = provider_with(&exporter, |builder| builder.with_resource(resource([KeyValue::new("k", "v")])));
    provider.meter("m").u64_gauge("g").build().record(1, &[]);
    let handler = PrometheusMetricsHandler::new(exporter);
    for _ in 0..2 {
        let response = soon(ask(&handler, get(&[]))).await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(text_of(response).await.ends_with("panic: out of order\n"));
    }
    is_broken.store(false, Ordering::SeqCst);
    assert_eq!(soon(page_of(&handler)).await, "# TYPE g gauge\ng{k=\"v\"} 1\n");
}

/// Panics at each event.
struct Broken;

impl tracing::Subscriber for Broken {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target().starts_with("telemetry_prometheus")
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn event(&self, _: &tracing::Event<'_>) {
        panic!("the log is full");
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn px153_a_subscriber_that_panics_fails_one_scrape() {
    // All threads of the runtime log to it, for as long as they live.
    let log = || std::mem::forget(set_default(Broken));
    let runtime = Builder::new_current_thread().enable_all().on_thread_start(log).build().unwrap();
    let (handler, provider) = served();
    // Two series with the same labels: a warning while the page is written, once.
    provider.meter("other").u64_counter("c").build().add(2, &[]);
    let (response, page) = with_default(Broken, || {
        runtime.block_on(async { (soon(ask(&handler, get(&[]))).await, soon(page_of(&handler)).await) })
    });
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(runtime.block_on(text_of(response)).ends_with("panic: the log is full\n"));
    assert_eq!(page, TEXT);
}

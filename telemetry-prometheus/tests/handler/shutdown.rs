//! Scrapes around the end of the meter provider.

use std::time::Duration;

use http::StatusCode;
use telemetry_prometheus::PrometheusMetricsHandler;
use telemetry_prometheus::opentelemetry::metrics::MeterProvider;
use telemetry_prometheus::opentelemetry_sdk::metrics::reader::MetricReader;
use tokio::runtime::Builder;

use crate::kit::{
    Gate, OPEN_METRICS, PROTOBUF_TYPE, TEXT, ask, bytes_of, get, header, page_of, poll_once, served, soon, text_of,
    until,
};
use crate::support::{bare, provider};

#[tokio::test]
async fn px04_px141_the_last_page_is_negotiated_like_any_other() {
    let (handler, provider) = served();
    provider.shutdown().unwrap();
    assert_eq!(page_of(&handler).await, TEXT);
    let response = ask(&handler, get(&[("accept", "application/openmetrics-text;version=1.0.0")])).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(text_of(response).await, OPEN_METRICS);
    let response = ask(&handler, get(&[("accept", PROTOBUF_TYPE)])).await;
    assert!(header(&response, "content-type").starts_with("application/vnd.google.protobuf"));
    assert!(!bytes_of(response).await.is_empty());
    #[cfg(feature = "gzip")]
    {
        let response = ask(&handler, get(&[("accept-encoding", "gzip")])).await;
        assert_eq!(header(&response, "content-encoding"), "gzip");
        assert_eq!(bytes_of(response).await[..2], [0x1f, 0x8b]);
    }
}

/// The only worker is blocked by the shutdown while scrapes wait for it and for the callback.
#[test]
fn px04_scrapes_that_wait_on_the_thread_of_the_shutdown_are_answered() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let (handler, provider) = served();
    let gate = Gate::new(&provider);
    runtime.block_on(async {
        let scrapes = [(); 2].map(|()| {
            let handler = handler.clone();
            tokio::spawn(async move { page_of(&handler).await })
        });
        tokio::task::yield_now().await;
        tokio::task::spawn_blocking({
            // Once for the scrapes and once for the shutdown, which waits for the SDK's lock meanwhile.
            move || {
                for _ in 0..2 {
                    gate.wait();
                    gate.open();
                }
            }
        });
        provider.shutdown().unwrap();
        for scrape in scrapes {
            assert_eq!(soon(scrape).await.unwrap(), TEXT);
        }
        assert_eq!(soon(page_of(&handler)).await, TEXT);
    });
}

#[tokio::test]
async fn px04_scrapes_that_wait_for_a_callback_that_hangs_are_answered_at_the_end() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    provider.meter("m").u64_counter("c").build().add(1, &[]);
    let handler = PrometheusMetricsHandler::new(exporter.clone());
    let gate = Gate::new(&provider);
    let mut waiting = Box::pin(ask(&handler, get(&[])));
    assert!(poll_once(&mut waiting).is_pending());
    gate.wait();

    assert!(exporter.shutdown_with_timeout(Duration::from_millis(20)).is_err());
    let [waited, came_later] = [soon(waiting).await, soon(ask(&handler, get(&[]))).await];
    for response in [waited, came_later] {
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(text_of(response).await.contains("is gone"));
    }
    drop(gate);
    until(async || ask(&handler, get(&[])).await.status() == StatusCode::OK).await;
    assert_eq!(page_of(&handler).await, TEXT);
}

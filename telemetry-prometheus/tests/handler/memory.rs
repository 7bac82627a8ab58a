//! What a scrape leaves behind, and what handlers share.

use std::sync::Arc;

use prometheus::{IntGauge, Registry};
use telemetry_prometheus::PrometheusMetricsHandler;
use telemetry_prometheus::opentelemetry::KeyValue;
use telemetry_prometheus::opentelemetry::metrics::MeterProvider;
use tower::Service;

use crate::kit::{Gate, TEXT, ask, get, page_of, poll_once, served, soon, text_of, until};
use crate::support::{bare, provider};

#[tokio::test]
async fn px153_what_was_collected_is_freed_after_the_last_page() {
    let (mut handler, provider) = served();
    let label: Arc<str> = "a label that is long enough not to be copied".into();
    provider.meter("m").u64_gauge("g").build().record(1, &[KeyValue::new("k", Arc::clone(&label))]);
    let gate = Gate::new(&provider);
    let before = Arc::strong_count(&label);

    for _ in 0..2 {
        let mut scrapes = [(); 4].map(|()| handler.call(get(&[])));
        assert!(scrapes.iter_mut().all(|scrape| poll_once(scrape).is_pending()));
        gate.wait();
        gate.open();
        let [first, second, third, dropped] = scrapes;
        drop(dropped);
        for scrape in [first, second, third] {
            let Ok(response) = soon(scrape).await;
            // The page itself lives as long as somebody reads it.
            assert!(text_of(response).await.contains(&*label));
        }
        until(async || Arc::strong_count(&label) == before).await;
    }

    // Nobody waits for this one at its end.
    let mut dropped = handler.call(get(&[]));
    assert!(poll_once(&mut dropped).is_pending());
    gate.wait();
    drop(dropped);
    gate.open();
    until(async || Arc::strong_count(&label) == before).await;
}

#[cfg(feature = "gzip")]
#[tokio::test]
async fn px153_a_page_is_freed_with_its_last_response() {
    use crate::kit::bytes_of;

    let (mut handler, provider) = served();
    let gate = Gate::new(&provider);
    let mut scrapes = [(); 2].map(|()| handler.call(get(&[("accept-encoding", "gzip")])));
    assert!(scrapes.iter_mut().all(|scrape| poll_once(scrape).is_pending()));
    gate.wait();
    gate.open();
    let [first, second] = scrapes;
    let Ok(first) = soon(first).await;
    let Ok(second) = soon(second).await;
    let (first, second) = (bytes_of(first).await, bytes_of(second).await);
    assert_eq!(first.as_ptr(), second.as_ptr());
    assert!(!first.is_unique());
    drop(second);
    until(async || first.is_unique()).await;
}

/// What came first stays, for each of them: the order of one is not that of the other.
#[tokio::test]
async fn px105_handlers_with_different_registries_do_not_disturb_each_other() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    let registry = Registry::new();
    registry.register(Box::new(IntGauge::new("x_total", "Help.").unwrap())).unwrap();
    let plain = PrometheusMetricsHandler::new(exporter);
    let with_registry = plain.clone().with_registry(registry);

    let gauge = "# HELP x_total Help.\n# TYPE x_total gauge\nx_total 0\n";
    assert_eq!(page_of(&with_registry).await, gauge);
    provider.meter("m").u64_counter("x").build().add(1, &[]);
    for _ in 0..3 {
        assert_eq!(page_of(&plain).await, "# TYPE x_total counter\nx_total 1\n");
        assert_eq!(page_of(&with_registry.clone()).await, gauge);
    }
}

#[tokio::test]
async fn with_registry_adds_its_families() {
    let (mut handler, _provider) = served();
    let mut expected = TEXT.to_owned();
    for name in ["legacy", "more"] {
        let registry = Registry::new();
        registry.register(Box::new(IntGauge::new(name, "Help.").unwrap())).unwrap();
        handler = handler.with_registry(registry);
        expected.push_str(&format!("# HELP {name} Help.\n# TYPE {name} gauge\n{name} 0\n"));
    }
    assert_eq!(page_of(&handler).await, expected);
}

/// A frame has 64 KiB at most, and no byte gets lost between frames.
#[tokio::test]
async fn px149_a_large_page_comes_in_frames() {
    use http_body::Body;
    use http_body_util::BodyExt;

    let (handler, provider) = served();
    let gauge = provider.meter("m").u64_gauge("g").build();
    (0..1000).for_each(|i| gauge.record(i, &[KeyValue::new("k", format!("{i:01000}"))]));
    let whole = page_of(&handler).await;
    assert!(whole.len() > 5 * 64 * 1024);

    let mut body = ask(&handler, get(&[])).await.into_body();
    let mut bytes = Vec::new();
    while let Some(Ok(frame)) = body.frame().await {
        let frame = frame.into_data().unwrap();
        assert!(!frame.is_empty() && frame.len() <= 64 * 1024);
        bytes.extend_from_slice(&frame);
        assert_eq!(body.size_hint().exact(), Some((whole.len() - bytes.len()) as u64));
        assert_eq!(body.is_end_stream(), bytes.len() == whole.len());
    }
    assert_eq!(bytes, whole.as_bytes());
}

//! Scrapes that share a collection.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};

use http::StatusCode;
use telemetry_prometheus::opentelemetry::KeyValue;
use telemetry_prometheus::opentelemetry::metrics::MeterProvider;
use telemetry_prometheus::{PrometheusMetricsHandler, ScrapeFuture};
use tokio::runtime::Builder;
use tower::Service;

use crate::kit::{Gate, OPEN_METRICS, TEXT, bytes_of, get, poll_once, served, soon, text_of, until};
use crate::support::{bare, provider_with, resource};

/// Scrapes that all wait.
fn boarded(handler: &mut PrometheusMetricsHandler, count: usize) -> Vec<ScrapeFuture> {
    let mut scrapes: Vec<_> = (0..count).map(|_| handler.call(get(&[]))).collect();
    assert!(scrapes.iter_mut().all(|scrape| poll_once(scrape).is_pending()));
    scrapes
}

#[tokio::test]
async fn px153_parallel_scrapes_run_the_callbacks_once_and_get_the_same_page() {
    let (mut handler, provider) = served();
    let gate = Gate::new(&provider);
    let scrapes = boarded(&mut handler, 32);
    gate.wait();
    gate.open();
    let mut pages = Vec::new();
    for scrape in scrapes {
        let Ok(response) = soon(scrape).await;
        assert_eq!(response.status(), StatusCode::OK);
        pages.push(bytes_of(response).await);
    }
    assert_eq!(gate.calls(), 1);
    assert_eq!(pages[0], TEXT);
    assert!(pages.iter().all(|page| page.as_ptr() == pages[0].as_ptr()), "one copy serves all");
}

/// One thread collects, and one writes the page that all wait for.
#[test]
fn px153_px160_scrapes_that_wait_hold_no_threads() {
    let threads = Arc::new(AtomicUsize::new(0));
    let started = Arc::clone(&threads);
    let count = move || _ = started.fetch_add(1, Ordering::SeqCst);
    let runtime = Builder::new_current_thread().enable_all().on_thread_start(count).build().unwrap();

    // The page hangs while its labels are chosen.
    let (begin, begun) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let released = Mutex::new(released);
    let select = move |_: &str| {
        begin.send(()).unwrap();
        released.lock().unwrap().recv().is_err()
    };
    let exporter = bare().with_resource_labels(select).build();
    let provider = provider_with(&exporter, |builder| builder.with_resource(resource([KeyValue::new("k", "v")])));
    provider.meter("m").u64_counter("c").build().add(1, &[]);
    let mut handler = PrometheusMetricsHandler::new(exporter);

    runtime.block_on(async {
        let mut scrapes = boarded(&mut handler, 40);
        let mut poll_all = || assert!(scrapes.iter_mut().all(|scrape| poll_once(scrape).is_pending()));
        until(async || {
            poll_all();
            begun.try_recv().is_ok()
        })
        .await;
        // The collection has ended, so that each scrape is where it wants the page.
        poll_all();
        drop(release);
        for scrape in scrapes {
            let Ok(response) = soon(scrape).await;
            assert_eq!(text_of(response).await, "# TYPE c_total counter\nc_total{k=\"v\"} 1\n");
        }
    });
    // One for the collection and one for the page, and more where the last one is not at rest yet when the next is asked for.
    assert!(threads.load(Ordering::SeqCst) < 10, "{threads:?}");
}

#[tokio::test]
async fn px153_pages_of_one_collection_differ_as_they_were_asked_for() {
    let (mut handler, provider) = served();
    provider.meter("m").u64_counter("d").build().add(2, &[]);
    let gate = Gate::new(&provider);
    let filtered = |name: &str| {
        let mut request = get(&[]);
        *request.uri_mut() = format!("/metrics?name[]={name}").parse().unwrap();
        request
    };
    let open_metrics = get(&[("accept", "application/openmetrics-text")]);
    let requests =
        [get(&[]), open_metrics, filtered("c_total"), filtered("d_total"), get(&[("accept-encoding", "gzip")])];
    let mut scrapes = requests.map(|request| handler.call(request));
    assert!(scrapes.iter_mut().all(|scrape| poll_once(scrape).is_pending()));
    gate.wait();
    gate.open();

    let d = "# TYPE d_total counter\nd_total 2\n";
    let both = format!("{TEXT}{d}");
    let open_metrics = OPEN_METRICS.replace("# EOF", "# TYPE d counter\nd_total 2\n# EOF");
    let [text, other_format, c, other, compressed] = scrapes;
    for (scrape, expected) in [(text, &*both), (other_format, &open_metrics), (c, TEXT), (other, d)] {
        let Ok(response) = soon(scrape).await;
        assert_eq!(text_of(response).await, expected);
    }
    let Ok(compressed) = soon(compressed).await;
    assert_eq!(compressed.headers().contains_key("content-encoding"), cfg!(feature = "gzip"));
    assert_eq!(bytes_of(compressed).await == both, !cfg!(feature = "gzip"));
    assert_eq!(gate.calls(), 1);
}

#[tokio::test]
async fn px01_px153_a_scrape_after_the_collection_gets_a_new_one() {
    let (mut handler, provider) = served();
    let gate = Gate::new(&provider);
    for calls in 1..=3 {
        let scrapes = boarded(&mut handler, 2);
        gate.wait();
        gate.open();
        for scrape in scrapes {
            let Ok(response) = soon(scrape).await;
            assert_eq!(response.status(), StatusCode::OK);
        }
        assert_eq!(gate.calls(), calls);
    }
}

#[tokio::test]
async fn px153_a_panic_fails_all_of_its_flight_and_no_other() {
    let (mut handler, provider) = served();
    let gate = Gate::new(&provider);
    let calls = AtomicUsize::new(0);
    provider
        .meter("m")
        .u64_observable_gauge("g")
        .with_callback(move |_| assert!(calls.fetch_add(1, Ordering::SeqCst) > 0, "out of order"))
        .build();

    for (status, end) in [(500, "panic: out of order\n"), (200, TEXT)] {
        let scrapes = boarded(&mut handler, 4);
        gate.wait();
        gate.open();
        for scrape in scrapes {
            let Ok(response) = soon(scrape).await;
            assert_eq!(response.status().as_u16(), status);
            let text = text_of(response).await;
            assert!(text.ends_with(end), "{text}");
        }
    }
}

/// Of each handler's clones, which share everything.
#[tokio::test]
async fn px153_clones_share_a_collection() {
    let (handler, provider) = served();
    let gate = Gate::new(&provider);
    let mut scrapes: Vec<_> = (0..4).map(|_| handler.clone().call(get(&[]))).collect();
    assert!(scrapes.iter_mut().all(|scrape| poll_once(scrape).is_pending()));
    gate.wait();
    gate.open();
    for scrape in scrapes {
        let Ok(response) = soon(scrape).await;
        assert_eq!(text_of(response).await, TEXT);
    }
    assert_eq!(gate.calls(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn px04_many_scrapes_in_parallel_are_whole() {
    let (handler, _provider) = served();
    let scrapes: Vec<_> = (0..200)
        .map(|i| {
            let mut handler = handler.clone();
            let accept = ["text/plain", "application/openmetrics-text"][i % 2];
            tokio::spawn(async move {
                let Ok(response) = handler.call(get(&[("accept", accept)])).await;
                assert_eq!(text_of(response).await, [TEXT, OPEN_METRICS][i % 2]);
            })
        })
        .collect();
    for scrape in scrapes {
        soon(scrape).await.unwrap();
    }
}

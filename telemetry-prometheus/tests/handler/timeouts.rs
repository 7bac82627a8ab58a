//! Scrapes that end before their collection.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use http::StatusCode;
use tokio::time::advance;
use tower::Service;

use crate::kit::{Gate, TEXT, ask, ask_status, get, page_of, poll_once, served, soon, text_of};

const HEADER: &str = "x-prometheus-scrape-timeout-seconds";
const MOMENT: Duration = Duration::from_millis(2);

/// The blocking task inhibits the paused clock, so that time passes only where it is told to.
#[tokio::test(start_paused = true)]
async fn px151_the_smaller_limit_counts() {
    for (configured, requested, expected) in [
        (Some(20), Some("10"), 9.5),
        (Some(5), Some("10"), 5.0),
        (None, Some("10"), 9.5),
        (Some(7), None, 7.0),
        (Some(7), Some("nonsense"), 7.0),
        (None, Some("0.5"), 0.45),
    ] {
        let (mut handler, provider) = served();
        let gate = Gate::new(&provider);
        if let Some(seconds) = configured {
            handler = handler.with_timeout(Duration::from_secs(seconds));
        }
        let headers: Vec<_> = requested.map(|seconds| (HEADER, seconds)).into_iter().collect();
        let mut scrape = handler.call(get(&headers));
        assert!(poll_once(&mut scrape).is_pending());
        gate.wait();

        advance(Duration::from_secs_f64(expected) - MOMENT).await;
        assert!(poll_once(&mut scrape).is_pending(), "{configured:?} {requested:?}");
        advance(2 * MOMENT).await;
        let Poll::Ready(Ok(response)) = poll_once(&mut scrape) else {
            panic!("{configured:?} {requested:?}");
        };
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
        assert!(response.headers().get("content-encoding").is_none());
        assert!(text_of(response).await.contains("in time"));
        gate.open();
    }
}

#[tokio::test(start_paused = true)]
async fn px151_without_a_limit_a_scrape_waits() {
    for headers in [&[][..], &[(HEADER, "NaN")], &[(HEADER, "-1")], &[(HEADER, "inf")], &[(HEADER, "0")]] {
        let (mut handler, provider) = served();
        let gate = Gate::new(&provider);
        let mut scrape = handler.call(get(headers));
        assert!(poll_once(&mut scrape).is_pending());
        gate.wait();
        advance(Duration::from_secs(7 * 24 * 60 * 60)).await;
        assert!(poll_once(&mut scrape).is_pending());
        gate.open();
        let Ok(response) = scrape.await;
        assert_eq!(text_of(response).await, TEXT);
    }
}

#[tokio::test]
async fn px151_limits_beyond_all_clocks_are_none() {
    let (handler, _provider) = served();
    let handler = handler.with_timeout(Duration::MAX);
    assert_eq!(text_of(ask(&handler, get(&[(HEADER, "1e300")])).await).await, TEXT);
    assert_eq!(page_of(&handler).await, TEXT);
}

/// However often it is scraped.
#[test]
fn px151_px153_a_hung_callback_holds_one_thread() {
    let threads = Arc::new(AtomicUsize::new(0));
    let started = Arc::clone(&threads);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .on_thread_start(move || _ = started.fetch_add(1, Ordering::SeqCst))
        .build()
        .unwrap();
    runtime.block_on(async {
        let (handler, provider) = served();
        let gate = Gate::new(&provider);
        for _ in 0..20 {
            let status = soon(ask_status(&handler, &[(HEADER, "0.01")])).await;
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        }
        gate.wait();
        assert_eq!(gate.calls(), 1);
        assert_eq!(threads.load(Ordering::SeqCst), 1);

        gate.open();
        gate.open();
        assert_eq!(soon(page_of(&handler)).await, TEXT);
    });
}

/// Each scrape that times out leaves its place to the next.
#[tokio::test]
async fn px151_px152_a_timeout_gives_the_place_back() {
    let (handler, provider) = served();
    let handler = handler.with_max_in_flight(1);
    let gate = Gate::new(&provider);
    for _ in 0..3 {
        let response = soon(ask(&handler, get(&[(HEADER, "0.01")]))).await;
        assert!(text_of(response).await.contains("in time"));
    }
    drop(gate);
    assert_eq!(soon(page_of(&handler)).await, TEXT);
}

/// A callback that waits for a scrape of the same process would wait for itself. A timeout ends that.
#[test]
fn px151_a_callback_that_scrapes_its_own_process_ends() {
    use std::sync::Mutex;
    use telemetry_prometheus::opentelemetry::metrics::MeterProvider;

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (handler, provider) = served();
    let (ask_inner, mut asked) = tokio::sync::mpsc::unbounded_channel();
    let (answer, answers) = std::sync::mpsc::channel();
    let answers = Mutex::new(answers);
    provider
        .meter("m")
        .u64_observable_gauge("status")
        .with_callback(move |observer| {
            // Nobody answers the collection at the end.
            let _ = ask_inner.send(());
            observer.observe(answers.lock().unwrap().recv().unwrap_or(0), &[]);
        })
        .build();

    runtime.block_on(async {
        let server = handler.clone().with_timeout(Duration::from_secs(40));
        let inner = server.clone();
        tokio::spawn(async move {
            while asked.recv().await.is_some() {
                let status = ask_status(&inner, &[(HEADER, "0.05")]).await;
                answer.send(u64::from(status.as_u16())).unwrap();
            }
        });
        assert_eq!(soon(page_of(&server)).await, format!("{TEXT}# TYPE status gauge\nstatus 503\n"));
    });
    drop(runtime);
}

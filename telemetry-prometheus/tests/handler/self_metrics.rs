//! Metrics of the handler itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::{Method, Request, StatusCode};
use telemetry_prometheus::opentelemetry::metrics::{AsyncInstrument, MeterProvider};
use tower::Service;

use crate::kit::{Gate, TEXT, ask, ask_status, get, page_of, poll_once, served, soon, text_of};

fn expected(in_flight: usize, codes: [usize; 3]) -> String {
    let [ok, failed, unavailable] = codes;
    format!(
        "{TEXT}# HELP promhttp_metric_handler_requests_in_flight Current number of scrapes being served.\n\
         # TYPE promhttp_metric_handler_requests_in_flight gauge\n\
         promhttp_metric_handler_requests_in_flight {in_flight}\n\
         # HELP promhttp_metric_handler_requests_total Total number of scrapes by HTTP status code.\n\
         # TYPE promhttp_metric_handler_requests_total counter\n\
         promhttp_metric_handler_requests_total{{code=\"200\"}} {ok}\n\
         promhttp_metric_handler_requests_total{{code=\"500\"}} {failed}\n\
         promhttp_metric_handler_requests_total{{code=\"503\"}} {unavailable}\n"
    )
}

#[tokio::test]
async fn px156_they_are_off_by_default() {
    let (handler, _provider) = served();
    assert_eq!(page_of(&handler).await, TEXT);
}

#[tokio::test]
async fn px156_scrapes_are_counted_by_code_and_all_codes_are_there_before() {
    let (handler, provider) = served();
    let handler = handler.with_self_metrics().with_max_in_flight(2);
    assert_eq!(page_of(&handler).await, expected(1, [0, 0, 0]));
    assert_eq!(page_of(&handler).await, expected(1, [1, 0, 0]));

    // Whoever does not read does not scrape.
    let mut request = Request::new(());
    *request.method_mut() = Method::POST;
    assert_eq!(ask(&handler, request).await.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(page_of(&handler).await, expected(1, [2, 0, 0]));

    let is_broken = Arc::new(AtomicBool::new(true));
    let breaks = Arc::clone(&is_broken);
    let callback = move |_: &dyn AsyncInstrument<u64>| {
        assert!(!breaks.load(Ordering::SeqCst), "out of order");
    };
    provider.meter("m").u64_observable_gauge("g").with_callback(callback).build();
    assert_eq!(ask_status(&handler, &[]).await, StatusCode::INTERNAL_SERVER_ERROR);
    is_broken.store(false, Ordering::SeqCst);

    let unread = [ask(&handler, get(&[])).await, ask(&handler, get(&[])).await];
    assert_eq!(ask_status(&handler, &[]).await, StatusCode::SERVICE_UNAVAILABLE);
    let [first, second] = unread;
    drop(first);
    assert_eq!(page_of(&handler).await, expected(2, [5, 1, 1]));
    drop(second);
    assert_eq!(page_of(&handler).await, expected(1, [6, 1, 1]));
}

#[tokio::test]
async fn px156_those_that_were_dropped_are_not_in_flight() {
    let (handler, provider) = served();
    let mut handler = handler.with_self_metrics();
    let gate = Gate::new(&provider);
    let mut scrapes = [(); 3].map(|()| handler.call(get(&[])));
    assert!(scrapes.iter_mut().all(|scrape| poll_once(scrape).is_pending()));
    gate.wait();
    let [first, second, third] = scrapes;
    drop((first, second));
    gate.open();
    // They left while the callback ran, before the registries were gathered.
    let Ok(response) = soon(third).await;
    assert_eq!(text_of(response).await, expected(1, [0, 0, 0]));
}

/// Two handlers of one exporter count for themselves.
#[tokio::test]
async fn px156_each_handler_has_its_own() {
    let (handler, _provider) = served();
    let (one, other) = (handler.clone().with_self_metrics(), handler.with_self_metrics());
    for scrapes in 0..3 {
        assert_eq!(page_of(&one).await, expected(1, [scrapes, 0, 0]));
        assert_eq!(page_of(&one.clone().with_self_metrics()).await, expected(1, [0, 0, 0]), "set twice is set once");
    }
    assert_eq!(page_of(&other).await, expected(1, [0, 0, 0]));
}

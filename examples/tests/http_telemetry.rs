//! The page with its visitors: what it answers, what it counts, how it ends.

mod common;

use common::{Example, get, request};
use rustix::process::Signal;

const PROGRAM: &str = env!("CARGO_BIN_EXE_http_telemetry");

#[tokio::test]
async fn visitors_requests_and_connections_are_in_one_scrape() {
    let example = Example::start(PROGRAM).await;
    for visitor in 1..=5 {
        let response = example.http1(get("/")).await;
        assert_eq!(response.body(), format!("You are visitor {visitor}.\n").as_bytes());
    }
    assert_eq!(example.http2(get("/")).await.body(), "You are visitor 6.\n");
    assert_eq!(example.http1(get("/favicon.ico")).await.status(), 404);
    assert_eq!(example.http1(request("POST", "/")).await.status(), 404, "a visitor comes with GET");

    let scrape = example.scrape_until(|scrape| scrape.open() == 0.0).await;
    assert_eq!(scrape.sum("visitor_counter_total", &[]), 6.0);

    let requests = "http_server_request_duration_seconds_count";
    assert_eq!(scrape.sum(requests, &[r#"http_route="/""#, r#"status_code="200""#]), 6.0);
    assert_eq!(scrape.sum(requests, &[r#"protocol_version="2""#]), 1.0);
    assert_eq!(scrape.sum(requests, &[r#"status_code="404""#]), 2.0);
    assert_eq!(scrape.active(), 0.0);
    assert_eq!(scrape.sum("http_server_response_body_size_bytes_sum", &[]), 6.0 * 19.0);
    assert_eq!(scrape.sum("http_server_request_body_size_bytes_count", &[]), 8.0);

    assert_eq!(scrape.sum("transport_server_connection_duration_seconds_count", &[]), 8.0);
    assert!(scrape.sum("transport_server_io_bytes_total", &[r#"direction="receive""#]) > 0.0);
    assert!(scrape.sum("transport_server_io_bytes_total", &[r#"direction="transmit""#]) > 0.0);
    assert!(example.end(Signal::TERM).await.success());
}

#[tokio::test]
async fn an_idle_connection_does_not_keep_it() {
    for signal in [Signal::INT, Signal::TERM] {
        let example = Example::start(PROGRAM).await;
        let _idle = example.talk("GET / HTTP/1.1\r\nhost: test\r\n\r\n", "visitor 1").await;
        assert!(example.end(signal).await.success());
    }
}

//! What the playground answers and counts, and that nothing keeps it from its end.

mod common;

use common::{Example, HANDSHAKE, get, read_until, request, soon};
use http_body_util::Full;
use rustix::process::Signal;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const REQUESTS: &str = "http_server_request_duration_seconds_count";
const UPGRADED: &str = "transport_server_upgraded_connections";
const CONNECTIONS: &str = "transport_server_connection_duration_seconds_count";

/// Nothing would come from this for a minute.
const SLOW: &str = "GET /slow?ms=60000 HTTP/1.1\r\nhost: test\r\n\r\n";
/// One chunk at once, and the next one in a minute.
const STREAM: &str = "GET /stream?chunks=2&delay_ms=60000&bytes=7 HTTP/1.1\r\nhost: test\r\n\r\n";

/// The text `Hello` from a client and from a server, as in RFC 6455.
const HELLO: [u8; 11] = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
const HELLO_BACK: &[u8] = b"\x81\x05Hello";
/// A close from a client, with code 1000, masked with zeros.
const CLOSE: [u8; 8] = [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8];

async fn playground() -> Example {
    Example::start(env!("CARGO_BIN_EXE_playground")).await
}

/// The connection has to end without another byte.
async fn ends(mut stream: TcpStream) {
    let mut rest = Vec::new();
    // A reset is an end too.
    let _ = soon(stream.read_to_end(&mut rest)).await;
    assert_eq!(String::from_utf8_lossy(&rest), "");
}

#[tokio::test]
async fn both_versions_of_http_answer_alike() {
    let example = playground().await;
    let echo = || request("POST", "/echo").map(|_| Full::from("hello"));
    let calls = [
        (get("/users/7"), 200, "user 7\n"),
        (echo(), 200, "hello"),
        (get("/stream?chunks=3&delay_ms=1&bytes=2"), 200, "xxxxxx"),
        (get("/stream?chunks=0"), 200, ""),
        (get("/slow?ms=1"), 200, "1 ms\n"),
        (get("/status/204"), 204, ""),
        (get("/status/304"), 304, ""),
        (get("/status/999"), 999, ""),
        (get("/status/199"), 400, "a status is 200 to 999\n"),
        (get("/slow?ms=60001"), 400, "at most ms=60000\n"),
        (get("/stream?bytes=1048577"), 400, "at most chunks=10000, delay_ms=60000 and bytes=1048576\n"),
    ];
    let count = calls.len() as f64;
    for (request, status, body) in calls {
        for response in [example.http1(request.clone()).await, example.http2(request.clone()).await] {
            assert_eq!(response.status(), status, "{}", request.uri());
            assert_eq!(response.body(), body, "{}", request.uri());
        }
    }
    let scrape = example.scrape_until(|scrape| scrape.open() == 0.0).await;
    assert_eq!(scrape.sum(REQUESTS, &[r#"protocol_version="1.1""#]), count);
    assert_eq!(scrape.sum(REQUESTS, &[r#"protocol_version="2""#]), count);
    assert_eq!(scrape.sum(REQUESTS, &[r#"http_route="/users/{id}""#]), 2.0);
    assert_eq!(scrape.sum("http_server_request_body_size_bytes_sum", &[r#"route="/echo""#]), 10.0);
    assert_eq!(scrape.sum("http_server_response_body_size_bytes_sum", &[r#"route="/stream""#, r#"code="200""#]), 12.0);
    assert_eq!(scrape.sum(CONNECTIONS, &[]), 2.0 * count);
}

#[tokio::test]
async fn a_stream_has_no_length() {
    let example = playground().await;
    let head = example.http1(get("/stream?chunks=1")).await;
    assert!(!head.headers().contains_key("content-length"), "{head:?}");
}

#[tokio::test]
async fn what_matches_no_route_is_counted_without_one() {
    let example = playground().await;
    assert_eq!(example.http1(get("/nowhere")).await.status(), 404);
    assert_eq!(example.http1(request("BREW", "/nowhere/7")).await.status(), 404);
    assert_eq!(example.http1(request("DELETE", "/users/7")).await.status(), 405);
    assert_eq!(example.http1(request("BREW", "/")).await.status(), 405);

    let scrape = example.scrape().await;
    let unmatched = scrape.labels(REQUESTS, &[r#"status_code="404""#]);
    assert_eq!(unmatched.len(), 2);
    assert!(unmatched.iter().all(|labels| !labels.contains("http_route")), "{unmatched:?}");
    assert_eq!(scrape.sum(REQUESTS, &[r#"method="DELETE""#, r#"route="/users/{id}""#, r#"code="405""#]), 1.0);
    assert_eq!(scrape.sum(REQUESTS, &[r#"method="_OTHER""#, r#"route="/""#, r#"code="405""#]), 1.0);
    assert_eq!(scrape.sum(REQUESTS, &[r#"method="_OTHER""#, r#"code="404""#]), 1.0);
    assert!(!scrape.text.contains("BREW"));
}

#[tokio::test]
async fn a_web_socket_is_a_request_that_ends_with_its_head() {
    let example = playground().await;
    let mut socket = example.talk(HANDSHAKE, "\r\n\r\n").await;
    socket.write_all(&HELLO).await.unwrap();
    read_until(&mut socket, HELLO_BACK).await;

    let scrape = example.scrape().await;
    assert_eq!(scrape.sum(REQUESTS, &[r#"route="/ws""#, r#"code="101""#]), 1.0);
    assert_eq!((scrape.active(), scrape.open()), (0.0, 1.0));
    assert_eq!(scrape.sum(UPGRADED, &[]), 1.0);

    socket.write_all(&CLOSE).await.unwrap();
    read_until(&mut socket, &[0x88, 0x02, 0x03, 0xe8]).await;
    ends(socket).await;
    let scrape = example.scrape_until(|scrape| scrape.open() == 0.0).await;
    assert_eq!((scrape.active(), scrape.sum(REQUESTS, &[])), (0.0, 1.0));
}

#[tokio::test]
async fn a_client_that_hangs_up_has_cancelled() {
    let example = playground().await;
    let mut early = example.connect().await;
    early.write_all(SLOW.as_bytes()).await.unwrap();
    example.scrape_until(|scrape| scrape.active() == 1.0).await;
    drop(early);
    let scrape = example.scrape_until(|scrape| scrape.active() == 0.0).await;
    let cancelled = scrape.labels(REQUESTS, &[r#"error_type="cancelled""#]);
    assert_eq!(cancelled.len(), 1);
    assert!(cancelled[0].contains(r#"http_route="/slow""#) && !cancelled[0].contains("status_code"), "{cancelled:?}");

    drop(example.talk(STREAM, "xxxxxxx").await);
    let scrape = example.scrape_until(|scrape| scrape.active() == 0.0).await;
    let labels = [r#"error_type="cancelled""#, r#"route="/stream""#, r#"status_code="200""#];
    assert_eq!(scrape.sum(REQUESTS, &labels), 1.0);
    assert_eq!(scrape.sum("http_server_response_body_size_bytes_sum", &labels), 7.0);
}

#[tokio::test]
async fn a_panic_ends_its_request_and_nothing_else() {
    let example = playground().await;
    let mut stream = example.connect().await;
    stream.write_all(b"GET /panic HTTP/1.1\r\nhost: test\r\n\r\n").await.unwrap();
    ends(stream).await;

    assert_eq!(example.http1(get("/")).await.status(), 200);
    let scrape = example.scrape_until(|scrape| (scrape.active(), scrape.open()) == (0.0, 0.0)).await;
    assert_eq!(scrape.sum(REQUESTS, &[r#"error_type="panic""#, r#"route="/panic""#]), 1.0);
    assert_eq!(scrape.sum(CONNECTIONS, &[r#"error_type="panic""#]), 1.0);
}

#[tokio::test]
async fn the_connection_tells_the_scheme_whatever_the_client_says() {
    let example = playground().await;
    example.talk("GET https://shop.example/ HTTP/1.1\r\nhost: shop.example\r\n\r\n", "this text").await;
    let scrape = example.scrape_until(|scrape| scrape.open() == 0.0).await;
    assert_eq!(scrape.sum(REQUESTS, &[r#"url_scheme="http""#]), 1.0);
}

#[tokio::test]
async fn scrapes_are_not_measured() {
    let example = playground().await;
    for _ in 0..3 {
        example.scrape().await;
    }
    let scrape = example.scrape().await;
    assert!(!scrape.text.contains("http_server") && !scrape.text.contains("transport_server"), "{}", scrape.text);
    assert_eq!(scrape.sum("target_info", &[r#"service_name="unknown_service:playground""#]), 1.0);
}

#[tokio::test]
async fn a_relay_asks_the_playground_itself() {
    let example = playground().await;
    let calls = [
        ("/relay?path=/users/7", 200, "user 7\n"),
        ("/relay?path=/status/404", 404, ""),
        ("/relay?path=/relay?path=/users/8", 200, "user 8\n"),
        ("/relay?path=/status/503", 502, "/status/503 is answered with 503 Service Unavailable\n"),
        ("/relay?path=/panic", 502, "/panic is not answered\n"),
        ("/relay?path=users", 400, "a path begins with / and has up to 1000 bytes\n"),
    ];
    for (path, status, body) in calls {
        let response = example.http1(get(path)).await;
        assert_eq!((response.status().as_u16(), &response.body()[..]), (status, body.as_bytes()), "{path}");
    }
    assert_eq!(example.http1(get("/relay")).await.status(), 400);
    // A client that believed this would be elsewhere.
    assert_eq!(example.http1(get("/relay?path=//example.com/users/7")).await.status(), 404);

    let scrape = example.scrape().await;
    let asked = "http_client_request_duration_seconds_count";
    let port = format!(r#"server_port="{}""#, example.service.port());
    let itself = [r#"server_address="127.0.0.1""#, &port];
    assert_eq!(scrape.sum(asked, &[]), 7.0);
    assert_eq!(scrape.sum(asked, &itself), 7.0);
    assert_eq!(scrape.sum(asked, &[r#"status_code="503""#, r#"error_type="503""#]), 1.0);
    assert_eq!(scrape.sum(REQUESTS, &[r#"route="/relay""#]), 9.0);
    assert_eq!(scrape.sum("http_client_active_requests", &itself), 0.0);
    let connects = scrape.sum("transport_client_connect_duration_seconds_count", &itself);
    assert!(connects >= 2.0, "{connects} connects");
    let open = scrape.sum("http_client_open_connections", &itself);
    assert!(open >= 1.0, "{open} connections");
    assert!(scrape.sum("transport_client_io_bytes_total", &itself) > 0.0);
}

#[tokio::test]
async fn native_histograms_have_powers_of_two_in_text() {
    for (args, bounds) in [(&[][..], r#"le="0.005""#), (&["--native-histograms"], r#"le="0.0078125""#)] {
        let example = Example::start_with(env!("CARGO_BIN_EXE_playground"), args).await;
        example.http1(get("/slow?ms=6")).await;
        let scrape = example.scrape().await;
        let buckets = scrape.labels("http_server_request_duration_seconds_bucket", &[r#"route="/slow""#]);
        assert!(buckets.iter().any(|labels| labels.contains(bounds)), "{args:?}: {buckets:?}");
        assert_eq!(scrape.sum(REQUESTS, &[]), 1.0);
        // Sizes are no durations.
        let sizes = scrape.labels("http_server_response_body_size_bytes_bucket", &[r#"le="1024""#]);
        assert_eq!(sizes.len(), 1, "{args:?}");
    }
}

#[tokio::test]
async fn the_handler_counts_the_scrapes_before() {
    let example = playground().await;
    for scrapes in 0..3 {
        let scrape = example.scrape().await;
        assert_eq!(scrape.sum("promhttp_metric_handler_requests_total", &[r#"code="200""#]), f64::from(scrapes));
    }
}

#[tokio::test]
async fn the_tally_agrees_with_the_metrics() {
    let example = playground().await;
    example.http1(get("/users/7")).await;
    example.http2(request("POST", "/echo").map(|_| Full::from("hello"))).await;
    example.http1(request("HEAD", "/")).await;
    drop(example.talk(STREAM, "xxxxxxx").await);
    drop(example.talk("POST /echo HTTP/1.1\r\nhost: test\r\ncontent-length: 9\r\n\r\nhalf", "half").await);
    let mut early = example.connect().await;
    early.write_all(SLOW.as_bytes()).await.unwrap();
    example.scrape_until(|scrape| scrape.active() == 1.0).await;
    drop(early);

    let tally =
        r#"{"connections":6,"begun":6,"unanswered":1,"cut_off":1,"failed":1,"answered":3,"received":9,"sent":23}"#;
    example.page_until("/tally", |page| page == tally).await;
    // A request that the tally has seen end has been recorded before.
    let scrape = example.scrape().await;
    assert_eq!(scrape.active(), 0.0);
    assert_eq!(scrape.sum(REQUESTS, &[]), 6.0);
    assert_eq!(scrape.sum("http_server_request_body_size_bytes_sum", &[]), 9.0);
    assert_eq!(scrape.sum("http_server_response_body_size_bytes_sum", &[]), 23.0);
    let scrape = example.scrape_until(|scrape| scrape.open() == 0.0).await;
    assert_eq!(scrape.sum(CONNECTIONS, &[]), 6.0);
}

#[tokio::test]
async fn nothing_that_is_open_keeps_it_from_its_end() {
    for signal in [Signal::INT, Signal::TERM] {
        let example = playground().await;
        let _silent = example.connect().await;
        let _idle = example.talk("GET / HTTP/1.1\r\nhost: test\r\n\r\n", "this text").await;
        let _stream = example.talk(STREAM, "xxxxxxx").await;
        let _socket = example.talk(HANDSHAKE, "\r\n\r\n").await;
        let mut half_sent = example.connect().await;
        half_sent.write_all(b"GET / HTT").await.unwrap();
        let mut half_a_head = example.connect().await;
        half_a_head.write_all(b"GET / HTTP/1.1\r\nhost: te").await.unwrap();
        let mut half_a_body = example.connect().await;
        half_a_body.write_all(b"POST /echo HTTP/1.1\r\nhost: test\r\ncontent-length: 9\r\n\r\nhalf").await.unwrap();
        example.scrape_until(|scrape| (scrape.active(), scrape.open()) == (2.0, 7.0)).await;
        assert!(example.end(signal).await.success());
    }
}

//! Headers and bodies of responses that went well.

use http::{HeaderName, HeaderValue, Method, Request, StatusCode};
use http_body::Body;

use crate::kit::{OPEN_METRICS, PROTOBUF_TYPE, TEXT, ask, bytes_of, get, header, page_of, served, text_of};

const TEXT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";
const OPEN_METRICS_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const ASK_PROTOBUF: &str =
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6";

#[tokio::test]
async fn px140_px142_px143_get_gives_the_metrics() {
    let (handler, _provider) = served();
    let response = ask(&handler, get(&[])).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(header(&response, "content-type"), TEXT_TYPE);
    assert_eq!(header(&response, "content-length"), TEXT.len().to_string());
    assert_eq!(response.body().size_hint().exact(), Some(TEXT.len() as u64));
    assert!(!response.body().is_end_stream());
    assert_eq!(text_of(response).await, TEXT);
}

#[tokio::test]
async fn px141_px142_px143_px144_px145_px146_px147_the_content_type_is_that_of_the_body() {
    let (handler, _provider) = served();
    let prometheus = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
        application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
        text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
    let protobuf_first = format!("{ASK_PROTOBUF},application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.2");
    let open_metrics = |parameter: &str| format!("{OPEN_METRICS_TYPE}; escaping={parameter}");
    for (accept, content_type, body) in [
        ("*/*", TEXT_TYPE.to_owned(), TEXT),
        ("image/png", TEXT_TYPE.to_owned(), TEXT),
        (";;,=\",", TEXT_TYPE.to_owned(), TEXT),
        ("text/plain", TEXT_TYPE.to_owned(), TEXT),
        ("text/plain;version=1.0.0", TEXT_TYPE.replace("0.0.4", "1.0.0"), TEXT),
        ("application/openmetrics-text", open_metrics("underscores"), OPEN_METRICS),
        ("application/openmetrics-text;escaping=values", open_metrics("values"), OPEN_METRICS),
        ("application/openmetrics-text;escaping=\"x\\\"y\"", open_metrics("underscores"), OPEN_METRICS),
        ("application/openmetrics-text;version=2.0.0", TEXT_TYPE.to_owned(), TEXT),
        (
            "application/openmetrics-text;version=0.0.1",
            open_metrics("underscores").replace("1.0.0", "0.0.1"),
            OPEN_METRICS,
        ),
        (prometheus, open_metrics("allow-utf-8"), OPEN_METRICS),
    ] {
        let response = ask(&handler, get(&[("accept", accept)])).await;
        assert_eq!(response.status(), StatusCode::OK, "{accept}");
        assert_eq!(header(&response, "content-type"), content_type, "{accept}");
        assert_eq!(header(&response, "vary"), "Accept, Accept-Encoding");
        assert_eq!(text_of(response).await, body, "{accept}");
    }

    let response = ask(&handler, get(&[("accept", &protobuf_first)])).await;
    assert_eq!(header(&response, "content-type"), format!("{PROTOBUF_TYPE}; escaping=underscores"));
    let body = bytes_of(response).await;
    // One message with its length in front, and the name of the family as its first field.
    assert_eq!(usize::from(body[0]), body.len() - 1);
    assert!(body[1..].starts_with(b"\x0a\x07c_total"));
}

#[tokio::test]
async fn px141_several_accept_headers_count_as_one_and_bytes_that_are_no_text_do_no_harm() {
    let (handler, _provider) = served();
    let mut request = get(&[]);
    for accept in [&b"\xff\xfe"[..], b"text/plain;q=0.5", b"application/openmetrics-text"] {
        request.headers_mut().append("accept", HeaderValue::from_bytes(accept).unwrap());
    }
    assert_eq!(text_of(ask(&handler, request).await).await, OPEN_METRICS);
}

#[tokio::test]
async fn px09_no_other_payload_is_ever_sent() {
    let (handler, _provider) = served();
    for accept in [
        "application/x-protobuf;proto=io.prometheus.write.v2.Request",
        "application/openmetrics-protobuf;version=1.0.0",
        "application/vnd.google.protobuf;proto=io.prometheus.write.v2.Request;encoding=delimited",
        "application/vnd.google.protobuf",
    ] {
        let response = ask(&handler, get(&[("accept", accept)])).await;
        assert_eq!(header(&response, "content-type"), TEXT_TYPE, "{accept}");
    }
}

#[tokio::test]
async fn px150_head_gives_the_same_headers_and_no_body() {
    let (handler, _provider) = served();
    for accept in ["text/plain", "application/openmetrics-text", ASK_PROTOBUF] {
        for encoding in ["identity", "gzip", "zstd"] {
            let request = || get(&[("accept", accept), ("accept-encoding", encoding)]);
            let get = ask(&handler, request()).await;
            let mut head = request();
            *head.method_mut() = Method::HEAD;
            let head = ask(&handler, head).await;
            assert_eq!(head.status(), StatusCode::OK);
            assert_eq!(head.headers(), get.headers());
            assert!(head.body().is_end_stream());
            assert_eq!(text_of(head).await, "");
        }
    }
}

#[tokio::test]
async fn px150_other_methods_are_refused() {
    let (handler, _provider) = served();
    let methods = [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS, Method::TRACE, Method::CONNECT];
    for method in methods.into_iter().chain([Method::from_bytes(b"get").unwrap()]) {
        // The body type of a request does not matter, nor whether it can be sent to another thread.
        let mut request = Request::new(std::rc::Rc::new(()));
        *request.method_mut() = method;
        let response = ask(&handler, request).await;
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(header(&response, "allow"), "GET, HEAD");
        let length = header(&response, "content-length").to_owned();
        let text = text_of(response).await;
        assert!(text.starts_with("metrics are read with GET"));
        assert_eq!(length, text.len().to_string());
    }
}

/// The metric `process_start_time_seconds` says it to whoever asks.
#[tokio::test]
async fn px157_no_header_tells_when_the_process_began() {
    let (handler, _provider) = served();
    let response = ask(&handler, get(&[])).await;
    let mut names: Vec<_> = response.headers().keys().map(HeaderName::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["content-length", "content-type", "vary"]);
}

#[tokio::test]
async fn px149_without_compression_there_is_no_content_encoding() {
    let (handler, _provider) = served();
    for headers in [&[][..], &[("accept-encoding", "br, deflate")], &[("accept-encoding", "gzip;q=0, identity;q=0")]] {
        let response = ask(&handler, get(headers)).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert!(response.headers().get("content-encoding").is_none());
        assert_eq!(header(&response, "vary"), "Accept, Accept-Encoding");
        assert_eq!(header(&response, "content-length"), TEXT.len().to_string());
        assert_eq!(text_of(response).await, TEXT);
    }
}

#[cfg(feature = "gzip")]
#[tokio::test]
async fn px148_px149_gzip_decodes_to_the_same_page() {
    use std::io::Read;

    let (handler, _provider) = served();
    for accept in ["text/plain", "application/openmetrics-text", ASK_PROTOBUF] {
        let plain = bytes_of(ask(&handler, get(&[("accept", accept)])).await).await;
        let response = ask(&handler, get(&[("accept", accept), ("accept-encoding", "gzip")])).await;
        assert_eq!(header(&response, "content-encoding"), "gzip");
        assert_eq!(header(&response, "vary"), "Accept, Accept-Encoding");
        let length = header(&response, "content-length").to_owned();
        let body = bytes_of(response).await;
        assert_eq!(length, body.len().to_string());
        let mut decoded = Vec::new();
        flate2::read::GzDecoder::new(&*body).read_to_end(&mut decoded).unwrap();
        assert_eq!(decoded, plain);
    }
}

#[cfg(feature = "zstd")]
#[tokio::test]
async fn px148_px149_zstd_decodes_to_the_same_page() {
    let (handler, _provider) = served();
    let response = ask(&handler, get(&[("accept-encoding", "gzip;q=0.5, zstd")])).await;
    assert_eq!(header(&response, "content-encoding"), "zstd");
    let length = header(&response, "content-length").to_owned();
    let body = bytes_of(response).await;
    assert_eq!(length, body.len().to_string());
    assert_eq!(zstd::decode_all(&*body).unwrap(), TEXT.as_bytes());
}

#[tokio::test]
async fn px12_without_metrics_each_format_has_its_empty_page() {
    let exporter = crate::support::bare().build();
    let _provider = crate::support::provider(&exporter);
    let handler = telemetry_prometheus::PrometheusMetricsHandler::new(exporter);
    assert_eq!(page_of(&handler).await, "");
    for (accept, body) in [("application/openmetrics-text", "# EOF\n"), (ASK_PROTOBUF, "")] {
        let response = ask(&handler, get(&[("accept", accept)])).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(header(&response, "content-length"), body.len().to_string());
        assert_eq!(text_of(response).await, body);
    }
}

//! Whole requests, answered by the handler. Each line is a part of the request; its first character says which:
//! `a` Accept, `e` Accept-Encoding, `t` scrape timeout, `q` query, `m` method.
#![no_main]

use std::pin::pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};

use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};
use http_body::Body;
use libfuzzer_sys::fuzz_target;
use telemetry_prometheus::opentelemetry::metrics::MeterProvider;
use telemetry_prometheus::opentelemetry_sdk::metrics::SdkMeterProvider;
use telemetry_prometheus::{MetricsBody, PrometheusExporter, PrometheusMetricsHandler};
use tower_service::Service;

const SCRAPE_TIMEOUT: HeaderName = HeaderName::from_static("x-prometheus-scrape-timeout-seconds");

const METRICS: [&str; 4] = [
    "text/plain; version=0.0.4; charset=utf-8; escaping=",
    "text/plain; version=1.0.0; charset=utf-8; escaping=",
    "application/openmetrics-text; version=",
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited; escaping=",
];

static SERVED: LazyLock<(PrometheusMetricsHandler, SdkMeterProvider)> = LazyLock::new(|| {
    let exporter = PrometheusExporter::new();
    let provider = SdkMeterProvider::builder().with_reader(exporter.clone()).build();
    provider.meter("m").u64_counter("c").build().add(1, &[]);
    provider.meter("m").f64_histogram("caf\u{e9}.h").with_unit("s").build().record(1.5, &[]);
    (PrometheusMetricsHandler::new(exporter), provider)
});

fuzz_target!(|data: &[u8]| {
    let request = request(data);
    let (method, accept_encoding) = (request.method().clone(), joined(request.headers(), &ACCEPT_ENCODING));
    // There is no runtime, so the handler has its answer when `call` returns.
    let Poll::Ready(Ok(response)) = pin!(SERVED.0.clone().call(request)).poll(&mut Context::from_waker(Waker::noop()))
    else {
        panic!("the handler waits for something");
    };
    check(&method, &accept_encoding, response);
});

fn request(data: &[u8]) -> Request<()> {
    let mut request = Request::new(());
    for line in data.split(|&byte| byte == b'\n') {
        let Some((&part, text)) = line.split_first() else { continue };
        let header = match part {
            b'a' => ACCEPT,
            b'e' => ACCEPT_ENCODING,
            b't' => SCRAPE_TIMEOUT,
            b'q' => {
                if let Ok(uri) = Uri::try_from([b"/metrics?", text].concat()) {
                    *request.uri_mut() = uri;
                }
                continue;
            }
            b'm' => {
                if let Ok(method) = Method::from_bytes(text) {
                    *request.method_mut() = method;
                }
                continue;
            }
            _ => continue,
        };
        if let Ok(value) = HeaderValue::from_bytes(text) {
            request.headers_mut().append(header, value);
        }
    }
    request
}

fn check(method: &Method, accept_encoding: &str, response: Response<MetricsBody>) {
    let (parts, body) = response.into_parts();
    let header = |name: HeaderName| parts.headers.get(name).map(|value| value.to_str().unwrap());
    let content_type = header(CONTENT_TYPE).unwrap();

    if *method == Method::GET || *method == Method::HEAD {
        // A timeout that is over before the answer is there is the only thing that may go wrong.
        assert!(matches!(parts.status, StatusCode::OK | StatusCode::SERVICE_UNAVAILABLE), "{}", parts.status);
    } else {
        assert_eq!(parts.status, StatusCode::METHOD_NOT_ALLOWED);
    }
    if parts.status == StatusCode::OK {
        assert!(METRICS.iter().any(|known| content_type.starts_with(known)), "{content_type}");
    } else {
        assert_eq!(content_type, "text/plain; charset=utf-8");
    }

    if let Some(encoding) = header(CONTENT_ENCODING) {
        assert_eq!(parts.status, StatusCode::OK);
        assert!(matches!(encoding, "gzip" | "zstd"), "{encoding}");
        assert!(accept_encoding.contains(encoding) || accept_encoding.contains('*'), "{encoding}");
    }

    let length = length(body);
    if let Some(expected) = header(CONTENT_LENGTH).filter(|_| *method != Method::HEAD) {
        assert_eq!(expected, length.to_string());
    }
    assert!(*method != Method::HEAD || length == 0);
}

/// All values of a header, in lower case.
fn joined(headers: &HeaderMap, name: &HeaderName) -> String {
    headers
        .get_all(name)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase() + ",")
        .collect()
}

fn length(body: MetricsBody) -> usize {
    let (mut body, mut length) = (pin!(body), 0);
    let mut context = Context::from_waker(Waker::noop());
    while let Poll::Ready(Some(Ok(frame))) = body.as_mut().poll_frame(&mut context) {
        length += frame.data_ref().map_or(0, |bytes| bytes.len());
    }
    length
}

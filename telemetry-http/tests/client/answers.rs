//! The server answers.

use std::convert::Infallible;

use http::Request;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use telemetry_http::UrlTemplate;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::clients::{adapted, all, all_http2, hyper_util, reqwest};
use crate::servers::{answering, hang_up, request_head, server};
use crate::*;

const HELLO: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

#[tokio::test]
async fn hc_01_hc_04_hc_09_hc_11_a_response_with_a_body() {
    let address = answering(HELLO).await;
    for (client, snapshot) in all(get(address)).await {
        let others = [("http.response.status_code", "200"), ("network.protocol.version", "1.1")];
        assert_recorded(&snapshot, client, address, &others);
        assert_eq!(snapshot.sum(RESPONSE_SIZE, &[]), 5.0, "{client}");
        assert_eq!(snapshot.sum(REQUEST_SIZE, &[]), 0.0, "{client}");
    }
}

#[tokio::test]
async fn hc_07_the_durations_are_seconds_with_the_buckets_of_the_conventions() {
    let address = answering(HELLO).await;
    for (client, snapshot) in all(get(address)).await {
        let [point] = snapshot.points(DURATION)[..] else { panic!("{client}: {snapshot:#?}") };
        let Value::Histogram { sum, bounds, .. } = &point.value else { panic!("{point:?}") };
        let conventions = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];
        assert_eq!((bounds[..] == conventions, &*point.unit), (true, "s"), "{client}");
        assert!(*sum > 0.0 && *sum < LONG.as_secs_f64(), "{client}: {sum}");
    }
}

#[tokio::test]
async fn hc_01_hc_04_a_response_without_a_body() {
    for (response, status) in
        [(&b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"[..], "200"), (b"HTTP/1.1 204 No Content\r\n\r\n", "204")]
    {
        let address = answering(response).await;
        for (client, snapshot) in all(get(address)).await {
            let others = [("http.response.status_code", status), ("network.protocol.version", "1.1")];
            assert_recorded(&snapshot, client, address, &others);
            assert_eq!(snapshot.sum(RESPONSE_SIZE, &[]), 0.0, "{client}");
        }
    }
}

#[tokio::test]
async fn hc_02_hc_03_hc_10_the_bytes_of_both_bodies() {
    let address = server(|mut stream| async move {
        request_head(&mut stream).await;
        let mut upload = [0; 6];
        stream.read_exact(&mut upload).await.unwrap();
        assert_eq!(&upload, b"upload");
        stream.write_all(HELLO).await.unwrap();
        hang_up(stream).await;
    })
    .await;
    let request = Request::post(format!("http://{address}/")).body(Full::from("upload")).unwrap();
    for (client, snapshot) in all(request).await {
        let [point] = snapshot.points(DURATION)[..] else { panic!("{client}: {snapshot:#?}") };
        assert_eq!(point.attributes["http.request.method"], "POST", "{client}");
        for (metric, bytes) in [(REQUEST_SIZE, 6.0), (RESPONSE_SIZE, 5.0)] {
            let [size] = snapshot.points(metric)[..] else { panic!("{client}: {snapshot:#?}") };
            assert_eq!(size.attributes, point.attributes, "{client}: {metric}");
            assert_eq!((snapshot.sum(metric, &[]), snapshot.count(metric, &[])), (bytes, 1), "{client}: {metric}");
        }
    }
}

#[tokio::test]
async fn hc_18_hc_19_an_error_status_is_an_error_and_a_redirect_is_none() {
    for (response, status, is_error) in [
        (&b"HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nno"[..], "404", true),
        (b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n", "503", true),
        // Without a place to go to, which reqwest would do.
        (b"HTTP/1.1 301 Moved Permanently\r\ncontent-length: 0\r\n\r\n", "301", false),
    ] {
        let address = answering(response).await;
        for (client, snapshot) in all(get(address)).await {
            let others =
                [("http.response.status_code", status), ("network.protocol.version", "1.1"), ("error.type", status)];
            assert_recorded(&snapshot, client, address, if is_error { &others } else { &others[..2] });
        }
    }
}

#[tokio::test]
async fn hc_09_the_version_is_that_of_the_response() {
    let address = answering(b"HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nhello").await;
    for (client, snapshot) in all(get(address)).await {
        let others = [("http.response.status_code", "200"), ("network.protocol.version", "1.0")];
        assert_recorded(&snapshot, client, address, &others);
    }

    let address = server(|stream| async move {
        let hello = service_fn(|request: Request<Incoming>| async {
            let upload = request.into_body().collect().await.unwrap();
            Ok::<_, Infallible>(Response::new(Full::new(upload.to_bytes())))
        });
        let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        // How the client leaves is its own affair.
        let _left = server.serve_connection(TokioIo::new(stream), hello).await;
    })
    .await;
    let request = get(address).map(|_| Full::from("upload"));
    for (client, snapshot) in all_http2(request).await {
        let others = [("http.response.status_code", "200"), ("network.protocol.version", "2")];
        assert_recorded(&snapshot, client, address, &others);
        assert_eq!((snapshot.sum(REQUEST_SIZE, &[]), snapshot.sum(RESPONSE_SIZE, &[])), (6.0, 6.0), "{client}");
    }
}

#[tokio::test]
async fn hc_09_hc_11_hc_15_the_scheme_by_option_and_the_template_by_extension() {
    let address = answering(HELLO).await;
    let request = || {
        let mut request = get(address);
        request.extensions_mut().insert(UrlTemplate::new("/users/{id}"));
        *request.uri_mut() = format!("http://{address}/users/42?id=12345").parse().unwrap();
        request
    };
    let metrics = InMemoryMetrics::new();
    let layer = layer(&metrics).with_scheme();
    fetch(layer.layer(hyper_util()), request()).await;
    fetch(layer.layer(adapted(reqwest(reqwest::Client::builder().no_proxy()))), request()).await;
    let snapshot = metrics.snapshot();
    let both = [("url.scheme", "http"), ("url.template", "/users/{id}")];
    for metric in [DURATION, REQUEST_SIZE, RESPONSE_SIZE] {
        assert_eq!((snapshot.count(metric, &both), snapshot.points(metric).len()), (2, 1), "{metric}");
    }
    let port = address.port().to_string();
    let server = [("http.request.method", "GET"), ("server.address", "127.0.0.1"), ("server.port", &port)];
    assert_settled(&snapshot, "both", &[&server[..], &both].concat());
}

//! A client's attempts, and a client that really connects.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::{Ready, ready};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use telemetry_http::Resends;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tower::retry::{Policy, Retry};
use tower::{Layer, ServiceExt, service_fn};

use crate::{Spans, Way, both, hello, now};

/// Until there is something else than 503.
#[derive(Clone)]
struct Busy;

impl<B, E> Policy<Request<Empty<Bytes>>, Response<B>, E> for Busy {
    type Future = Ready<()>;

    fn retry(&mut self, _: &mut Request<Empty<Bytes>>, result: &mut Result<Response<B>, E>) -> Option<Ready<()>> {
        result.as_ref().is_ok_and(|response| response.status() == StatusCode::SERVICE_UNAVAILABLE).then(|| ready(()))
    }

    fn clone_request(&mut self, request: &Request<Empty<Bytes>>) -> Option<Request<Empty<Bytes>>> {
        Some(request.clone())
    }
}

/// Answers well from the third attempt on, and keeps the headers of each.
fn attempts(spans: &Spans, request: Request<Empty<Bytes>>) -> Vec<HeaderMap> {
    let (seen, count) = (std::sync::Mutex::new(Vec::new()), Cell::new(0));
    let answer = |request: Request<telemetry_http::RequestBody<Empty<Bytes>>>| {
        seen.lock().unwrap().push(request.headers().clone());
        count.set(count.get() + 1);
        let mut response = hello();
        if count.get() < 3 {
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        }
        ready(Ok::<_, Infallible>(response))
    };
    let service = Retry::new(Busy, spans.client().layer(service_fn(answer)));
    now(async { service.oneshot(request).await.unwrap().collect().await.unwrap() });
    seen.into_inner().unwrap()
}

#[test]
fn sp_41_sp_56_each_attempt_has_a_span_and_the_second_one_the_first_count() {
    both(|spans| {
        let request = Request::get("http://shop.example/").extension(Resends::default()).body(Empty::new()).unwrap();
        let headers = attempts(spans, request);
        let finished = spans.kept.finished();
        spans.kept.clear();
        let counts: Vec<_> = finished.iter().map(|span| span.attribute("http.request.resend_count").cloned()).collect();
        assert_eq!(counts, [None, Some(1.into()), Some(2.into())]);
        for (span, headers) in finished.iter().zip(&headers) {
            let parent = format!("00-{}-{}-01", span.trace_id(), span.span_id());
            assert_eq!(headers["traceparent"], parent, "each attempt tells its own span");
            assert_eq!(span.attribute("url.full"), Some(&"http://shop.example/".into()));
        }
        assert_eq!(headers.len(), 3);
    });
}

#[test]
fn sp_41_without_a_counter_there_is_no_count() {
    both(|spans| {
        attempts(spans, Request::get("http://shop.example/").body(Empty::new()).unwrap());
        let finished = spans.kept.finished();
        assert_eq!(finished.len(), 3);
        assert!(finished.iter().all(|span| span.attribute("http.request.resend_count").is_none()));
        spans.kept.clear();
    });
}

#[test]
fn sp_33_sp_34_hs_09_the_client_of_hyper_tells_the_peer_and_the_version() {
    for way in Way::ALL {
        let spans = Spans::new(way);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        let address = runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(async move {
                let (mut stream, _) = listener.accept().await.unwrap();
                let (mut head, mut byte) = (Vec::new(), [0]);
                while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).await.unwrap() == 1 {
                    head.push(byte[0]);
                }
                stream.write_all(b"HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nhello").await.unwrap();
            });
            let client = Client::builder(TokioExecutor::new()).build_http();
            let request = Request::get(format!("http://localhost:{}/", address.port()));
            let request = request.body(Empty::<Bytes>::new()).unwrap();
            let client = tower::ServiceBuilder::new()
                .layer(spans.client().with_network_details())
                .map_request(|request: Request<telemetry_http::RequestBody<Empty<Bytes>>>| request)
                .service(client);
            client.oneshot(request).await.unwrap().collect().await.unwrap();
            address
        });
        let span = spans.only();
        assert_eq!(span.attribute("server.address"), Some(&"localhost".into()));
        assert_eq!(span.attribute("network.peer.address"), Some(&"127.0.0.1".into()));
        assert_eq!(span.attribute("network.peer.port"), Some(&i64::from(address.port()).into()));
        assert_eq!(span.attribute("network.protocol.version"), Some(&"1.0".into()));
        assert_eq!(span.attribute("network.transport"), Some(&"tcp".into()));
        assert_eq!(span.attribute("network.local.address"), Some(&"127.0.0.1".into()));
        assert!(span.attribute("network.local.port").is_some_and(|port| *port != i64::from(address.port()).into()));
    }
}

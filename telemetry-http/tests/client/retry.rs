//! A request that is tried again.

use std::future::{Ready, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::StatusCode;
use tokio::io::AsyncWriteExt;
use tower::retry::{Policy, Retry};

use crate::clients::{adapted, hyper_util, reqwest};
use crate::servers::{hang_up, request_head, server};
use crate::*;

/// Until there is something else than 503.
#[derive(Clone)]
struct Busy;

impl<B, E> Policy<Request<Upload>, Response<B>, E> for Busy {
    type Future = Ready<()>;

    fn retry(&mut self, _: &mut Request<Upload>, result: &mut Result<Response<B>, E>) -> Option<Ready<()>> {
        result.as_ref().is_ok_and(|response| response.status() == StatusCode::SERVICE_UNAVAILABLE).then(|| ready(()))
    }

    fn clone_request(&mut self, request: &Request<Upload>) -> Option<Request<Upload>> {
        Some(request.clone())
    }
}

async fn assert_attempts<S, B>(client: S)
where
    S: Service<Request<RequestBody<Upload>>, Response = Response<B>, Error: 'static> + Clone,
    B: Body<Error: 'static>,
{
    let attempts = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&attempts);
    let address = server(move |mut stream| {
        let attempts = Arc::clone(&attempts);
        async move {
            request_head(&mut stream).await;
            let busy = attempts.fetch_add(1, Ordering::Relaxed) < 2;
            let status = if busy { "503 Service Unavailable" } else { "200 OK" };
            let response = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
            stream.write_all(response.as_bytes()).await.unwrap();
            hang_up(stream).await;
        }
    })
    .await;
    let metrics = InMemoryMetrics::new();
    fetch(Retry::new(Busy, layer(&metrics).layer(client)), get(address)).await;
    let snapshot = metrics.snapshot();
    assert_eq!((snapshot.count(DURATION, &[]), seen.load(Ordering::Relaxed)), (3, 3));
    let busy = [("http.response.status_code", "503"), ("error.type", "503")];
    assert_eq!(snapshot.count(DURATION, &busy), 2);
    assert_eq!(snapshot.count(DURATION, &[("http.response.status_code", "200")]), 1);
    let port = address.port().to_string();
    let server = [("http.request.method", "GET"), ("server.address", "127.0.0.1"), ("server.port", &port)];
    assert_settled(&snapshot, "retry", &server);
}

#[tokio::test]
async fn hc_01_hc_04_each_attempt_of_a_request_is_recorded() {
    assert_attempts(hyper_util()).await;
    assert_attempts(adapted(reqwest(reqwest::Client::builder().no_proxy()))).await;
}

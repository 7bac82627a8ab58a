//! The caller goes away: HC-17.

use std::sync::Arc;

use telemetry_http::ClientMetricsService;
use tokio::sync::Notify;

use crate::clients::{adapted, hyper_util, reqwest};
use crate::servers::{request_head, server, stalling, wait_for_end};
use crate::*;

/// Drops the future when the request is at the server.
async fn drop_future<S, B>(client: S) -> (Snapshot, SocketAddr)
where
    S: Service<Request<RequestBody<Upload>>, Response = Response<B>, Error: 'static>,
    B: Body<Error: 'static>,
{
    let arrived = Arc::new(Notify::new());
    let tell = Arc::clone(&arrived);
    let address = server(move |mut stream| {
        let tell = Arc::clone(&tell);
        async move {
            request_head(&mut stream).await;
            tell.notify_one();
            wait_for_end(&mut stream).await;
        }
    })
    .await;
    let metrics = InMemoryMetrics::new();
    let service: ClientMetricsService<S> = layer(&metrics).layer(client);
    tokio::select! {
        _ = service.oneshot(get(address)) => panic!("nobody answers"),
        arrived = tokio::time::timeout(LONG, arrived.notified()) => arrived.unwrap(),
    }
    (metrics.snapshot(), address)
}

/// Drops the body when a part of it has come.
async fn drop_body<S, B>(client: S) -> (Snapshot, SocketAddr)
where
    S: Service<Request<RequestBody<Upload>>, Response = Response<B>, Error: std::fmt::Debug + 'static>,
    B: Body<Error: std::fmt::Debug + 'static> + Unpin,
{
    let address = stalling(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello").await;
    let metrics = InMemoryMetrics::new();
    let dropping = async {
        let mut body = layer(&metrics).layer(client).oneshot(get(address)).await.unwrap().into_body();
        body.frame().await.unwrap().unwrap();
        let snapshot = metrics.snapshot();
        assert_eq!((snapshot.count(DURATION, &[]), snapshot.sum(ACTIVE, &[])), (0, 1.0));
    };
    tokio::time::timeout(LONG, dropping).await.unwrap();
    (metrics.snapshot(), address)
}

fn direct() -> reqwest::Client {
    reqwest(reqwest::Client::builder().no_proxy())
}

#[tokio::test]
async fn hc_17_a_dropped_future_is_recorded_once_and_no_error() {
    let (snapshot, address) = drop_future(hyper_util()).await;
    assert_recorded(&snapshot, "hyper-util", address, &[]);
    let (snapshot, address) = drop_future(adapted(direct())).await;
    assert_recorded(&snapshot, "reqwest", address, &[]);
}

#[tokio::test]
async fn hc_17_a_dropped_body_is_recorded_once_and_no_error() {
    let others = [("http.response.status_code", "200"), ("network.protocol.version", "1.1")];
    let (snapshot, address) = drop_body(hyper_util()).await;
    assert_recorded(&snapshot, "hyper-util", address, &others);
    assert_eq!(snapshot.sum(RESPONSE_SIZE, &[]), 5.0);
    let (snapshot, address) = drop_body(adapted(direct())).await;
    assert_recorded(&snapshot, "reqwest", address, &others);
    assert_eq!(snapshot.sum(RESPONSE_SIZE, &[]), 5.0);
}

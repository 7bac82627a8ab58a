//! Both layers together.

use std::sync::Arc;

use telemetry_http::ConnectionHandle;
use tokio::io::AsyncWriteExt;
use tokio::sync::Notify;

use crate::clients::{builder, counted};
use crate::servers::{request_head, server};
use crate::*;

const OPEN: &str = "http.client.open_connections";
const CONNECTION_DURATION: &str = "http.client.connection.duration";

/// How many connections are active, are idle and have closed.
fn states(metrics: &InMemoryMetrics) -> (f64, f64, u64) {
    let snapshot = metrics.snapshot();
    let open = |state| snapshot.sum(OPEN, &[("http.connection.state", state)]);
    (open("active"), open("idle"), snapshot.count(CONNECTION_DURATION, &[]))
}

#[tokio::test]
async fn hc_05_hc_06_hc_12_a_connection_is_active_then_idle_then_closed() {
    let proceed = Arc::new(Notify::new());
    let go_on = Arc::clone(&proceed);
    let address = server(move |mut stream| {
        let proceed = Arc::clone(&proceed);
        async move {
            loop {
                request_head(&mut stream).await;
                // Fails when the client is gone.
                if stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhel").await.is_err() {
                    break;
                }
                proceed.notified().await;
                stream.write_all(b"lo").await.unwrap();
            }
        }
    })
    .await;
    let metrics = InMemoryMetrics::new();
    let client = layer(&metrics).layer(counted(&builder(), &metrics));
    let using = async {
        for _ in 0..2 {
            let response = client.clone().oneshot(get(address)).await.unwrap();
            assert!(response.extensions().get::<ConnectionHandle>().is_some());
            assert_eq!(states(&metrics), (1.0, 0.0, 0), "while the body is read");
            go_on.notify_one();
            assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "hello");
            assert_eq!(states(&metrics), (0.0, 1.0, 0), "until the next request");
            // The pool has it back a moment later.
            tokio::task::yield_now().await;
        }
        drop(client);
        while states(&metrics) != (0.0, 0.0, 1) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LONG, using).await.expect("the connection closes");
    let snapshot = metrics.snapshot();
    let port = address.port().to_string();
    let server = [("server.address", "127.0.0.1"), ("server.port", &*port)];
    assert_eq!(snapshot.count(CONNECTION_DURATION, &server), 1, "hc_13");
    assert_eq!(snapshot.count(DURATION, &server), 2, "on one connection");
}

//! HTTP/2: many requests at a time on a connection.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use tokio::net::TcpStream;
use tower::ServiceExt;

use super::*;

fn version(snapshot: &Snapshot, version: (&'static str, &'static str)) -> (f64, f64) {
    (snapshot.sum(OPEN, &[ACTIVE, version]), snapshot.sum(OPEN, &[IDLE, version]))
}

#[tokio::test]
async fn hc_12_prior_knowledge_two_streams_on_one_connection() {
    let (metrics, mut server) = (InMemoryMetrics::new(), Server::start().await);
    let client = build(Client::builder(TokioExecutor::new()).http2_only(true), &metrics);
    let first = send(&client, &server.uri());
    let first_call = server.call().await;
    let second = send(&client, &server.uri());
    let second_call = server.call().await;
    assert_eq!(server.accepted(), 1);
    assert_eq!(version(&metrics.snapshot(), HTTP2), (0.0, 1.0), "no head has come");
    assert_eq!(version(&metrics.snapshot(), HTTP1), (0.0, 0.0));

    first_call.answer();
    second_call.answer();
    let (first, second) = (first.await.unwrap().unwrap(), second.await.unwrap().unwrap());
    let guards = [guard(&first), guard(&second)];
    assert_eq!(version(&metrics.snapshot(), HTTP2), (1.0, 0.0));
    let [one, other] = guards;
    assert_eq!(read(first).await, "hello");
    drop(one);
    assert_eq!(version(&metrics.snapshot(), HTTP2), (1.0, 0.0));
    assert_eq!(read(second).await, "hello");
    drop(other);
    assert_eq!(version(&metrics.snapshot(), HTTP2), (0.0, 1.0));

    drop(client);
    let snapshot = all_closed(&metrics, 1).await;
    assert_eq!(snapshot.count(DURATION, &[HTTP2]), 1);
}

#[tokio::test]
async fn hc_12_without_guards_a_connection_is_idle() {
    let (metrics, mut server) = (InMemoryMetrics::new(), Server::start().await);
    let client = build(Client::builder(TokioExecutor::new()).http2_only(true), &metrics);
    let response = send(&client, &server.uri());
    server.call().await.answer();
    assert_eq!(read(response.await.unwrap().unwrap()).await, "hello");
    assert_eq!(states(&metrics.snapshot()), (0.0, 1.0));
    drop(server);
    all_closed(&metrics, 1).await;
}

/// A stream that says that HTTP/2 was agreed on, as one of TLS does.
struct Negotiated(TokioIo<TcpStream>);

impl Connection for Negotiated {
    fn connected(&self) -> Connected {
        self.0.connected().negotiated_h2()
    }
}

impl Read for Negotiated {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl Write for Negotiated {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[tokio::test]
async fn hc_12_hc_13_negotiated_http_2_is_known_from_the_start() {
    let (metrics, mut server) = (InMemoryMetrics::new(), Server::start().await);
    let connector = HttpConnector::new().map_response(Negotiated);
    let connector = layer(&metrics).with_peer_address().layer(connector);
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build(connector);
    let response = tokio::spawn(client.get(server.uri()));
    server.call().await.answer();
    finish(response.await.unwrap().unwrap()).await;
    drop(client);
    let snapshot = all_closed(&metrics, 1).await;
    assert_eq!(snapshot.points(OPEN).len(), 2, "{snapshot:#?}");
    assert_eq!(snapshot.count(DURATION, &[HTTP2, ("network.peer.address", "127.0.0.1")]), 1, "{snapshot:#?}");
}

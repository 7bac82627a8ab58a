//! `axum::serve` with a metered listener.
#![allow(clippy::expect_used, clippy::unwrap_used)] // Helpers of tests may fail them.

mod common;

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{any, get};
use axum::serve::{Listener, ListenerExt};
use axum::{Extension, Router};
use common::{ACTIVE, DURATION, Metered};
use hyper_util::rt::TokioIo;
use telemetry_core::testing::Snapshot;
use telemetry_core::{Address, ConnectionInfo};
use telemetry_net::{ConnectionHandle, MakeConnectionService};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

const REQUESTS: &str = "transport.server.connection.requests";
const UPGRADED: &str = "transport.server.upgraded_connections";
const REJECTED: &str = "transport.server.rejected_connections";

async fn who(Extension(info): Extension<ConnectionInfo>, Extension(handle): Extension<ConnectionHandle>) -> String {
    let Some(Address::Socket(peer)) = info.peer() else { return "nobody".to_owned() };
    format!("{peer} {}", handle.requests())
}

/// Sends back what comes, and what it sends is no longer HTTP.
async fn echo(request: Request) -> Response {
    tokio::spawn(async move {
        let mut stream = TokioIo::new(hyper::upgrade::on(request).await.unwrap());
        let mut byte = [0];
        while stream.read(&mut byte).await.unwrap() > 0 {
            stream.write_all(&byte).await.unwrap();
        }
    });
    let response = Response::builder().status(StatusCode::SWITCHING_PROTOCOLS);
    response.header("connection", "upgrade").header("upgrade", "echo").body(Body::empty()).unwrap()
}

fn app() -> Router {
    Router::new().route("/", get(who)).route("/echo", any(echo))
}

/// Serves until it is told to stop.
fn serve<L>(listener: L) -> (SocketAddr, oneshot::Sender<()>, JoinHandle<()>)
where
    L: Listener<Addr = SocketAddr>,
    L::Io: telemetry_net::Metered,
{
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(async move {
        let served = axum::serve(listener, MakeConnectionService::new(app()));
        served.with_graceful_shutdown(async { stopped.await.unwrap_or_default() }).await.unwrap();
    });
    (address, stop, task)
}

async fn bind() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

async fn ask(stream: &mut TcpStream, head: &str, until: &str) -> String {
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    while !answer.ends_with(until) {
        let mut byte = [0];
        assert_eq!(stream.read(&mut byte).await.unwrap(), 1, "{answer}");
        answer.push(byte[0].into());
    }
    answer
}

const GET: &str = "GET / HTTP/1.1\r\nhost: shop.example\r\n\r\n";
const UPGRADE: &str = "GET /echo HTTP/1.1\r\nhost: shop.example\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n";

async fn closed(metered: &Metered) -> Snapshot {
    while metered.active() > 0.0 {
        tokio::task::yield_now().await;
    }
    metered.metrics.snapshot()
}

#[tokio::test(flavor = "current_thread")]
async fn nt_67_requests_know_their_connection_and_count() {
    let metered = Metered::new();
    let (address, _stop, _) = serve(metered.layer.listen(bind().await));
    let mut client = TcpStream::connect(address).await.unwrap();
    for turn in 1..=3 {
        let who = format!("{} {turn}", client.local_addr().unwrap());
        let answer = ask(&mut client, GET, &who).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    drop(client);
    let snapshot = closed(&metered).await;
    let port = address.port().to_string();
    let server = [("server.address", "127.0.0.1"), ("server.port", &*port), ("network.transport", "tcp")];
    assert_eq!((snapshot.count(REQUESTS, &server), snapshot.sum(REQUESTS, &server)), (1, 3.0));
    assert_eq!(snapshot.count(DURATION, &server), 1);
}

#[tokio::test(flavor = "current_thread")]
async fn nt_35_an_upgrade_counts_until_it_is_closed() {
    let metered = Metered::new();
    let (address, _stop, _) = serve(metered.layer.listen(bind().await));
    let mut client = TcpStream::connect(address).await.unwrap();
    let answer = ask(&mut client, UPGRADE, "\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 101"), "{answer}");
    assert_eq!(ask(&mut client, "no longer HTTP", "HTTP").await, "no longer HTTP");
    assert_eq!(metered.metrics.snapshot().sum(UPGRADED, &[]), 1.0);
    drop(client);
    let snapshot = closed(&metered).await;
    assert_eq!(snapshot.sum(UPGRADED, &[]), 0.0);
    assert_eq!((snapshot.count(REQUESTS, &[]), snapshot.sum(REQUESTS, &[])), (1, 1.0));
}

#[tokio::test(flavor = "current_thread")]
async fn nt_32_a_limit_and_a_tap_go_along() {
    let metered = Metered::new();
    let listener = metered.layer.listen(bind().await).with_max_connections(1).tap_io(|stream| {
        stream.get_ref().set_nodelay(true).unwrap();
        assert_eq!(stream.connection().requests(), 0);
    });
    let (address, _stop, _) = serve(listener);
    let mut client = TcpStream::connect(address).await.unwrap();
    let who = format!("{} 1", client.local_addr().unwrap());
    ask(&mut client, GET, &who).await;
    let mut second = TcpStream::connect(address).await.unwrap();
    assert_eq!(second.read(&mut [0]).await.unwrap(), 0);
    let snapshot = metered.metrics.snapshot();
    assert_eq!((snapshot.sum(REJECTED, &[]), snapshot.sum(ACTIVE, &[])), (1.0, 1.0));
    drop(client);
    closed(&metered).await;
}

#[tokio::test(flavor = "current_thread")]
async fn nt_68_a_graceful_shutdown_ends_connections_and_the_listener() {
    let metered = Metered::new();
    let (address, stop, task) = serve(metered.layer.listen(bind().await));
    let mut client = TcpStream::connect(address).await.unwrap();
    let who = format!("{} 1", client.local_addr().unwrap());
    ask(&mut client, GET, &who).await;
    assert_eq!(metered.metrics.snapshot().points("transport.server.accept.age").len(), 1);
    stop.send(()).unwrap();
    assert_eq!(client.read(&mut [0]).await.unwrap(), 0);
    task.await.unwrap();
    let snapshot = closed(&metered).await;
    assert_eq!(snapshot.count(DURATION, &[("transport.close.reason", "local")]), 1, "{snapshot:#?}");
    assert_eq!(snapshot.points("transport.server.accept.age").len(), 0);
}

/// A router by itself is served too. Its requests do not know their connection.
#[tokio::test(flavor = "current_thread")]
async fn a_plain_router_works_without_the_join() {
    let metered = Metered::new();
    let listener = metered.layer.listen(bind().await);
    let address = listener.local_address().unwrap();
    let hello = Router::new().route("/", get(async || "hello"));
    tokio::spawn(async move { axum::serve(listener, hello).await });
    let mut client = TcpStream::connect(address).await.unwrap();
    ask(&mut client, GET, "hello").await;
    drop(client);
    let snapshot = closed(&metered).await;
    assert_eq!(snapshot.count(DURATION, &[]), 1);
    assert_eq!(snapshot.count(REQUESTS, &[]), 0);
}

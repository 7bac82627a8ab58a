//! A real HTTP client in both versions: kept and closed connections, all kinds of bodies, many streams at once.

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use futures_util::future::try_join_all;
use hyper::Method;

use crate::stage::client::{Call, Client, Upload};
use crate::stage::ledger::Ledger;
use crate::stage::wire::Wire;

/// Sleeps of the slow route, which stay clear of the bucket borders 0.1 and 0.25 on either side.
pub(in crate::integration) const SLOW_MS: u64 = 150;
pub(in crate::integration) const SLOW_ROUTE: &str = "/slow";

pub(super) async fn drive(wire: &Wire, ledger: &mut Ledger) -> Result<()> {
    for _ in 0..3 {
        everything(Client::http1(wire).await?, ledger).await.context("HTTP/1.1")?;
        everything(Client::http2(wire).await?, ledger).await.context("h2c")?;
    }
    for _ in 0..10 {
        once(Client::http1(wire).await?, ledger).await?;
        once(Client::http2(wire).await?, ledger).await?;
    }
    many_streams(wire, ledger).await
}

/// One connection for every kind of exchange.
async fn everything(mut client: Client, ledger: &mut Ledger) -> Result<()> {
    for _ in 0..20 {
        client.call(&Call::get("/", "/"), ledger).await?;
    }
    for id in 0..10 {
        client.call(&Call::get(format!("/users/{id}"), "/users/{id}"), ledger).await?;
    }
    for call in errors() {
        client.call(&call, ledger).await?;
    }
    let head = Call::new(Method::HEAD, "/", Some("/"), 200);
    ensure!(client.call(&head, ledger).await?.is_empty(), "a HEAD response has a body");

    for upload in uploads() {
        let echo = Call::new(Method::POST, "/echo", Some("/echo"), 200).upload(upload.clone());
        ensure!(client.call(&echo, ledger).await? == upload.bytes(), "the echo differs from what was sent");
    }
    for (chunks, bytes) in [(1, 1), (5, 1000), (40, 4096)] {
        let path = format!("/stream?chunks={chunks}&delay_ms=1&bytes={bytes}");
        let body = client.call(&Call::get(path, "/stream"), ledger).await?;
        ensure!(body.len() == chunks * bytes, "{} bytes were streamed, not {}", body.len(), chunks * bytes);
    }
    client.call(&Call::get(format!("/slow?ms={SLOW_MS}"), SLOW_ROUTE), ledger).await?;
    client.close().await
}

fn errors() -> Vec<Call> {
    let status = |code| Call::new(Method::GET, format!("/status/{code}"), Some("/status/{code}"), code);
    let mut calls: Vec<Call> = [204, 304, 404, 418, 500, 500, 503].map(status).into();
    calls.push(Call::new(Method::GET, "/nowhere", None, 404));
    calls.push(Call::new(Method::HEAD, "/nowhere", None, 404));
    calls.push(Call::new(Method::DELETE, "/nowhere/17", None, 404));
    calls.push(Call::new(Method::HEAD, "/status/500", Some("/status/{code}"), 500));
    calls
}

fn uploads() -> [Upload; 5] {
    let piece = |length| Bytes::from(vec![b'x'; length]);
    [
        Upload::Nothing,
        Upload::Sized(piece(1)),
        Upload::Sized(piece(100_000)),
        Upload::Streamed(vec![piece(1)]),
        Upload::Streamed(vec![piece(10), piece(20_000), piece(3000)]),
    ]
}

/// A connection for a single exchange.
async fn once(mut client: Client, ledger: &mut Ledger) -> Result<()> {
    client.call(&Call::get("/", "/"), ledger).await?;
    client.close().await
}

async fn many_streams(wire: &Wire, ledger: &mut Ledger) -> Result<()> {
    let client = Client::http2(wire).await?;
    let calls = (0..60).map(|index| match index % 3 {
        0 => Call::get("/", "/"),
        1 => Call::get("/stream?chunks=3&delay_ms=5&bytes=100", "/stream"),
        _ => Call::new(Method::GET, "/status/500", Some("/status/{code}"), 500),
    });
    let streams = calls.map(|call| {
        let sender = client.sender.another();
        async move { sender.context("one exchange at a time")?.call(&call).await }
    });
    for outcome in try_join_all(streams).await? {
        outcome.book(ledger);
    }
    client.close().await
}

//! Clients with connections of their own: those that take long, break off, wait or are told of a failure.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use futures_util::FutureExt;
use hyper::Method;
use tokio::time::sleep;

use super::{Client, client, pace};
use crate::stage::client::{self, Call};
use crate::stage::websocket::WebSocket;
use crate::stage::wire::Wire;

/// Nobody waits for as long.
const NEVER: &str = "60000";

pub(super) fn clients(wire: &Wire) -> Vec<Client> {
    let again = |name, every, act: fn(Wire) -> Client| {
        let wire = wire.clone();
        client(name, Duration::from_millis(every), move || act(wire.clone()))
    };
    vec![
        again("a request that takes long", 3000, |wire| once(wire, Call::get("/slow?ms=800", "/slow")).boxed()),
        again("a relay to an error", 6000, |wire| once(wire, status("/relay?path=/status/500", 502)).boxed()),
        again("a relay to a panic", 9000, |wire| once(wire, status("/relay?path=/panic", 502)).boxed()),
        again("a panic", 7000, |wire| panic(wire).boxed()),
        again("a client that gives up before the head", 2000, |wire| gives_up(wire, "/slow?ms=", "").boxed()),
        again("a client that gives up in the body", 2000, |wire| {
            gives_up(wire, "/stream?chunks=2&bytes=100&delay_ms=", "xxx").boxed()
        }),
        again("a client that gives up on a relay", 3000, |wire| gives_up(wire, "/relay?path=/slow?ms=", "").boxed()),
        again("a client that breaks off", 3000, |wire| breaks_off(wire).boxed()),
        web_socket(wire.clone()).boxed(),
        idle(wire.clone()).boxed(),
    ]
}

/// An exchange on a connection of its own, in either version.
async fn once(wire: Wire, call: Call) -> Result<()> {
    let mut client = match fastrand::bool() {
        true => client::Client::http1(&wire).await?,
        false => client::Client::http2(&wire).await?,
    };
    client.sender.call(&call).await?;
    client.close().await
}

fn status(path: &str, status: u16) -> Call {
    Call::new(Method::GET, path, None, status)
}

async fn panic(wire: Wire) -> Result<()> {
    let mut raw = wire.raw().await?;
    raw.write(get("/panic")).await?;
    ensure!(raw.read_to_end().await?.is_empty(), "an answer from a panic");
    Ok(())
}

/// Goes away a moment after what is `enough` has come.
async fn gives_up(wire: Wire, path: &str, enough: &str) -> Result<()> {
    let mut raw = wire.raw().await?;
    raw.write(get(&format!("{path}{NEVER}"))).await?;
    if !enough.is_empty() {
        raw.read_until(enough).await?;
    }
    sleep(Duration::from_millis(100)).await;
    Ok(())
}

/// In the middle of its upload.
async fn breaks_off(wire: Wire) -> Result<()> {
    let mut raw = wire.raw().await?;
    raw.write("POST /echo HTTP/1.1\r\nHost: playground\r\nContent-Length: 9\r\n\r\nhalf").await?;
    raw.read_until("half").await?;
    raw.reset()
}

/// One that is open all the time, and one that is opened and closed.
async fn web_socket(wire: Wire) -> Result<()> {
    let mut kept = WebSocket::open(&wire).await.context("WebSocket")?;
    let mut pace = pace(Duration::from_secs(1));
    loop {
        pace.tick().await;
        kept.hello().await.context("WebSocket")?;
        let mut other = WebSocket::open(&wire).await.context("WebSocket")?;
        other.hello().await.context("WebSocket")?;
        other.close().await.context("WebSocket")?;
    }
}

/// Connections with a request behind them, and without.
async fn idle(wire: Wire) -> Result<()> {
    let mut asked = wire.raw().await?;
    asked.write(get("/")).await?;
    asked.read_until("this text").await?;
    let _silent = wire.raw().await?;
    std::future::pending().await
}

pub(super) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: playground\r\n\r\n")
}

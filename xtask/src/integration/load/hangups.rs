//! Clients that go away before the head or in mid-body, and handlers that panic.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use futures_util::future::join_all;
use http_body_util::BodyExt;
use tokio::time::{Instant, sleep};

use crate::stage::client::{Call, Client};
use crate::stage::example::Example;
use crate::stage::ledger::{Ending, Kind, Ledger};
use crate::stage::wire::Wire;

/// Long enough that the server would never get there by itself while it is watched.
const NEVER_MS: u64 = 60_000;
const CHUNK: usize = 100;
const CLIENTS: usize = 5;

pub(super) async fn drive(wire: &Wire, playground: &Example, ledger: &mut Ledger) -> Result<()> {
    before_the_head(wire, playground, ledger).await?;
    in_mid_body(wire, ledger).await?;
    streams_of_one_connection(wire, playground, ledger).await?;
    panics(wire, ledger).await?;
    // Nothing may be left of all this but the counts.
    active(playground, 0).await
}

async fn before_the_head(wire: &Wire, playground: &Example, ledger: &mut Ledger) -> Result<()> {
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        let mut raw = wire.raw().await?;
        raw.write(request(&format!("/slow?ms={NEVER_MS}"))).await?;
        clients.push(raw);
        ledger.record(Kind::new("GET", Some("/slow"), "1.1", Ending::CancelledBeforeHead), 0, 0);
    }
    active(playground, CLIENTS).await?;
    drop(clients);
    active(playground, 0).await
}

async fn in_mid_body(wire: &Wire, ledger: &mut Ledger) -> Result<()> {
    for _ in 0..CLIENTS {
        let mut raw = wire.raw().await?;
        raw.write(request(&stream())).await?;
        let read = raw.read_until("x".repeat(CHUNK).into_bytes()).await;
        let read = read.context("no first chunk").map(|text| String::from_utf8_lossy(&text).into_owned())?;
        ensure!(read.starts_with("HTTP/1.1 200 "), "{read}");
        ledger.record(Kind::new("GET", Some("/stream"), "1.1", Ending::CancelledInBody(200)), 0, CHUNK);
    }
    Ok(())
}

/// Streams are given up, but their connection goes on.
async fn streams_of_one_connection(wire: &Wire, playground: &Example, ledger: &mut Ledger) -> Result<()> {
    let mut client = Client::http2(wire).await?;
    {
        let slow = Call::get(format!("/slow?ms={NEVER_MS}"), "/slow");
        let mut senders: Vec<_> = (0..CLIENTS).filter_map(|_| client.sender.another()).collect();
        let slow = join_all(senders.iter_mut().map(|sender| sender.send(&slow)));
        tokio::select! {
            answers = slow => bail!("an answer after no time: {answers:?}"),
            active = active(playground, CLIENTS) => active?,
        }
    }
    for _ in 0..CLIENTS {
        ledger.record(Kind::new("GET", Some("/slow"), "2", Ending::CancelledBeforeHead), 0, 0);
        let mut body = client.sender.send(&Call::get(stream(), "/stream")).await?.into_body();
        let mut read = 0;
        while read < CHUNK {
            let frame = body.frame().await.context("no first chunk")??;
            read += frame.data_ref().map_or(0, bytes::Bytes::len);
        }
        ledger.record(Kind::new("GET", Some("/stream"), "2", Ending::CancelledInBody(200)), 0, read);
    }
    active(playground, 0).await?;
    client.call(&Call::get("/", "/"), ledger).await?;
    client.close().await
}

async fn panics(wire: &Wire, ledger: &mut Ledger) -> Result<()> {
    for _ in 0..CLIENTS {
        let mut raw = wire.raw().await?;
        raw.write(request("/panic")).await?;
        let answer = raw.read_to_end().await?;
        ensure!(answer.is_empty(), "an answer from a panic: {:?}", String::from_utf8_lossy(&answer));
        ledger.record(Kind::new("GET", Some("/panic"), "1.1", Ending::Panicked), 0, 0);
    }
    Ok(())
}

fn request(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n")
}

/// One chunk at once, and the next one never.
fn stream() -> String {
    format!("/stream?chunks=2&delay_ms={NEVER_MS}&bytes={CHUNK}")
}

/// Waits until the server says that this many requests are active. It only sets the pace: a client must not go away
/// before its request has arrived.
async fn active(playground: &Example, expected: usize) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let active = sum(&playground.scrape().await?, "http_server_active_requests");
        if active == expected as f64 {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "{active} requests are active, not {expected}");
        sleep(Duration::from_millis(20)).await;
    }
}

/// The sum of a metric's samples in a scrape.
fn sum(scrape: &str, metric: &str) -> f64 {
    let of_metric = |line: &&str| line.strip_prefix(metric).is_some_and(|rest| rest.starts_with(['{', ' ']));
    let value = |line: &str| line.rsplit(' ').next().and_then(|value| value.parse::<f64>().ok());
    scrape.lines().filter(of_metric).filter_map(value).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_one_metric_are_added_up() {
        let scrape = "# TYPE active gauge\nactive{a=\"b c\"} 2\nactive 3\nactive_more 5\n";
        assert_eq!(sum(scrape, "active"), 5.0);
        assert_eq!(sum("", "active"), 0.0);
    }
}

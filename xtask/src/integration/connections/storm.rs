//! Connections that somebody breaks off.

use std::convert::Infallible;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use futures_util::future::try_join_all;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::{Instant, sleep, timeout};

use super::proxy::{CLIENT_DURATION, DURATION, MAIN};
use super::upstream::Upstream;
use crate::integration::compare::Check;
use crate::stage::wire::{Raw, Wire};

/// How many of each kind.
const RESETS: u64 = 10;
const CLIENTS: u64 = 300;
const PROGRAMS: usize = 20;
const LIMIT: Duration = Duration::from_secs(20);

/// While nothing is under way, so that each reset is one for sure.
pub(super) async fn resets(wire: &Wire) -> Result<Vec<Check>> {
    for _ in 0..RESETS {
        let mut client = wire.raw().await?;
        client.write("echo\nhello").await?;
        client.read_until("hello").await?;
        client.reset()?;

        let mut of_upstream = wire.raw().await?;
        of_upstream.write("reset\n").await?;
        of_upstream.read_until("!").await?;
        of_upstream.write("!").await?;
        ensure!(of_upstream.read_to_end().await?.is_empty(), "an answer from an upstream that has reset");
    }
    let labels = |error| [("error_type", error), ("transport_close_reason", "error")];
    let reset = labels("connection_reset");
    Ok([DURATION, CLIENT_DURATION]
        .into_iter()
        .flat_map(|metric| {
            [
                MAIN.sum(metric, &reset, RESETS),
                // The other side of each.
                MAIN.sum(metric, &[("transport_close_reason", "dropped")], RESETS),
                MAIN.sum(metric, &[("transport_close_reason", "error")], RESETS),
            ]
        })
        .collect())
}

/// Clients that go in the middle of everything: resets, ends with much unread, and programs that are killed.
pub(super) async fn storm(wire: &Wire, upstream: &Upstream) -> Result<()> {
    let before = upstream.connections();
    let clients = async {
        try_join_all((0..CLIENTS).map(|number| client(wire, number))).await?;
        Ok(())
    };
    tokio::try_join!(clients, programs(wire))?;
    // Those that were killed at once have been there all the same.
    let all = before + CLIENTS + PROGRAMS as u64;
    let deadline = Instant::now() + LIMIT;
    while upstream.connections() < all {
        ensure!(Instant::now() < deadline, "{} of {all} connections have come to the upstream", upstream.connections());
        sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

async fn client(wire: &Wire, number: u64) -> Result<()> {
    let moment = Duration::from_millis(1 + number * 37 % 200);
    let mut raw = wire.raw().await?;
    // The echo comes to a stop once nobody reads it. That is as good a middle as any.
    let ended = timeout(moment, busy(&mut raw, number.is_multiple_of(2))).await;
    ensure!(ended.is_err(), "a client ended by itself: {ended:?}");
    if number.is_multiple_of(3) { raw.reset() } else { Ok(()) }
}

async fn busy(raw: &mut Raw, sends: bool) -> Result<Infallible> {
    raw.write(if sends { "echo\n" } else { "endless\n" }).await?;
    loop {
        if sends {
            raw.write([b'x'; 4096]).await?;
        } else {
            raw.read_exactly(4096).await?;
        }
    }
}

async fn programs(wire: &Wire) -> Result<()> {
    let (host, port) = (wire.server.ip().to_string(), wire.server.port().to_string());
    let mut children = Vec::new();
    for _ in 0..PROGRAMS {
        let mut child = Command::new("nc")
            .args([&host, &port])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("cannot start nc")?;
        child.stdin.as_mut().context("nc without stdin")?.write_all(b"endless\n").await?;
        children.push(child);
    }
    for mut child in children {
        // It is connected, and has more to read than it can write.
        let mut first = [0];
        let out = child.stdout.as_mut().context("nc without stdout")?;
        timeout(LIMIT, tokio::io::AsyncReadExt::read_exact(out, &mut first)).await.context("nc gets nothing")??;
        child.kill().await?;
        wire.count_program(0, 0);
    }
    Ok(())
}

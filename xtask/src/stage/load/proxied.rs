//! Clients of the proxy, which lets in only so many, and nobody for long. Whether a client is let in, and how far it gets
//! then, is for the proxy to say.

use std::time::Duration;

use anyhow::{Result, ensure};
use futures_util::FutureExt;
use futures_util::future::join_all;
use tokio::time::sleep;

use super::{Client, apart, client, pace};
use crate::stage::client::{Call, Client as Http};
use crate::stage::wire::Wire;

/// As many as the proxy lets in at once.
pub(crate) const MOST: usize = 8;
/// As many come in a crowd.
const CROWD: usize = MOST + 2;
/// So many requests go over a connection.
const KEPT: usize = 10;
/// Longer than the proxy needs to see that a client has gone.
const GONE: Duration = Duration::from_millis(500);

pub(super) fn clients([wire, astray]: &[Wire; 2]) -> [Client; 3] {
    let astray = astray.clone();
    [
        through(wire.clone()).boxed(),
        waits(wire.clone()).boxed(),
        client("a proxy that leads nowhere", Duration::from_secs(2), move || turned_away(astray.clone())),
    ]
}

/// The crowd comes when nobody else does who wants to be let in.
async fn through(wire: Wire) -> Result<()> {
    loop {
        let _ = requests(&wire).await;
        join_all((0..CROWD).map(|_| visit(&wire))).await;
        sleep(GONE).await;
    }
}

async fn requests(wire: &Wire) -> Result<()> {
    let mut pace = pace(Duration::from_millis(200));
    let mut client = Http::http1(wire).await?;
    for _ in 0..KEPT {
        pace.tick().await;
        client.sender.call(&Call::get("/users/1", "/users/{id}")).await?;
    }
    client.close().await
}

async fn visit(wire: &Wire) -> Result<()> {
    let mut raw = wire.raw().await?;
    raw.write(apart::get("/")).await?;
    raw.read_until("this text").await?;
    sleep(GONE).await;
    Ok(())
}

async fn turned_away(wire: Wire) -> Result<()> {
    let answer = wire.raw().await?.read_to_end().await?;
    ensure!(answer.is_empty(), "an answer from nowhere: {answer:?}");
    Ok(())
}

/// Asks once, and is idle until the proxy has had enough of it.
async fn waits(wire: Wire) -> Result<()> {
    let mut pace = pace(GONE);
    loop {
        pace.tick().await;
        let wait = async {
            let mut raw = wire.raw().await?;
            raw.write(apart::get("/")).await?;
            raw.read_to_end().await
        };
        let _ = wait.await;
    }
}

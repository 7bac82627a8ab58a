//! A known mix of load. Each part books what it drove in the ledger, and fails if the answers are not the known ones.

use anyhow::{Context, Result};

use crate::stage::example::Example;
use crate::stage::ledger::Ledger;
use crate::stage::wire::Wire;

pub(super) mod clients;
mod curl;
mod hangups;
mod raw;
pub(super) mod reply;
mod websocket;

/// Clients that let every exchange come to its end.
pub(super) async fn orderly(wire: &Wire, ledger: &mut Ledger) -> Result<()> {
    clients::drive(wire, ledger).await.context("HTTP clients")?;
    raw::drive(wire, ledger).await.context("hand-written requests")?;
    websocket::drive(wire, ledger).await.context("WebSocket")?;
    curl::drive(wire, ledger).await.context("curl")
}

/// Clients that go away too early, and handlers that panic.
pub(super) async fn disorderly(wire: &Wire, playground: &Example, ledger: &mut Ledger) -> Result<()> {
    hangups::drive(wire, playground, ledger).await.context("clients that hang up")
}

//! The examples end in time and with code 0 when they are told to, though a client holds a connection.

use anyhow::{Context, Result};
use rustix::process::Signal;

use crate::stage::Place;
use crate::stage::example::Example;
use crate::stage::wire::Wire;

pub(super) async fn run(place: &Place) -> Result<()> {
    for name in ["playground", "http_telemetry", "formats"] {
        for signal in [Signal::INT, Signal::TERM] {
            stops(place, name, signal).await.with_context(|| format!("{name} and {signal:?}"))?;
        }
    }
    Ok(())
}

async fn stops(place: &Place, name: &str, signal: Signal) -> Result<()> {
    let example = Example::start(place, name).await?;
    let mut kept = Wire::new(example.server).raw().await?;
    kept.write("GET / HTTP/1.1\r\nHost: test\r\n\r\n").await?;
    kept.read_until("\r\n\r\n").await?;
    example.stop(signal).await
}

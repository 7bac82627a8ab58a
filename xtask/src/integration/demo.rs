//! `cargo xtask demo` as one who runs it: it says where to look, somebody is there, and nobody is left when it has ended, by
//! itself or because it was told to.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;
use tokio::net::TcpStream;
use tokio::process::Command;

use crate::stage::Place;
use crate::stage::example::address;
use crate::stage::process::Process;

/// How long a run of a few seconds may take, with its start and its end.
const LIMIT: Duration = Duration::from_secs(30);

/// What its last line is about.
const LAST: &str = "Ctrl-C";

pub(super) async fn run(root: &Path, place: &Place) -> Result<()> {
    by_itself(root, place).await.context("--for")?;
    told(root, place).await.context("Ctrl-C")
}

async fn by_itself(root: &Path, place: &Place) -> Result<()> {
    let demo = Demo::start(root, place, &["--for", "3s"]).await?;
    demo.process.wait(LIMIT).await?;
    nobody_is_at(&demo.addresses).await
}

async fn told(root: &Path, place: &Place) -> Result<()> {
    let mut demo = Demo::start(root, place, &[]).await?;
    for address in &demo.addresses {
        TcpStream::connect(address).await.with_context(|| format!("nobody is at {address}"))?;
    }
    demo.process.signal(Signal::INT)?;
    demo.process.wait(LIMIT).await?;
    nobody_is_at(&demo.addresses).await
}

async fn nobody_is_at(addresses: &[SocketAddr]) -> Result<()> {
    for address in addresses {
        ensure!(TcpStream::connect(address).await.is_err(), "somebody is still at {address}");
    }
    Ok(())
}

struct Demo {
    process: Process,
    /// Those that it has printed.
    addresses: Vec<SocketAddr>,
}

impl Demo {
    /// With the examples that are there.
    async fn start(root: &Path, place: &Place, args: &[&str]) -> Result<Self> {
        let program = std::env::current_exe().context("our own program is unknown")?;
        let mut command = Command::new(program);
        command.args(["demo", "--no-build"]).args(args).current_dir(root);
        let mut process = Process::spawn(&mut command, &place.folder.join("demo.log"))?;
        let mut addresses = Vec::new();
        loop {
            let line = process.line().await?;
            if line.contains(LAST) {
                ensure!(addresses.len() > 5, "it says of {} addresses alone", addresses.len());
                return Ok(Self { process, addresses });
            }
            addresses.extend(address(&line).ok());
        }
    }
}

//! An example binary that serves on one port and shows its metrics on another.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, Result};
use rustix::process::Signal;
use tokio::process::Command;

use super::Place;
use super::http;
use super::process::Process;

#[derive(Debug)]
pub(super) struct Example {
    process: Process,
    pub(super) server: SocketAddr,
    pub(super) metrics: SocketAddr,
}

impl Example {
    pub(super) async fn start(place: &Place, name: &str) -> Result<Self> {
        Self::start_in(place, name, &[]).await
    }

    /// The same, with more variables in its environment.
    pub(super) async fn start_in(place: &Place, name: &str, environment: &[(&str, String)]) -> Result<Self> {
        let log = place.folder.join(format!("{name}.log"));
        let mut command = Command::new(place.binaries.join(name));
        command.args(["--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0"]);
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        let mut process = Process::spawn(&mut command, &log)?;
        let server = address(&process.line().await?)?;
        let metrics = address(&process.line().await?)?;
        Ok(Self { process, server, metrics })
    }

    /// What it exposes, in the text format.
    pub(super) async fn scrape(&self) -> Result<String> {
        http::get(self.metrics, "/metrics", "text/plain;version=0.0.4").await
    }

    /// Stops it with a signal; it has to end in time and with code 0.
    pub(super) async fn stop(self, signal: Signal) -> Result<()> {
        self.process.stop(signal).await
    }

    /// The scrape in a file, for the programs that judge it.
    pub(super) async fn save_scrape(&self, file: &Path) -> Result<()> {
        let text = self.scrape().await?;
        std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
    }
}

/// The first `http://host:port` of a line.
pub(super) fn address(line: &str) -> Result<SocketAddr> {
    let (_, rest) = line.split_once("http://").with_context(|| format!("no address in the line `{line}`"))?;
    let end = rest.find(|c: char| c == '/' || c.is_whitespace()).unwrap_or(rest.len());
    rest[..end].parse().with_context(|| format!("no host and port in the line `{line}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_from_lines() {
        let expected: SocketAddr = "127.0.0.1:4711".parse().unwrap();
        assert_eq!(address("listening on http://127.0.0.1:4711").unwrap(), expected);
        assert_eq!(address("metrics on http://127.0.0.1:4711/metrics (text)").unwrap(), expected);
        assert!(address("listening").is_err());
        assert!(address("see http://example.com").is_err());
    }
}

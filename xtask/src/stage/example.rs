//! An example binary that serves on one port and shows its metrics on another.

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitStatus;

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
        Self::start_with_log(place, name, environment, &place.folder.join(format!("{name}.log"))).await
    }

    /// The same, with its own log in a file of one's choice.
    pub(super) async fn start_with_log(
        place: &Place,
        name: &str,
        environment: &[(&str, String)],
        log: &Path,
    ) -> Result<Self> {
        Self::launch(place, name, &[], environment, log).await
    }

    /// The same with arguments, and a log under another name: there may be more of the example.
    pub(super) async fn start_as(place: &Place, name: &str, instance: &str, args: &[&str]) -> Result<Self> {
        Self::launch(place, name, args, &[], &place.folder.join(format!("{instance}.log"))).await
    }

    async fn launch(
        place: &Place,
        name: &str,
        args: &[&str],
        environment: &[(&str, String)],
        log: &Path,
    ) -> Result<Self> {
        let mut command = Command::new(place.binaries.join(name));
        command.args(args).args(["--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0"]);
        // What whoever runs this has set for other programs would set up this one as well.
        for (name, _) in std::env::vars_os().filter(|(name, _)| sets_up(name)) {
            command.env_remove(name);
        }
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        let mut process = Process::spawn(&mut command, log)?;
        let server = address(&process.line().await?)?;
        let metrics = address(&process.line().await?)?;
        Ok(Self { process, server, metrics })
    }

    /// What it exposes, in the text format.
    pub(super) async fn scrape(&self) -> Result<String> {
        http::get(self.metrics, "/metrics", "text/plain;version=0.0.4").await
    }

    /// The number of its process.
    pub(super) fn id(&self) -> Result<u32> {
        self.process.id()
    }

    /// Ends it with a signal, with whatever code; it has to end in time.
    pub(super) async fn end(self, signal: Signal) -> Result<ExitStatus> {
        self.process.end(signal).await
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

/// Whether telemetry is set up by the variable.
fn sets_up(variable: &OsStr) -> bool {
    variable == "RUST_LOG" || variable.as_encoded_bytes().starts_with(b"OTEL_")
}

/// The host and port behind the first scheme of a line.
pub(super) fn address(line: &str) -> Result<SocketAddr> {
    let (_, rest) = line.split_once("://").with_context(|| format!("no address in the line `{line}`"))?;
    let end = rest.find(|c: char| c == '/' || c.is_whitespace()).unwrap_or(rest.len());
    rest[..end].parse().with_context(|| format!("no host and port in the line `{line}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_that_set_up_telemetry_are_known() {
        assert!(["RUST_LOG", "OTEL_SERVICE_NAME"].iter().all(|name| sets_up(OsStr::new(name))));
        assert!(["PATH", "RUST_LOGO", "HOTEL_"].iter().all(|name| !sets_up(OsStr::new(name))));
    }

    #[test]
    fn addresses_are_read_from_lines() {
        let expected: SocketAddr = "127.0.0.1:4711".parse().unwrap();
        assert_eq!(address("listening on http://127.0.0.1:4711").unwrap(), expected);
        assert_eq!(address("metrics on http://127.0.0.1:4711/metrics (text)").unwrap(), expected);
        assert_eq!(address("listening on tcp://127.0.0.1:4711").unwrap(), expected);
        assert!(address("listening").is_err());
        assert!(address("see http://example.com").is_err());
    }
}

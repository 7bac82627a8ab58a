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
pub(crate) struct Example {
    process: Process,
    pub(crate) server: SocketAddr,
    pub(crate) metrics: SocketAddr,
}

/// How one is started.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Launch<'a> {
    pub(crate) name: &'a str,
    /// What its log is called: there may be more of the example.
    pub(crate) instance: &'a str,
    pub(crate) args: &'a [&'a str],
    pub(crate) environment: &'a [(&'a str, String)],
    /// A file of one's choice instead.
    pub(crate) log: Option<&'a Path>,
    /// Of the service and of the metrics. 0 is any that is free.
    pub(crate) ports: [u16; 2],
}

impl<'a> Launch<'a> {
    /// On any ports, with nothing more than its name.
    pub(crate) fn new(name: &'a str) -> Self {
        Self { name, instance: name, args: &[], environment: &[], log: None, ports: [0; 2] }
    }
}

impl Example {
    pub(crate) async fn start(place: &Place, name: &str) -> Result<Self> {
        Self::launch(place, Launch::new(name)).await
    }

    /// The same, with more variables in its environment.
    pub(crate) async fn start_in(place: &Place, name: &str, environment: &[(&str, String)]) -> Result<Self> {
        Self::launch(place, Launch { environment, ..Launch::new(name) }).await
    }

    /// The same, with its own log in a file of one's choice.
    pub(crate) async fn start_with_log(
        place: &Place,
        name: &str,
        environment: &[(&str, String)],
        log: &Path,
    ) -> Result<Self> {
        Self::launch(place, Launch { environment, log: Some(log), ..Launch::new(name) }).await
    }

    /// The same with arguments, and a log under another name: there may be more of the example.
    pub(crate) async fn start_as(place: &Place, name: &str, instance: &str, args: &[&str]) -> Result<Self> {
        Self::launch(place, Launch { instance, args, ..Launch::new(name) }).await
    }

    pub(crate) async fn launch(place: &Place, launch: Launch<'_>) -> Result<Self> {
        let mut command = Command::new(place.binaries.join(launch.name));
        let [service, metrics] = launch.ports.map(|port| format!("127.0.0.1:{port}"));
        command.args(launch.args).args(["--listen", &service, "--metrics", &metrics]);
        // What whoever runs this has set for other programs would set up this one as well.
        for (name, _) in std::env::vars_os().filter(|(name, _)| sets_up(name)) {
            command.env_remove(name);
        }
        command.envs(launch.environment.iter().map(|(name, value)| (name, value)));
        let log = place.folder.join(format!("{}.log", launch.instance));
        let mut process = Process::spawn(&mut command, launch.log.unwrap_or(&log))?;
        let server = address(&process.line().await?)?;
        let metrics = address(&process.line().await?)?;
        Ok(Self { process, server, metrics })
    }

    /// Fails as soon as it has ended by itself.
    pub(crate) fn still_runs(&mut self) -> Result<()> {
        self.process.still_runs()
    }

    /// What it exposes, in the text format.
    pub(crate) async fn scrape(&self) -> Result<String> {
        http::get(self.metrics, "/metrics", "text/plain;version=0.0.4").await
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> Result<u32> {
        self.process.id()
    }

    /// Ends it with a signal, with whatever code; it has to end in time.
    pub(crate) async fn end(self, signal: Signal) -> Result<ExitStatus> {
        self.process.end(signal).await
    }

    /// Stops it with a signal; it has to end in time and with code 0.
    pub(crate) async fn stop(self, signal: Signal) -> Result<()> {
        self.process.stop(signal).await
    }

    /// The scrape in a file, for the programs that judge it.
    pub(crate) async fn save_scrape(&self, file: &Path) -> Result<()> {
        let text = self.scrape().await?;
        std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
    }
}

/// Whether telemetry is set up by the variable.
fn sets_up(variable: &OsStr) -> bool {
    variable == "RUST_LOG" || variable.as_encoded_bytes().starts_with(b"OTEL_")
}

/// The host and port behind the first scheme of a line.
pub(crate) fn address(line: &str) -> Result<SocketAddr> {
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

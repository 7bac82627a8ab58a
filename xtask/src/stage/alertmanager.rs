//! An Alertmanager with the committed configuration, which tells our sink as well.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::http;
use super::process::Process;

/// The program as Debian calls it.
pub(crate) const PROGRAM: &str = "prometheus-alertmanager";

/// How long it may take until it answers.
const START: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub(crate) struct Alertmanager {
    process: Process,
    pub(crate) api: SocketAddr,
}

impl Alertmanager {
    /// Starts it on `api`, with all that it writes in `folder`.
    pub(crate) async fn start(configuration: &str, api: SocketAddr, folder: &Path) -> Result<Self> {
        let [config, data, log] = ["yml", "data", "log"].map(|end| folder.join(format!("alertmanager.{end}")));
        std::fs::write(&config, configuration).with_context(|| format!("cannot write {}", config.display()))?;
        let args = [
            format!("--config.file={}", config.display()),
            format!("--storage.path={}", data.display()),
            format!("--web.listen-address={api}"),
            // There is one alone, and it looks for no others.
            "--cluster.listen-address=".to_owned(),
            "--log.level=warn".to_owned(),
        ];
        let process = Process::start(&PathBuf::from(PROGRAM), args, &log)?;
        let mut alertmanager = Self { process, api };
        let deadline = Instant::now() + START;
        while let Err(error) = http::get(api, "/-/ready", "*/*").await {
            alertmanager.still_runs().with_context(|| format!("see {}", log.display()))?;
            ensure!(Instant::now() < deadline, "Alertmanager does not answer: {error:#}");
            sleep(Duration::from_millis(50)).await;
        }
        Ok(alertmanager)
    }

    /// The alerts that it has, as its API shows them.
    pub(crate) async fn alerts(&self) -> Result<Vec<Value>> {
        Ok(serde_json::from_str(&http::get(self.api, "/api/v2/alerts", "*/*").await?)?)
    }

    /// Fails as soon as it has ended by itself.
    pub(crate) fn still_runs(&mut self) -> Result<()> {
        self.process.still_runs()
    }

    pub(crate) async fn stop(self) -> Result<()> {
        self.process.stop(Signal::TERM).await
    }
}

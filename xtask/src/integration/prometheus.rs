//! A real Prometheus that scrapes one target, in a temporary folder.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::Signal;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::compare::Sample;
use super::http;
use super::process::Process;

/// How long a first scrape, or two scrapes, may take: the interval is one second.
const SCRAPES: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(super) struct Prometheus {
    process: Process,
    api: SocketAddr,
    log: PathBuf,
    folder: PathBuf,
}

impl Prometheus {
    /// Starts `binary` on `target`, with all that it writes in `folder`.
    pub(super) async fn start(binary: &Path, target: SocketAddr, folder: &Path) -> Result<Self> {
        let data = folder.join("prometheus-data");
        let config = folder.join("prometheus.yml");
        std::fs::write(&config, configuration(target)).with_context(|| format!("cannot write {}", config.display()))?;
        let api = free_address()?;
        let log = folder.join("prometheus.log");
        let args = [
            format!("--config.file={}", config.display()),
            format!("--storage.tsdb.path={}", data.display()),
            format!("--web.listen-address={api}"),
            "--log.level=warn".to_owned(),
        ];
        let process = Process::start(binary, args, &log)?;
        let mut prometheus = Self { process, api, log, folder: data };
        prometheus.wait_until("the target is up", |target| target.healthy).await?;
        Ok(prometheus)
    }

    /// Waits until two whole scrapes have begun and ended since the call. Those that fail do not count: on a busy
    /// machine one may run into its timeout.
    pub(super) async fn two_scrapes(&mut self) -> Result<()> {
        let mut last = self.target().await.context("the target is unknown")?.last_scrape;
        for _ in 0..2 {
            last = self
                .wait_until("the next scrape", |target| target.healthy && target.last_scrape != last)
                .await?
                .last_scrape;
        }
        Ok(())
    }

    /// An instant query.
    pub(super) async fn query(&self, query: &str) -> Result<Vec<Sample>> {
        let path = format!("/api/v1/query?query={}", http::encoded(query));
        let answer: Value = serde_json::from_str(&http::get(self.api, &path, "*/*").await?)?;
        let result = answer.pointer("/data/result").and_then(Value::as_array);
        let result = result.with_context(|| format!("`{query}` gave no vector: {answer}"))?;
        result.iter().map(|series| sample(series).with_context(|| format!("odd sample {series}"))).collect()
    }

    /// Ends it. A warning about a scrape is a failure: it is all that Prometheus says of duplicate series.
    pub(super) async fn stop(self) -> Result<()> {
        self.process.stop(Signal::TERM).await?;
        let log = std::fs::read_to_string(&self.log).with_context(|| format!("cannot read {}", self.log.display()))?;
        if let Some(line) = log.lines().find(|line| line.contains("scrape")) {
            bail!("Prometheus complains about a scrape: {line}");
        }
        std::fs::remove_dir_all(&self.folder).with_context(|| format!("cannot remove {}", self.folder.display()))
    }

    async fn wait_until(&mut self, what: &str, done: impl Fn(&Target) -> bool) -> Result<Target> {
        let deadline = Instant::now() + SCRAPES;
        loop {
            self.process.still_runs().with_context(|| format!("see {}", self.log.display()))?;
            // It refuses connections until it has started.
            let target = self.target().await;
            match target {
                Ok(target) if done(&target) => return Ok(target),
                _ if Instant::now() < deadline => sleep(Duration::from_millis(50)).await,
                _ => bail!("waited {SCRAPES:?} for: {what}; last seen: {target:?}"),
            }
        }
    }

    async fn target(&self) -> Result<Target> {
        let answer: Value = serde_json::from_str(&http::get(self.api, "/api/v1/targets", "*/*").await?)?;
        let target = answer.pointer("/data/activeTargets/0").context("no active target")?;
        let text = |key: &str| target.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Target { healthy: text("health") == "up", last_scrape: text("lastScrape"), _error: text("lastError") })
    }
}

#[derive(Debug)]
struct Target {
    healthy: bool,
    last_scrape: String,
    /// Shown when a wait ends in vain.
    _error: String,
}

fn sample(series: &Value) -> Option<Sample> {
    let labels = series.get("metric")?.as_object()?;
    let labels = labels.iter().map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
    let value = series.pointer("/value/1")?.as_str()?.parse().ok()?;
    Some(Sample { labels: labels.collect::<Option<_>>()?, value })
}

fn configuration(target: SocketAddr) -> String {
    format!(
        "global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\n\
         scrape_configs:\n  - job_name: playground\n    static_configs:\n      - targets: ['{target}']\n"
    )
}

/// A port that was free a moment ago, for a program that does not tell which one it was given.
pub(super) fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").context("no free port on loopback")?;
    Ok(listener.local_addr()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_read_from_an_answer() {
        let series = serde_json::json!({"metric": {"job": "x", "le": "+Inf"}, "value": [1.5, "42"]});
        let sample = sample(&series).unwrap();
        assert_eq!(sample.value, 42.0);
        assert_eq!(sample.labels["le"], "+Inf");
        assert!(super::sample(&serde_json::json!({"metric": {}, "value": [1.5]})).is_none());
    }
}

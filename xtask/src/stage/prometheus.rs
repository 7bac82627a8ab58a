//! A real Prometheus that scrapes what it is told to, in a temporary folder.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::Signal;
use serde_json::Value;
use tokio::process::Command;
use tokio::time::{Instant, sleep};

use super::process::Process;
use super::{free_address, http};

/// How long a first scrape, or two scrapes, may take: the interval is one second.
const SCRAPES: Duration = Duration::from_secs(30);

pub(crate) type Labels = BTreeMap<String, String>;

/// One series of an answer.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    pub(crate) labels: Labels,
    pub(crate) value: f64,
}

/// What to scrape, and under which name.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) name: String,
    pub(crate) target: SocketAddr,
    pub(crate) path: String,
    /// More lines of its configuration.
    pub(crate) settings: &'static [&'static str],
}

/// How it is started.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The text of its file.
    pub(crate) configuration: String,
    /// How many targets that has.
    pub(crate) targets: usize,
    /// Where it listens.
    pub(crate) api: SocketAddr,
}

#[derive(Debug)]
pub(crate) struct Prometheus {
    process: Process,
    pub(crate) api: SocketAddr,
    log: PathBuf,
    folder: PathBuf,
}

impl Prometheus {
    /// Starts `binary` on all of `jobs`, with all that it writes in `folder`, under `name`.
    pub(crate) async fn start(binary: &Path, name: &str, flags: &[&str], jobs: &[Job], folder: &Path) -> Result<Self> {
        let settings = Settings { configuration: configuration(jobs), targets: jobs.len(), api: free_address()? };
        Self::start_with(binary, name, flags, settings, folder).await
    }

    /// The same with a configuration of one's own.
    pub(crate) async fn start_with(
        binary: &Path,
        name: &str,
        flags: &[&str],
        settings: Settings,
        folder: &Path,
    ) -> Result<Self> {
        let Settings { configuration, targets: count, api } = settings;
        let data = folder.join(format!("{name}-data"));
        let config = folder.join(format!("{name}.yml"));
        std::fs::write(&config, configuration).with_context(|| format!("cannot write {}", config.display()))?;
        // An example of the same name has a log too.
        let log = folder.join(format!("{name}-prometheus.log"));
        let args = [
            // Its pages show the paths of files: those in the folder have none.
            format!("--config.file={name}.yml"),
            format!("--storage.tsdb.path={}", data.display()),
            format!("--web.listen-address={api}"),
            "--log.level=warn".to_owned(),
        ];
        let flags = flags.iter().map(|flag| (*flag).to_owned());
        let mut command = Command::new(program(binary)?);
        command.args(args.into_iter().chain(flags)).current_dir(folder);
        let process = Process::spawn(&mut command, &log)?;
        let mut prometheus = Self { process, api, log, folder: data };
        let is_up = |targets: &[Target]| targets.len() == count && targets.iter().all(|target| target.healthy);
        prometheus.wait_until("all targets are up", is_up).await?;
        Ok(prometheus)
    }

    /// Waits until two whole scrapes of each target have begun and ended since the call. Those that fail do not count:
    /// on a busy machine one may run into its timeout.
    pub(crate) async fn two_scrapes(&mut self) -> Result<()> {
        let mut last = self.targets().await.context("the targets are unknown")?;
        for _ in 0..2 {
            let is_next = |targets: &[Target]| {
                targets.len() == last.len() && targets.iter().zip(&last).all(|(now, then)| now.follows(then))
            };
            last = self.wait_until("the next scrape", is_next).await?;
        }
        Ok(())
    }

    /// An instant query.
    pub(crate) async fn query(&self, query: &str) -> Result<Vec<Sample>> {
        let result = self.vector(query).await?;
        result.iter().map(|series| sample(series).with_context(|| format!("odd sample {series}"))).collect()
    }

    /// An instant query whose answer may hold histograms.
    pub(crate) async fn vector(&self, query: &str) -> Result<Vec<Value>> {
        let data = self.ask("query", &[("query", query)]).await?;
        let result = data.get("result").and_then(Value::as_array);
        Ok(result.with_context(|| format!("`{query}` gave no vector: {data}"))?.clone())
    }

    /// The data that an endpoint of the API answers with.
    pub(crate) async fn ask(&self, endpoint: &str, parameters: &[(&str, &str)]) -> Result<Value> {
        let parameters: Vec<String> = parameters
            .iter()
            .map(|(name, value)| format!("{}={}", http::encoded(name), http::encoded(value)))
            .collect();
        let path = format!("/api/v1/{endpoint}?{}", parameters.join("&"));
        let mut answer: Value = serde_json::from_str(&http::get(self.api, &path, "*/*").await?)?;
        Ok(answer.get_mut("data").with_context(|| format!("no data from {path}"))?.take())
    }

    /// The address of one of its pages: `graph`, `alerts`. Debian's build has none but the older ones.
    pub(crate) async fn page(&self, name: &str) -> String {
        let older = format!("/classic/{name}");
        let path = if http::get(self.api, &older, "*/*").await.is_ok() { older } else { format!("/{name}") };
        format!("http://{}{path}", self.api)
    }

    /// Fails as soon as it has ended by itself.
    pub(crate) fn still_runs(&mut self) -> Result<()> {
        self.process.still_runs()
    }

    /// Ends it. A warning about a scrape is a failure: it is all that Prometheus says of duplicate series.
    pub(crate) async fn stop(self) -> Result<()> {
        self.process.stop(Signal::TERM).await?;
        let log = std::fs::read_to_string(&self.log).with_context(|| format!("cannot read {}", self.log.display()))?;
        if let Some(line) = log.lines().find(|line| line.contains("scrape")) {
            bail!("Prometheus complains about a scrape: {line}");
        }
        std::fs::remove_dir_all(&self.folder).with_context(|| format!("cannot remove {}", self.folder.display()))
    }

    async fn wait_until(&mut self, what: &str, done: impl Fn(&[Target]) -> bool) -> Result<Vec<Target>> {
        let deadline = Instant::now() + SCRAPES;
        loop {
            self.process.still_runs().with_context(|| format!("see {}", self.log.display()))?;
            // It refuses connections until it has started.
            let targets = self.targets().await;
            match targets {
                Ok(targets) if done(&targets) => return Ok(targets),
                _ if Instant::now() < deadline => sleep(Duration::from_millis(50)).await,
                _ => bail!("waited {SCRAPES:?} for: {what}; last seen: {targets:?}"),
            }
        }
    }

    /// All targets, in the order of their jobs' names and their addresses.
    async fn targets(&self) -> Result<Vec<Target>> {
        let data = self.ask("targets", &[("state", "active")]).await?;
        let targets = data.get("activeTargets").and_then(Value::as_array).context("no active targets")?;
        let mut targets: Vec<Target> = targets.iter().map(Target::from).collect();
        targets.sort_by(|a, b| (&a.job, &a.url).cmp(&(&b.job, &b.url)));
        Ok(targets)
    }
}

/// It runs in another folder, where a relative path would lead elsewhere.
fn program(binary: &Path) -> Result<PathBuf> {
    if binary.components().count() > 1 { Ok(std::path::absolute(binary)?) } else { Ok(binary.to_owned()) }
}

#[derive(Debug)]
struct Target {
    job: String,
    url: String,
    healthy: bool,
    last_scrape: String,
    /// Shown when a wait ends in vain.
    _error: String,
}

impl Target {
    fn follows(&self, then: &Self) -> bool {
        self.healthy && self.last_scrape != then.last_scrape
    }
}

impl From<&Value> for Target {
    fn from(target: &Value) -> Self {
        let text = |key: &str| target.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let job = text("scrapePool");
        let (last_scrape, _error) = (text("lastScrape"), text("lastError"));
        Self { job, url: text("scrapeUrl"), healthy: text("health") == "up", last_scrape, _error }
    }
}

fn sample(series: &Value) -> Option<Sample> {
    let labels = series.get("metric")?.as_object()?;
    let labels = labels.iter().map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
    let value = series.pointer("/value/1")?.as_str()?.parse().ok()?;
    Some(Sample { labels: labels.collect::<Option<_>>()?, value })
}

fn configuration(jobs: &[Job]) -> String {
    let mut text = "global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\nscrape_configs:\n".to_owned();
    for Job { name, target, path, settings } in jobs {
        text.push_str(&format!("  - job_name: {name}\n    metrics_path: {path}\n"));
        settings.iter().for_each(|line| text.push_str(&format!("    {line}\n")));
        text.push_str(&format!("    static_configs:\n      - targets: ['{target}']\n"));
    }
    text
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

//! The example `formats` in every format, as Prometheus and other programs that are not ours read it.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use futures_util::future::try_join_all;
use rustix::process::Signal;
use xshell::Shell;

use super::report::Report;
use super::{Place, limited};
use crate::stage::example::Example;
use crate::stage::prometheus::{Job, Prometheus};
use expect::Expectation;
use proxy::Proxy;
use scrape::{Scrape, Version};

pub(super) use python::{goldens, prepare, save};

mod answers;
mod curl;
mod expect;
pub(super) mod judge;
mod native;
mod proxy;
mod python;
mod queries;
mod recorded;
mod scrape;

const NAME: &str = "formats";

/// Exemplars of the example are up to a second older than it is.
const OLDEST_EXEMPLAR: f64 = 1.0;

/// Scrapes every format twice, by a Prometheus with native histograms and by one as it comes, and compares all series,
/// exemplars and metadata that they have afterwards.
pub(super) fn run(sh: &Shell, place: &Place, binary: &Path) -> Result<()> {
    let version = version(sh, binary)?;
    limited(scrapes(place, binary, version))
}

async fn scrapes(place: &Place, binary: &Path, version: Version) -> Result<()> {
    let start = now()? - OLDEST_EXEMPLAR;
    let example = Example::start(place, NAME).await?;
    let runs = [
        Run {
            name: "formats-native",
            flags: &["--enable-feature=exemplar-storage,native-histograms"],
            keeps: Keeps::Exemplars,
            scrapes: version.with_native_histograms(),
        },
        Run {
            name: "formats-zeros",
            flags: &["--enable-feature=created-timestamp-zero-ingestion,native-histograms"],
            keeps: Keeps::Beginnings,
            scrapes: version.with_zeros(),
        },
        Run { name: "formats-plain", flags: &[], keeps: Keeps::Values, scrapes: version.by_default() },
    ];
    let runs = runs.iter().filter(|run| !run.scrapes.is_empty());
    try_join_all(runs.map(|run| run.run(place, binary, version, &example, start))).await?;
    example.stop(Signal::TERM).await
}

/// One Prometheus with all that it scrapes.
struct Run {
    name: &'static str,
    flags: &'static [&'static str],
    keeps: Keeps,
    scrapes: Vec<Scrape>,
}

/// What a Prometheus keeps, by its flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keeps {
    Values,
    /// Exemplars besides.
    Exemplars,
    /// When counters began, besides.
    Beginnings,
}

impl Run {
    async fn run(&self, place: &Place, binary: &Path, version: Version, example: &Example, start: f64) -> Result<()> {
        let routes: BTreeMap<_, _> = self.scrapes.iter().map(|scrape| (path(scrape.job), scrape.route)).collect();
        let proxy = Proxy::start(example.metrics, routes).await?;
        let job = |scrape: &Scrape| Job {
            name: scrape.job.to_owned(),
            target: proxy.address,
            path: path(scrape.job),
            settings: scrape.settings,
        };
        let jobs: Vec<Job> = self.scrapes.iter().map(job).collect();
        let mut prometheus = Prometheus::start(binary, self.name, self.flags, &jobs, &place.folder)
            .await
            .with_context(|| format!("{}: {:#?}", self.name, self.exchanges(&proxy)))?;
        prometheus.two_scrapes().await?;

        let report = Report::new(place, binary);
        for scrape in &self.scrapes {
            self.carries(scrape, &proxy)?;
            let time = (start, now()?);
            let expected = Expectation { scrape, version, time };
            let job = scrape.job;
            let mut rows = judge::compare(expected.series(), answers::series(&prometheus, job).await?);
            rows.extend(judge::compare(expected.metadata(), answers::metadata(&prometheus, job).await?));
            rows.extend(match self.keeps {
                Keeps::Values => Vec::new(),
                Keeps::Exemplars => {
                    judge::compare(expected.exemplars(), answers::exemplars(&prometheus, job, time).await?)
                }
                Keeps::Beginnings => {
                    judge::compare(expected.beginnings(), answers::beginnings(&prometheus, job).await?)
                }
            });
            let queries = queries::queries(scrape);
            let answers = queries::answers(&prometheus, &queries).await?;
            rows.extend(judge::compare(queries, answers));
            report.summarize(&format!("{} {job}, {}", self.name, scrape.content_type), &rows)?;
        }
        prometheus.stop().await
    }

    /// All scrapes of a job were answered in the format that is meant, compressed as Prometheus asks.
    fn carries(&self, scrape: &Scrape, proxy: &Proxy) -> Result<()> {
        let exchanges = proxy.exchanges(&path(scrape.job));
        ensure!(!exchanges.is_empty(), "nothing was scraped as {}", scrape.job);
        for exchange in &exchanges {
            let is_right = exchange.status == 200
                && exchange.content_type == scrape.content_type
                && exchange.accept_encoding.contains("gzip")
                && exchange.content_encoding == "gzip";
            ensure!(is_right, "{} should be {} in gzip: {exchange:#?}", scrape.job, scrape.content_type);
        }
        Ok(())
    }

    fn exchanges(&self, proxy: &Proxy) -> Vec<proxy::Exchange> {
        self.scrapes.iter().flat_map(|scrape| proxy.exchanges(&path(scrape.job))).collect()
    }
}

fn path(job: &str) -> String {
    format!("/{job}")
}

fn now() -> Result<f64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs_f64())
}

/// What the program says of itself.
fn version(sh: &Shell, binary: &Path) -> Result<Version> {
    let said = sh.cmd(binary).arg("--version").quiet().read().context("a Prometheus tells its version")?;
    let number = said.split_once("version ").map(|(_, number)| number);
    let major = number.and_then(|number| number.split('.').next()?.parse::<u32>().ok());
    match major.with_context(|| format!("no version in `{said}`"))? {
        2 => Ok(Version::Two),
        _ => Ok(Version::Three),
    }
}

/// Everything that can be asked for, with curl.
pub(super) fn with_curl(place: &Place) -> Result<()> {
    limited(curl::run(place))
}

/// The pages of the example and of `others`, which were saved before, as strict parsers read them.
pub(super) fn judged(sh: &Shell, place: &Place, environment: &Path, others: &[&str]) -> Result<()> {
    limited(python::save_all(place))?;
    python::judge(sh, place, environment, others)
}

//! Pages in files, and Python programs that judge them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;
use xshell::Shell;

use super::{NAME, Place};
use crate::integration::{environment, promtool};
use crate::stage::example::Example;
use crate::stage::http;

const OPEN_METRICS: &str = include_str!("judges/openmetrics.py");
const PROTOBUF: &str = include_str!("judges/protobuf.py");
const REQUIREMENTS: &str = include_str!("judges/requirements.txt");

/// A description is missing on purpose; there is nothing else to complain about.
const COMPLAINT: &str = "shop_revenue_EUR_total no help text";

const ACCEPT_TEXT: &str = "text/plain;version=0.0.4";
const ACCEPT_OPEN_METRICS: &str = "application/openmetrics-text;version=1.0.0";
const ACCEPT_PROTOBUF: &str =
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";

/// Names of files, with what they are of.
const PAGES: [(&str, &str, &str); 5] = [
    ("metrics", "/metrics", ""),
    ("utf8", "/utf8", ";escaping=allow-utf-8"),
    ("underscored", "/utf8", ""),
    ("both", "/both", ""),
    ("created", "/created", ""),
];

/// The text pages that have nothing odd but one thing; those of `/utf8` have counters without `_total` besides.
const IN_STYLE: [&str; 3] = ["metrics", "both", "created"];

/// Writes pages of an example, in the formats that the judges read.
pub(in crate::integration) async fn save(
    example: &Example,
    folder: &Path,
    (name, page, more): (&str, &str, &str),
) -> Result<()> {
    for (extension, accept) in [("txt", ACCEPT_TEXT), ("om", ACCEPT_OPEN_METRICS), ("pb", ACCEPT_PROTOBUF)] {
        let file = folder.join(format!("{name}.{extension}"));
        let page = http::get_bytes(example.metrics, page, &format!("{accept}{more}")).await?;
        std::fs::write(&file, page).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

pub(super) async fn save_all(place: &Place) -> Result<()> {
    let example = Example::start(place, NAME).await?;
    for page in PAGES {
        save(&example, &place.folder, page).await?;
    }
    example.stop(Signal::INT).await
}

/// An environment of Python with what the judges need. It stays for the next run.
pub(in crate::integration) fn prepare(sh: &Shell, folder: &Path) -> Result<()> {
    environment::python(sh, folder, REQUIREMENTS)
}

/// Holds the pages of `formats` and those called `others` against the judges.
pub(super) fn judge(sh: &Shell, place: &Place, environment: &Path, others: &[&str]) -> Result<()> {
    let file = |name: &str, extension: &str| place.folder.join(format!("{name}.{extension}"));
    for name in IN_STYLE {
        promtool::complains(sh, &file(name, "txt"), COMPLAINT)?;
    }
    promtool::parses(sh, &file("underscored", "txt"))?;

    let names: Vec<&str> = PAGES.iter().map(|(name, ..)| *name).chain(others.iter().copied()).collect();
    let texts = names.iter().map(|name| file(name, "om"));
    run(sh, environment, OPEN_METRICS, texts.collect(), names.len())?;
    let pairs = names.iter().flat_map(|name| [file(name, "om"), file(name, "pb")]);
    run(sh, environment, PROTOBUF, pairs.collect(), names.len())
}

/// Holds the golden files of the exporter's tests, which are in `folder`, against the judges.
pub(in crate::integration) fn goldens(sh: &Shell, folder: &Path, environment: &Path) -> Result<()> {
    let mut open_metrics = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let file = entry?.path();
        if file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("openmetrics")) {
            open_metrics.push(file);
        }
    }
    ensure!(!open_metrics.is_empty(), "no golden files in {}", folder.display());
    let pages = open_metrics.len();
    run(sh, environment, OPEN_METRICS, open_metrics, pages)?;
    // promtool knows 0.0.4 alone.
    ["everything.txt", "options.txt"].iter().try_for_each(|name| promtool::parses(sh, &folder.join(name)))
}

/// Runs a judge, which says one line about each of so many pages.
fn run(sh: &Shell, environment: &Path, program: &str, files: Vec<PathBuf>, pages: usize) -> Result<()> {
    let output = sh.cmd(environment.join("bin/python")).args(["-c", program]).args(files).quiet().ignore_status();
    let output = output.output().context("cannot run the environment's Python")?;
    let said = String::from_utf8_lossy(&output.stdout);
    print!("{said}");
    ensure!(output.status.success(), "a judge finds fault:\n{}", String::from_utf8_lossy(&output.stderr).trim());
    ensure!(said.lines().count() == pages, "a judge left pages out");
    Ok(())
}

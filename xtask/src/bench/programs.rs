//! The programs of package `telemetry-benches` that measure, of one revision.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use cargo_metadata::Message;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::figures::{Case, Time};

const BUILD: &str = "build --quiet --profile bench --package telemetry-benches --features spans --bins \
                     --message-format json-render-diagnostics";

/// How much time a case is given.
#[derive(Clone, Copy, Debug)]
pub(super) struct Effort {
    /// Seconds before it is measured, and while it is.
    pub(super) warm_up: f64,
    pub(super) measured: f64,
    /// How often two revisions take turns.
    pub(super) rounds: usize,
}

impl Effort {
    pub(super) fn new(quick: bool) -> Self {
        if quick {
            Self { warm_up: 0.1, measured: 0.3, rounds: 1 }
        } else {
            Self { warm_up: 0.3, measured: 1.0, rounds: 3 }
        }
    }
}

/// What a case allocates each time.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Allocated {
    pub(super) allocations: f64,
    pub(super) bytes: f64,
    pub(super) kept: f64,
}

#[derive(Debug)]
pub(super) struct Programs {
    counted: PathBuf,
    allocated: PathBuf,
    /// Absent if no times are wanted: criterion is much to build.
    hot_paths: Option<PathBuf>,
    /// Where criterion leaves what it has measured.
    scratch: PathBuf,
}

impl Programs {
    /// Builds them from the sources at `root`.
    pub(super) fn build(root: &Path, target: &Path, with_times: bool) -> Result<Self> {
        let mut cargo = Command::new("cargo");
        cargo
            .args(BUILD.split_whitespace())
            .args(with_times.then_some("--bench=hot_paths"))
            .current_dir(root)
            .env("CARGO_TARGET_DIR", target);
        // valgrind reads it all, for each case anew.
        cargo.env("CARGO_PROFILE_BENCH_DEBUG", "0");
        let output = cargo.stderr(Stdio::piped()).output().context("cannot run cargo")?;
        if !output.status.success() {
            bail!("the benches do not build in {}:\n{}", root.display(), String::from_utf8_lossy(&output.stderr));
        }
        let executables = Message::parse_stream(output.stdout.as_slice()).filter_map(|message| match message {
            Ok(Message::CompilerArtifact(artifact)) => Some((artifact.target.name, artifact.executable?)),
            _ => None,
        });
        let executables: Vec<_> = executables.collect();
        let named = |name: &str| {
            let found = executables.iter().find(|(program, _)| program == name);
            found.map(|(_, path)| path.clone().into()).with_context(|| format!("cargo built no {name}"))
        };
        let scratch = target.join("bench/criterion");
        let hot_paths = if with_times { Some(named("hot_paths")?) } else { None };
        Ok(Self { counted: named("counted")?, allocated: named("allocated")?, hot_paths, scratch })
    }

    /// Everything that can be measured.
    pub(super) fn cases(&self) -> Result<Vec<Case>> {
        json(&mut Command::new(&self.counted))
    }

    /// Instructions of a case, each time.
    pub(super) fn instructions(&self, id: &str) -> Result<f64> {
        #[derive(Deserialize)]
        struct Counted {
            instructions: f64,
        }
        let counted: Counted = json(Command::new(&self.counted).args(["--instructions", id]))?;
        Ok(counted.instructions)
    }

    pub(super) fn allocated(&self, id: &str) -> Result<Allocated> {
        json(Command::new(&self.allocated).arg(id))
    }

    /// Nanoseconds that a case takes, by criterion, in a process of its own.
    pub(super) fn time(&self, id: &str, effort: Effort) -> Result<Time> {
        if self.scratch.exists() {
            fs::remove_dir_all(&self.scratch)?;
        }
        let mut criterion = Command::new(self.hot_paths.as_ref().context("the bench of times was not built")?);
        criterion.args(["--bench", "--noplot", "--exact", id, "--sample-size", "10", "--nresamples", "1000"]);
        criterion.args(["--warm-up-time", &effort.warm_up.to_string()]);
        criterion.args(["--measurement-time", &effort.measured.to_string()]);
        written(criterion.env("CRITERION_HOME", &self.scratch))?;
        let estimates =
            find(&self.scratch, "estimates.json")?.with_context(|| format!("criterion measured no {id}"))?;
        let estimates: Estimates = serde_json::from_slice(&fs::read(estimates)?)?;
        let Estimate { point_estimate: median, confidence_interval: Interval { lower_bound: low, upper_bound: high } } =
            estimates.median;
        Ok(Time { median, low, high })
    }

    /// Whether a case records what it does, once.
    pub(super) fn once(&self, id: &str) -> Result<()> {
        written(Command::new(&self.counted).args([id, "1"])).map(drop)
    }
}

#[derive(Deserialize)]
struct Estimates {
    median: Estimate,
}

#[derive(Deserialize)]
struct Estimate {
    point_estimate: f64,
    confidence_interval: Interval,
}

#[derive(Deserialize)]
struct Interval {
    lower_bound: f64,
    upper_bound: f64,
}

fn json<T: DeserializeOwned>(command: &mut Command) -> Result<T> {
    let written = written(command)?;
    serde_json::from_slice(&written).with_context(|| format!("{command:?} wrote something else than was asked for"))
}

fn written(command: &mut Command) -> Result<Vec<u8>> {
    let output = command.output().with_context(|| format!("cannot run {command:?}"))?;
    ensure!(output.status.success(), "{command:?} failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(output.stdout)
}

/// The first file of this name in a folder `new`, as criterion calls the run that has just ended.
fn find(folder: &Path, name: &str) -> Result<Option<PathBuf>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            if let Some(found) = find(&path, name)? {
                return Ok(Some(found));
            }
        } else if path.file_name().is_some_and(|file| file == name) && folder.ends_with("new") {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

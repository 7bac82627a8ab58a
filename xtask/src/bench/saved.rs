//! Runs that were saved under `benches/history/`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use cargo_metadata::semver::Version;
use serde::{Deserialize, Serialize};
use xshell::Shell;

use super::figures::All;
use crate::command::Command;

/// A run of all cases, and what one has to know to compare it with another.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Run {
    /// A version, if it is what releases are held against.
    pub(super) name: String,
    /// The day, in UTC.
    pub(super) date: String,
    /// The revision, with `+` behind it when there were changes that it has not.
    pub(super) commit: String,
    pub(super) machine: Machine,
    pub(super) figures: All,
}

/// What numbers depend on beside the sources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Machine {
    pub(super) cpu: String,
    pub(super) cores: usize,
    pub(super) system: String,
    pub(super) architecture: String,
    pub(super) toolchain: String,
    /// git's hash of `Cargo.lock`.
    pub(super) lock: String,
}

impl Run {
    /// A run of the sources at `root`, which are those of the working tree or, with today's benches, of `commit`.
    pub(super) fn new(sh: &Shell, name: &str, root: &Path, commit: Option<String>, figures: All) -> Result<Self> {
        let read = |command: &str| Ok::<_, anyhow::Error>(Command::new(command).read(sh)?.trim().to_owned());
        let commit = match commit {
            Some(commit) => commit,
            None => {
                let is_clean = read("git status --porcelain --untracked-files=no")?.is_empty();
                read("git rev-parse --short=12 HEAD")? + if is_clean { "" } else { "+" }
            }
        };
        let hash = Command::new("git hash-object").arg(root.join("Cargo.lock").to_string_lossy());
        let machine = Machine { lock: hash.read(sh)?.trim().to_owned(), ..Machine::here(sh)? };
        Ok(Self { name: name.to_owned(), date: today(sh)?, commit, machine, figures })
    }

    /// The version that this is a run of, if it is one of a version.
    pub(super) fn version(&self) -> Option<Version> {
        Version::parse(&self.name).ok()
    }

    /// # Errors
    ///
    /// When the name is none for a file.
    pub(super) fn save(&self, folder: &Path) -> Result<PathBuf> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        ensure!(
            self.name.starts_with(|c: char| c.is_ascii_alphanumeric()) && self.name.chars().all(plain),
            "{:?} is no name for a run: letters, digits, `-`, `_` and `.` are",
            self.name
        );
        fs::create_dir_all(folder)?;
        let file = folder.join(format!("{}.json", self.name));
        let text = serde_json::to_string_pretty(self)? + "\n";
        fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
        Ok(file)
    }
}

impl Machine {
    pub(super) fn here(sh: &Shell) -> Result<Self> {
        let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let cpu = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        Ok(Self {
            cpu: cpu.map_or_else(|| "unknown".to_owned(), |(_, model)| model.to_owned()),
            cores: std::thread::available_parallelism()?.get(),
            system: Command::new("uname -sr").read(sh)?.split(['-', '\n']).next().unwrap_or_default().to_owned(),
            architecture: std::env::consts::ARCH.to_owned(),
            toolchain: Command::new("rustc --version").read(sh)?.trim().to_owned(),
            lock: Command::new("git hash-object Cargo.lock").read(sh)?.trim().to_owned(),
        })
    }
}

/// The day, in UTC.
pub(super) fn today(sh: &Shell) -> Result<String> {
    Ok(Command::new("date -u +%F").read(sh)?.trim().to_owned())
}

/// All saved runs, the oldest first. Runs of one day are in the order of their versions, or names.
pub(super) fn all(folder: &Path) -> Result<Vec<Run>> {
    let mut runs = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let run: Run = serde_json::from_slice(&fs::read(&path)?)
                .with_context(|| format!("{} is no saved run", path.display()))?;
            runs.push(run);
        }
    }
    runs.sort_by(|a, b| (&a.date, a.version(), &a.name).cmp(&(&b.date, b.version(), &b.name)));
    Ok(runs)
}

/// The run of the newest version.
pub(super) fn release(folder: &Path) -> Result<Run> {
    let runs = all(folder)?.into_iter().filter(|run| run.version().is_some());
    runs.max_by_key(Run::version).with_context(|| format!("{} has no run of a version", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(name: &str, date: &str) -> Run {
        let [cpu, system, architecture, toolchain, lock] = [(); 5].map(|()| "x".to_owned());
        let machine = Machine { cpu, cores: 2, system, architecture, toolchain, lock };
        Run { name: name.to_owned(), date: date.to_owned(), commit: "0".to_owned(), machine, figures: All::new() }
    }

    #[test]
    fn the_newest_version_is_what_releases_are_held_against() {
        let folder = std::env::temp_dir().join(format!("xtask-saved-{}", std::process::id()));
        let names = [("0.10.0", "2026-01-01"), ("0.9.0", "2026-01-03"), ("tried-something", "2026-01-04")];
        for (name, date) in names {
            run(name, date).save(&folder).unwrap();
        }
        let order: Vec<_> = all(&folder).unwrap().into_iter().map(|run| run.name).collect();
        let newest = release(&folder).unwrap().name;
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(order, ["0.10.0", "0.9.0", "tried-something"]);
        assert_eq!(newest, "0.10.0");
    }

    #[test]
    fn a_name_that_leads_elsewhere_is_refused() {
        for name in ["", "..", "a/b", "-x", "a b"] {
            assert!(
                run(name, "2026-01-01").save(Path::new("/nonexistent")).unwrap_err().to_string().contains("no name")
            );
        }
    }
}

//! Ours beside other crates: what each costs, and what each answers. The package is `benches/peers`, which nothing else
//! builds.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use xshell::Shell;

use super::plot::bars;
use super::saved::{Machine, today};
use crate::command::Command;
use crate::programs::{Source, require};
use crate::workspace::Workspace;
use comparison::{Comparison, Figures};
use conformance::Cell;

mod comparison;
mod conformance;
mod readme;

const METRICS: &str = "";
const SPANS: &str = "--no-default-features --features spans";

/// The programs that measure, with the features that they are built with.
const MEASURING: [(&str, &str, &str); 10] = [
    (METRICS, "requests", "times"),
    (METRICS, "requests", "scaling"),
    (METRICS, "requests", "instructions"),
    (METRICS, "allocations", "requests"),
    (METRICS, "scrapes", "times"),
    (METRICS, "scrapes", "instructions"),
    (METRICS, "allocations", "scrapes"),
    (SPANS, "spans", "times"),
    (SPANS, "spans", "instructions"),
    (SPANS, "allocations", "spans"),
];

/// Where tables and pictures stand.
struct Files {
    root: PathBuf,
    /// The package of the benches, or a folder below the target.
    folder: PathBuf,
    update: bool,
}

/// Measures all systems in turn, and writes tables and a picture: into the repository if `update` is set.
pub(super) fn costs(sh: &Shell, workspace: &Workspace, quick: bool, update: bool) -> Result<()> {
    require(sh, "valgrind", Source::Apt("valgrind"))?;
    let files = Files::new(workspace, update)?;
    let mut figures = Figures::default();
    for (features, program, words) in MEASURING {
        println!("{program} {words} ...");
        let file = files.folder_for_runs(workspace)?.join(format!("{program}-{words}.json"));
        let command = peers("run --quiet --release", features).args("--bin").arg(program).args("--").args(words);
        let command = command.args("--json").arg(file.to_string_lossy());
        (if quick { command.args("--quick") } else { command }).run_captured(sh)?;
        figures.extend(read(&file)?);
    }
    let comparison = Comparison { date: today(sh)?, machine: Machine::here(sh)?, measured: figures };
    println!("{}", comparison.tables());
    write(&files.folder.join("peers.json"), &comparison)?;
    files.redraw()?;
    files.refresh_readme()
}

/// Writes everything in the repository anew that follows from what was measured and answered.
pub(super) fn redraw(workspace: &Workspace) -> Result<()> {
    let files = Files::new(workspace, true)?;
    files.redraw()?;
    files.refresh_readme()
}

fn picture(comparison: &Comparison) -> String {
    bars::plot("Ours beside other crates: less is better", comparison.panels())
}

/// Puts all systems through the probes. It fails if one of ours does not pass.
pub(super) fn answers(sh: &Shell, workspace: &Workspace, update: bool) -> Result<()> {
    require(sh, "promtool", Source::Apt("prometheus"))?;
    let files = Files::new(workspace, update)?;
    let mut cells = Vec::<Cell>::new();
    let markdown = files.folder.join("conformance.md");
    for features in [METRICS, SPANS] {
        let file = files.folder_for_runs(workspace)?.join("conformance.json");
        let command =
            peers("run --quiet", features).args("--example conformance -- --json").arg(file.to_string_lossy());
        command.args("--markdown").arg(markdown.to_string_lossy()).run(sh)?;
        cells.extend(read::<Vec<Cell>>(&file)?);
    }
    println!("{}", conformance::summary(&cells));
    write(&files.folder.join("conformance.json"), &cells)?;
    files.refresh_readme()
}

fn peers(cargo: &str, features: &str) -> Command {
    Command::new("cargo").args(cargo).args("--manifest-path benches/peers/Cargo.toml").args(features)
}

impl Files {
    fn new(workspace: &Workspace, update: bool) -> Result<Self> {
        let folder = if update { workspace.root.join("benches") } else { workspace.target.join("bench/peers") };
        fs::create_dir_all(&folder)?;
        Ok(Self { root: workspace.root.clone(), folder, update })
    }

    fn folder_for_runs(&self, workspace: &Workspace) -> Result<PathBuf> {
        let folder = workspace.target.join("bench/peers/runs");
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// The page and the picture of what was measured.
    fn redraw(&self) -> Result<()> {
        let comparison: Comparison = read(&self.folder.join("peers.json"))?;
        fs::write(self.folder.join("peers.md"), comparison.page())?;
        Ok(fs::write(self.folder.join("peers.svg"), picture(&comparison))?)
    }

    fn refresh_readme(&self) -> Result<()> {
        if !self.update {
            println!("written to {}; --update writes it into the repository", self.folder.display());
            return Ok(());
        }
        let readme = self.root.join("README.md");
        let text = fs::read_to_string(&readme)?;
        Ok(fs::write(&readme, readme::with_comparison(&text, &readme::comparison(&self.folder)?)?)?)
    }
}

fn read<T: DeserializeOwned>(file: &Path) -> Result<T> {
    let text = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("{} is not what it should be", file.display()))
}

fn write(file: &Path, value: &impl Serialize) -> Result<()> {
    fs::write(file, serde_json::to_string_pretty(value)? + "\n")
        .with_context(|| format!("cannot write {}", file.display()))
}

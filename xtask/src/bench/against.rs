//! Two revisions, measured in turn by the same benches.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use xshell::Shell;

use super::figures::{All, Case};
use super::measure::{bar, counts};
use super::programs::{Effort, Programs};
use super::report::{self, Row, Runs};
use super::saved::{Machine, today};
use super::stats::{Ratio, distance, quantile};
use super::worktree::Worktree;
use super::{Arguments, dots, selected};
use crate::workspace::Workspace;

/// The times of one case, turn after turn: before, after, before, after.
#[derive(Default)]
struct Turns {
    after_over_before: Vec<f64>,
    /// Before over before and after over after, which are 1 but for the noise.
    noise: Vec<f64>,
}

/// Compares the working tree with `reference`.
///
/// # Errors
///
/// When something cannot be measured, and when a count has grown beyond the limit.
pub(super) fn run(sh: &Shell, workspace: &Workspace, arguments: &Arguments, reference: &str) -> Result<()> {
    let worktree = Worktree::new(sh, &workspace.root, &workspace.target, reference)?;
    println!(
        "building the working tree and {} ({reference}), both with the benches of the working tree",
        worktree.commit
    );
    let after = Programs::build(&workspace.root, &workspace.target, true)?;
    let before = Programs::build(&worktree.root, &worktree.target, true)
        .with_context(|| format!("{reference} lacks something that the benches of the working tree use"))?;
    let cases = selected(after.cases()?, arguments)?;
    let counted = [counts(&before, &cases)?, counts(&after, &cases)?];
    let effort = Effort::new(arguments.quick);
    let turns = take_turns(&before, &after, &cases, effort)?;
    let noise = noise(turns.iter().map(|(_, turns)| turns));

    let rows = rows(&cases, &counted, &turns);
    let runs = Runs {
        reference: format!("{reference} ({})", worktree.commit),
        date: today(sh)?,
        machine: Machine::here(sh)?,
        turns: 2 * effort.rounds,
        noise,
        limit: arguments.limit,
    };
    let folder = workspace.target.join("bench/against");
    fs::create_dir_all(&folder)?;
    let [markdown, plot] = ["report.md", "ratios.svg"].map(|name| folder.join(name));
    fs::write(&plot, dots::plot(&runs, &rows))?;
    let text = report::markdown(&runs, &rows);
    fs::write(&markdown, &text)?;
    println!("\n{text}");
    println!("written to {} and {}", shown(workspace, &markdown), shown(workspace, &plot));
    verdict(&rows, arguments.limit)
}

fn take_turns(before: &Programs, after: &Programs, cases: &[Case], effort: Effort) -> Result<Vec<(String, Turns)>> {
    let timed: Vec<_> = cases.iter().filter(|case| case.figures.time).collect();
    let bar = bar("taking turns", timed.len() * effort.rounds);
    let mut all = Vec::new();
    for case in timed {
        let mut turns = Turns::default();
        for _ in 0..effort.rounds {
            let time = |programs: &Programs| Ok::<_, anyhow::Error>(programs.time(&case.id, effort)?.median);
            let [a, b, again_a, again_b] = [time(before)?, time(after)?, time(before)?, time(after)?];
            turns.after_over_before.extend([b / a, again_b / again_a]);
            turns.noise.extend([again_a / a, again_b / b]);
            bar.inc(1);
        }
        all.push((case.id.clone(), turns));
    }
    bar.finish_and_clear();
    Ok(all)
}

/// What turns of one program differ by in 19 of 20 cases.
fn noise<'a>(turns: impl Iterator<Item = &'a Turns>) -> report::Noise {
    let ratios: Vec<f64> = turns.flat_map(|turns| turns.noise.iter().copied()).collect();
    if ratios.is_empty() {
        return report::Noise { ratio: None, band: 0.0 };
    }
    let mut distances: Vec<f64> = ratios.iter().copied().map(distance).collect();
    distances.sort_by(f64::total_cmp);
    report::Noise { ratio: Some(Ratio::of(&ratios)), band: quantile(&distances, 0.95) }
}

fn rows(cases: &[Case], [before, after]: &[All; 2], turns: &[(String, Turns)]) -> Vec<Row> {
    let row = |case: &Case| {
        let turns = turns.iter().find(|(id, _)| *id == case.id).map(|(_, turns)| turns);
        let figures = |all: &All| all.get(&case.id).copied().unwrap_or_default();
        Row {
            id: case.id.clone(),
            time: turns.map(|turns| Ratio::of(&turns.after_over_before)),
            noise: turns.map(|turns| Ratio::of(&turns.noise)),
            before: figures(before),
            after: figures(after),
        }
    };
    cases.iter().map(row).collect()
}

fn verdict(rows: &[Row], limit: f64) -> Result<()> {
    ensure!(!rows.is_empty(), "nothing was compared");
    let grown: Vec<_> = rows.iter().flat_map(|row| row.grown(limit)).collect();
    if grown.is_empty() {
        return Ok(());
    }
    bail!("{} counts have grown by more than {limit} %:\n  {}", grown.len(), grown.join("\n  "))
}

fn shown(workspace: &Workspace, path: &Path) -> String {
    path.strip_prefix(&workspace.root).unwrap_or(path).display().to_string()
}

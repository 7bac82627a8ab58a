//! `benches/history/`: saved runs, what they say side by side, and the picture of it.

use std::fs;
use std::path::Path;

use anyhow::Result;

use super::figures::{Case, Kind, shown};
use super::plot::trend;
use super::saved::{self, Run};
use super::table;

/// Saves `run`, and writes the overview anew.
pub(super) fn save(folder: &Path, run: &Run, cases: &[Case]) -> Result<()> {
    let file = run.save(folder)?;
    println!("saved as {}", file.display());
    let runs = saved::all(folder)?;
    let is_budgeted =
        |case: &&Case| [Kind::Time, Kind::Instructions].iter().any(|kind| kind.budget(&case.budget).is_some());
    let ids: Vec<_> = cases.iter().filter(is_budgeted).map(|case| case.id.clone()).collect();
    fs::write(folder.join("trend.svg"), trend::plot(&runs, &ids))?;
    fs::write(folder.join("README.md"), overview(&runs, cases))?;
    Ok(())
}

fn overview(runs: &[Run], cases: &[Case]) -> String {
    let mut text =
        "# Saved runs\n\nWritten by `cargo xtask bench --save NAME`. A `+` behind a revision says that there were \
                    changes which it has not. Instructions and allocations can be compared as long as toolchain and \
                    architecture are the same; times of different runs say little.\n\n\
                    ![instructions of each run](trend.svg)\n\n"
            .to_owned();
    text.push_str("| run | day | revision | toolchain | machine | Cargo.lock |\n|---|---|---|---|---|---|\n");
    for Run { name, date, commit, machine, .. } in runs {
        let place = format!("{} cores of {}, {}, {}", machine.cores, machine.cpu, machine.system, machine.architecture);
        let lock = machine.lock.get(..12).unwrap_or(&machine.lock);
        text.push_str(&format!("| {name} | {date} | `{commit}` | {} | {place} | `{lock}` |\n", machine.toolchain));
    }
    if let Some(newest) = runs.last() {
        let table = table::table(cases, &newest.figures);
        text.push_str(&format!("\n## {}\n\nEverything that was measured of the newest run:\n\n{table}", newest.name));
    }
    let names: String = runs.iter().map(|run| format!(" {} |", run.name)).collect();
    text.push_str(&format!(
        "\n## Instructions and allocations of all\n\nWhole; what is subtracted above is a row of its own:\n\n| id |{names}\n\
         |---|{}\n",
        "--:|".repeat(runs.len())
    ));
    for case in cases.iter().filter(|case| case.figures.counts) {
        let cells: String = runs.iter().map(|run| format!(" {} |", cell(run, &case.id))).collect();
        text.push_str(&format!("| `{}` |{cells}\n", case.id));
    }
    text
}

fn cell(run: &Run, id: &str) -> String {
    let Some(figures) = run.figures.get(id) else { return "–".to_owned() };
    let [instructions, allocations] =
        [Kind::Instructions, Kind::Allocations].map(|kind| kind.of(figures).map_or_else(|| "–".to_owned(), shown));
    format!("{instructions}; {allocations}")
}

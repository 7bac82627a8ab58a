//! Instructions that a scrape takes, counted by valgrind: they repeat where times do not. Writes a table.
//!
//! A large copy is one instruction for each of its bytes here, so `memcpy` has no place in the table. Calls into the
//! kernel are not counted.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use telemetry_peers::{Scenario, Workload, names};

const SIZE: usize = 1_000;
const QUICK: usize = 100;

fn main() -> Result<()> {
    let size = if std::env::args().any(|argument| argument == "--quick") { QUICK } else { SIZE };
    println!("\nInstructions a line, {size} series (and times ours):\n");
    println!("| system | counters | histograms |\n|---|--:|--:|");
    let mut ours = None;
    for system in names().filter(|name| *name != "memcpy") {
        let counts = count_all(system, size)?;
        let [counters, histograms] = counts;
        let [our_counters, our_histograms] = *ours.get_or_insert(counts);
        println!(
            "| {system} | {counters:.0} ({:.2}) | {histograms:.0} ({:.2}) |",
            counters / our_counters,
            histograms / our_histograms,
        );
    }
    Ok(())
}

fn count_all(system: &str, size: usize) -> Result<[f64; 2]> {
    let [counters, histograms] = Scenario::ALL.map(|scenario| count(system, scenario, size));
    Ok([counters?, histograms?])
}

fn count(system: &str, scenario: Scenario, size: usize) -> Result<f64> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=*measured_scrape*"]);
    valgrind.args([env!("CARGO_BIN_EXE_one_scrape"), system, scenario.name(), &size.to_string()]);
    let output = valgrind.output().context("cannot run valgrind")?;
    let report = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "valgrind failed for {system}: {report}");
    let collected =
        report.lines().find_map(|line| line.split_once("Collected : ")).context("valgrind counted nothing")?;
    let instructions: f64 = collected.1.trim().parse()?;
    ensure!(instructions > 0.0, "valgrind did not find the function to measure");
    Ok(instructions / Workload::new(scenario, size).lines() as f64)
}

//! Instructions that a scrape takes, counted by valgrind. Writes a table.
//!
//! A large copy is one instruction for each of its bytes here, so `memcpy` has no place in the table.

use anyhow::Result;
use telemetry_benches::callgrind::instructions;
use telemetry_peers::scrape::{Scenario, Workload, names};

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
    let arguments = [system, scenario.name(), &size.to_string()];
    let instructions = instructions(env!("CARGO_BIN_EXE_one_scrape"), "measured_scrape", &arguments)?;
    Ok(instructions / Workload::new(scenario, size).lines() as f64)
}

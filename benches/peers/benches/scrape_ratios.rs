//! All systems in turn. Writes a table for each scenario and size.

use std::hint::black_box;
use std::time::Duration;

use anyhow::{Result, ensure};
use telemetry_peers::counting::Counts;
use telemetry_peers::scrape::{OURS, SDK_COLLECTION, SIZES, Scenario, System, Workload};
use telemetry_peers::turns::{quartiles, rounds};

/// For each of the tables.
const TIME: Duration = Duration::from_secs(10);
const QUICK: Duration = Duration::from_secs(1);

fn main() -> Result<()> {
    let time = if std::env::args().any(|argument| argument == "--quick") { QUICK } else { TIME };
    for scenario in Scenario::ALL {
        for size in SIZES {
            let workload = Workload::new(scenario, size);
            let systems = System::all(&workload)?;
            let rounds = rounds(systems.len(), time, |position, scrapes| {
                (0..scrapes).for_each(|_| drop(black_box(systems[position].scrape())));
            });
            println!("\n{} series of {}, {} rounds:\n", size, scenario.name(), rounds.len());
            print(&workload, size, &systems, &rounds)?;
        }
    }
    Ok(())
}

fn print(workload: &Workload, size: usize, systems: &[System], rounds: &[Vec<f64>]) -> Result<()> {
    ensure!(systems[0].name == OURS, "the first system is ours");
    let counts = Counts::of(env!("CARGO_BIN_EXE_scrape_allocations"), &[workload.scenario.name(), &size.to_string()])?;
    let collection = counts.get(SDK_COLLECTION)?[0];
    println!("| system | ns a line | times ours | quartiles | bytes | allocations | beyond the SDK's collection |");
    println!("|---|--:|--:|--:|--:|--:|--:|");
    for (position, system) in systems.iter().enumerate() {
        let lines = workload.lines() as f64;
        let [_, line, _] = quartiles(rounds.iter().map(|round| round[position] / lines));
        let [low, ratio, high] = quartiles(rounds.iter().map(|round| round[position] / round[0]));
        let allocations = counts.get(system.name)?[0];
        let beyond = if system.collects { (allocations - collection).max(0.0).to_string() } else { "–".to_owned() };
        let [low, ratio, high] = [low, ratio, high].map(|times| format!("{times:.*}", if times < 0.1 { 3 } else { 2 }));
        println!(
            "| {} | {line:.1} | {ratio} | {low} to {high} | {} | {allocations} | {beyond} |",
            system.name, system.bytes,
        );
    }
    Ok(())
}

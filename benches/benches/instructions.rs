//! Instructions that `RequestMetricsLayer` adds to a request: with all of its metrics, with each alone and with none.
//! Writes a table.
#![allow(clippy::print_stdout)] // The table is what it is for.

use anyhow::Result;
use telemetry_benches::request::{NOOP, SYSTEMS, System, Workload, instructions};

const REQUESTS: u64 = 2_000;
const QUICK: u64 = 500;

fn main() -> Result<()> {
    let has = |wanted: &str| std::env::args().any(|argument| argument == wanted);
    // `cargo bench` says so. `cargo test` does not, and asks whether the bench would run.
    if has("--bench") { table(if has("--quick") { QUICK } else { REQUESTS }) } else { each_once() }
}

fn table(requests: u64) -> Result<()> {
    let count = |entry| -> Result<[f64; 2]> {
        let [get, upload] =
            Workload::ALL.map(|workload| instructions(env!("CARGO_BIN_EXE_requests"), entry, workload, requests));
        Ok([get?, upload?])
    };
    let [get_alone, upload_alone] = count(&NOOP)?;
    println!("\nInstructions that the layer adds to a request ({get_alone:.0} and {upload_alone:.0} without it):\n");
    println!("| metrics | without a body | with a body |\n|---|--:|--:|");
    for entry in SYSTEMS.iter().filter(|entry| entry.name != NOOP.name) {
        let [get, upload] = count(entry)?;
        println!("| {} | {:.0} | {:.0} |", entry.name, get - get_alone, upload - upload_alone);
    }
    Ok(())
}

fn each_once() -> Result<()> {
    Workload::ALL.into_iter().try_for_each(|workload| System::all(SYSTEMS, workload).map(drop))
}

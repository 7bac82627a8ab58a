//! Instructions that a span adds to a request, in each state that a process can be in. Writes a table.
#![allow(clippy::print_stdout)] // The table is what it is for.

use anyhow::Result;
use telemetry_benches::spans::{NOOP, SYSTEMS, State, each_once, instructions};

const PROGRAM: &str = env!("CARGO_BIN_EXE_spans");
const REQUESTS: u64 = 2_000;
const QUICK: u64 = 500;

fn main() -> Result<()> {
    let has = |wanted: &str| std::env::args().any(|argument| argument == wanted);
    // `cargo bench` says so. `cargo test` does not, and asks whether the bench would run.
    if has("--bench") { table(if has("--quick") { QUICK } else { REQUESTS }) } else { each_once(PROGRAM, SYSTEMS) }
}

fn table(requests: u64) -> Result<()> {
    let alone = State::ALL.map(|state| instructions(PROGRAM, &NOOP, state, requests));
    let alone = alone.into_iter().collect::<Result<Vec<_>>>()?;
    println!("\nInstructions that a span adds to a request ({:.0} without it):\n", alone[0]);
    println!("| system |{}", State::ALL.map(|state| format!(" {} |", state.name())).concat());
    println!("|---|{}", "--:|".repeat(State::ALL.len()));
    for entry in SYSTEMS.iter().filter(|entry| entry.name != NOOP.name) {
        let cells = State::ALL.iter().zip(&alone).map(|(&state, alone)| -> Result<String> {
            if !entry.has(state) {
                return Ok(" – |".to_owned());
            }
            Ok(format!(" {:.0} |", instructions(PROGRAM, entry, state, requests)? - alone))
        });
        println!("| {} |{}", entry.name, cells.collect::<Result<String>>()?);
    }
    Ok(())
}

//! All systems in turn. Writes a table for each workload.

use std::time::Duration;

use anyhow::Result;
use telemetry_benches::request::{System, Workload};
use telemetry_peers::counting::Counts;
use telemetry_peers::request::{FLOOR_AT, NOOP_AT, OURS_AT, SYSTEMS};
use telemetry_peers::turns::{quartiles, rounds};

/// For each of the tables.
const TIME: Duration = Duration::from_secs(20);
const QUICK: Duration = Duration::from_secs(2);
/// Requests between two looks at the clock.
const BATCH: u32 = 64;

fn main() -> Result<()> {
    let time = if std::env::args().any(|argument| argument == "--quick") { QUICK } else { TIME };
    for workload in Workload::ALL {
        let mut systems = System::all(SYSTEMS, workload)?;
        let rounds = rounds(systems.len(), time, |position, batches| {
            systems[position].send(u64::from(batches * BATCH));
        });
        systems.iter().try_for_each(System::check)?;
        println!("\nRequests, workload {}, {} rounds:\n", workload.name(), rounds.len());
        print(workload, &rounds)?;
    }
    Ok(())
}

fn print(workload: Workload, rounds: &[Vec<f64>]) -> Result<()> {
    let counts = Counts::of(env!("CARGO_BIN_EXE_request_allocations"), &[workload.name()])?;
    let alone = counts.get(SYSTEMS[NOOP_AT].name)?;
    println!("| system | ns | quartiles | times the floor | times ours | allocations | bytes allocated |");
    println!("|---|--:|--:|--:|--:|--:|--:|");
    for (position, entry) in SYSTEMS.iter().enumerate() {
        let counted = counts.get(entry.name)?;
        if position == NOOP_AT {
            let [low, median, high] = quartiles(rounds.iter().map(|round| round[NOOP_AT] / f64::from(BATCH)));
            let [count, bytes] = [counted[0], counted[1]];
            println!("| {}, absolute | {median:.0} | {low:.0} to {high:.0} | – | – | {count} | {bytes} |", entry.name);
            continue;
        }
        let over =
            |position: usize| rounds.iter().map(move |round| (round[position] - round[NOOP_AT]) / f64::from(BATCH));
        let times = |of: usize| quartiles(over(position).zip(over(of)).map(|(system, other)| system / other))[1];
        let [low, median, high] = quartiles(over(position));
        println!(
            "| {} | {median:.0} | {low:.0} to {high:.0} | {:.1} | {:.2} | {:.2} | {:.0} |",
            entry.name,
            times(FLOOR_AT),
            times(OURS_AT),
            counted[0] - alone[0],
            counted[1] - alone[1],
        );
    }
    Ok(())
}

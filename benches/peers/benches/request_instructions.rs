//! Instructions that each system adds to a request, counted by valgrind. Writes a table.

use anyhow::Result;
use telemetry_benches::request::{Entry, Workload, instructions};
use telemetry_peers::request::{FLOOR_AT, NOOP_AT, OURS_AT, SYSTEMS};

const REQUESTS: u64 = 2_000;
const QUICK: u64 = 500;

fn main() -> Result<()> {
    let requests = if std::env::args().any(|argument| argument == "--quick") { QUICK } else { REQUESTS };
    let counts = SYSTEMS.iter().map(|entry| count(entry, requests)).collect::<Result<Vec<_>>>()?;
    let [get_alone, upload_alone] = counts[NOOP_AT];
    println!(
        "\nInstructions a request beyond the service's own {get_alone:.0} (get) and {upload_alone:.0} (upload):\n"
    );
    println!("| system | get | times the floor | times ours | upload | times the floor | times ours |");
    println!("|---|--:|--:|--:|--:|--:|--:|");
    for (position, entry) in SYSTEMS.iter().enumerate().filter(|(position, _)| *position != NOOP_AT) {
        let cells = Workload::ALL.iter().enumerate().map(|(column, _)| {
            let over = |position: usize| counts[position][column] - counts[NOOP_AT][column];
            let own = over(position);
            format!(" {own:.0} | {:.1} | {:.2} |", own / over(FLOOR_AT), own / over(OURS_AT))
        });
        println!("| {} |{}", entry.name, cells.collect::<String>());
    }
    Ok(())
}

fn count(entry: &Entry, requests: u64) -> Result<[f64; 2]> {
    let program = env!("CARGO_BIN_EXE_requests");
    let [get, upload] = Workload::ALL.map(|workload| instructions(program, entry, workload, requests));
    Ok([get?, upload?])
}

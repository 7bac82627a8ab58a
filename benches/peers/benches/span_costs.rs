//! What a span adds to a request, for each system and each state of a process: instructions counted by valgrind,
//! allocations, and time, all systems in turn. Writes a table.

use anyhow::Result;
use telemetry_benches::spans::{Entry, State, instructions};
use telemetry_peers::counting::Counts;
use telemetry_peers::spans::{NOOP_AT, SYSTEMS};

const REQUESTS: u64 = 2_000;
const QUICK_REQUESTS: u64 = 500;
/// For each of the states.
const SECONDS: &str = "20";
const QUICK_SECONDS: &str = "2";

fn main() -> Result<()> {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let (requests, seconds) = if quick { (QUICK_REQUESTS, QUICK_SECONDS) } else { (REQUESTS, SECONDS) };
    // Before valgrind runs: a machine that is as busy as others leave it.
    let columns = State::ALL.map(|state| Column::measure(state, seconds));
    let columns = columns.into_iter().collect::<Result<Vec<_>>>()?;
    println!("\nns (times the floor), instructions, allocations, bytes:\n");
    println!("| system |{}", State::ALL.map(|state| format!(" {} |", state.name())).concat());
    println!("|---|{}", "---|".repeat(State::ALL.len()));
    let alone = columns.iter().map(|column| column.instructions(&SYSTEMS[NOOP_AT], requests));
    let alone = alone.collect::<Result<Vec<_>>>()?;
    for (position, entry) in SYSTEMS.iter().enumerate() {
        let cells = columns.iter().zip(&alone).map(|(column, alone)| match position {
            NOOP_AT => column.alone(*alone),
            _ if entry.has(column.state) => column.over(entry, column.instructions(entry, requests)? - alone),
            _ => Ok(" – |".to_owned()),
        });
        let absolute = if position == NOOP_AT { ", absolute" } else { "" };
        println!("| {}{absolute} |{}", entry.name, cells.collect::<Result<String>>()?);
    }
    Ok(())
}

struct Column {
    state: State,
    times: Counts,
    allocations: Counts,
}

impl Column {
    fn measure(state: State, seconds: &str) -> Result<Self> {
        let times = Counts::of(env!("CARGO_BIN_EXE_span_times"), &[state.name(), seconds])?;
        let allocations = Counts::of(env!("CARGO_BIN_EXE_span_allocations"), &[state.name()])?;
        Ok(Self { state, times, allocations })
    }

    fn instructions(&self, entry: &Entry, requests: u64) -> Result<f64> {
        instructions(env!("CARGO_BIN_EXE_spans"), entry, self.state, requests)
    }

    fn alone(&self, instructions: f64) -> Result<String> {
        let noop = SYSTEMS[NOOP_AT].name;
        let (time, allocations) = (self.times.get(noop)?[0], self.allocations.get(noop)?);
        Ok(format!(" {time:.0} ns, {instructions:.0} i, {} a, {} B |", allocations[0], allocations[1]))
    }

    fn over(&self, entry: &Entry, instructions: f64) -> Result<String> {
        let (time, alone) = (self.times.get(entry.name)?, self.allocations.get(SYSTEMS[NOOP_AT].name)?);
        let own = self.allocations.get(entry.name)?;
        let [count, bytes] = [0, 1].map(|number| ((own[number] - alone[number]) * 10.0).round() / 10.0);
        Ok(format!(" {:.0} ns ({:.1}), {instructions:.0} i, {count} a, {bytes} B |", time[0], time[1]))
    }
}

//! Instructions, allocations and memory that `NetworkMetricsLayer` and what one writes by hand add to a connection.
//! Writes three tables.
#![allow(clippy::print_stdout)] // The tables are what it is for.

use allocation_counter::{AllocationInfo, measure};
use anyhow::Result;
use telemetry_benches::connection::{BARE, Drive, Entry, NAIVE, OURS, Operation, SYSTEMS, State, instructions};

const PROGRAM: &str = env!("CARGO_BIN_EXE_connections");
const OPERATIONS: u64 = 2_000;
const QUICK: u64 = 500;
/// How many connections are open beside the one that is in use.
const BESIDE: [usize; 2] = [1, 10_000];
/// How many are looked at that stay open.
const LIVE: usize = 10_000;

fn main() -> Result<()> {
    let has = |wanted: &str| std::env::args().any(|argument| argument == wanted);
    // `cargo bench` says so. `cargo test` does not, and asks whether the bench would run.
    if !has("--bench") {
        return each_once();
    }
    instruction_table(if has("--quick") { QUICK } else { OPERATIONS })?;
    allocation_table()?;
    memory_table()
}

fn instruction_table(count: u64) -> Result<()> {
    let all = |entry: &Entry, beside, state| -> Result<Vec<f64>> {
        let one = |operation| instructions(PROGRAM, entry, operation, count, beside, state);
        Operation::ALL.into_iter().map(one).collect()
    };
    let alone = all(&BARE, BESIDE[0], State::Unscraped)?;
    println!(
        "\nInstructions beyond the bare stream's ({:.0} to read, {:.0} to write, {:.0} to open, read, write and close):\n",
        alone[0], alone[1], alone[2]
    );
    println!("| system | beside | state | read | write | open and close |\n|---|--:|---|--:|--:|--:|");
    for entry in [OURS, NAIVE] {
        for beside in BESIDE {
            for state in State::ALL {
                let cells = all(&entry, beside, state)?;
                let cells: Vec<_> =
                    cells.iter().zip(&alone).map(|(all, alone)| format!("{:.1}", all - alone)).collect();
                println!("| {} | {beside} | {} | {} |", entry.name, state.name(), cells.join(" | "));
            }
        }
    }
    println!("| budget | | | 5 | 5 | 200 ns |");
    Ok(())
}

/// A system that has been scraped, and what it allocates in `work`.
fn counted(entry: &Entry, work: impl FnOnce(&mut dyn Drive)) -> Result<AllocationInfo> {
    let mut system = State::Scraped.warmed_up(entry, Operation::OpenClose, 1)?;
    system.reserve(LIVE);
    let counted = measure(|| work(&mut *system));
    system.finish()?;
    Ok(counted)
}

fn allocation_table() -> Result<()> {
    println!("\nAllocations, from opening to the end:\n");
    println!("| system | allocations | bytes |\n|---|--:|--:|");
    for entry in [OURS, NAIVE] {
        let counted = counted(&entry, |system| system.run(Operation::OpenClose, OPERATIONS))?;
        let [allocations, bytes] = [counted.count_total, counted.bytes_total].map(|all| all as f64 / OPERATIONS as f64);
        println!("| {} | {allocations:.2} | {bytes:.0} |", entry.name);
    }
    println!("| budget | 1 | |");
    Ok(())
}

fn memory_table() -> Result<()> {
    println!("\nMemory of an open connection that has read and written, one of {LIVE}, in bytes:\n");
    println!("| system | on the heap | of the stream's own size | both |\n|---|--:|--:|--:|");
    for entry in [OURS, NAIVE] {
        let heap = counted(&entry, |system| system.hold(LIVE))?.bytes_current as f64 / LIVE as f64;
        let own = (entry.build)(0).own_size();
        println!("| {} | {heap:.0} | {own} | {:.0} |", entry.name, heap + own as f64);
    }
    println!("| budget | | | < 200 |");
    Ok(())
}

fn each_once() -> Result<()> {
    for entry in SYSTEMS {
        for operation in Operation::ALL {
            State::ALL.into_iter().try_for_each(|state| state.warmed_up(entry, operation, 1)?.finish())?;
        }
        counted(entry, |system| system.hold(10))?;
    }
    Ok(())
}

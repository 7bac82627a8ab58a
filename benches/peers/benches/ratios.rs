//! All systems in turn, round after round in one process, so that whatever slows the machine down slows all of them.
//! Writes a table for each scenario and size. Times are this thread's own: a scrape waits for nothing, and while other
//! programs run, the clock stands still.

use std::collections::HashMap;
use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustix::time::{ClockId, clock_gettime};
use telemetry_peers::{OURS, SDK_COLLECTION, SIZES, Scenario, System, Workload};

/// For each of the tables.
const TIME: Duration = Duration::from_secs(10);
const QUICK: Duration = Duration::from_secs(1);
/// Quartiles of fewer rounds mean nothing.
const FEWEST_ROUNDS: usize = 5;
/// Nanoseconds: long enough for the clock, short enough for the machine to be as fast at the end of a round as at its start.
const TURN: f64 = 1e6;

fn main() -> Result<()> {
    let time = if std::env::args().any(|argument| argument == "--quick") { QUICK } else { TIME };
    for scenario in Scenario::ALL {
        for size in SIZES {
            let workload = Workload::new(scenario, size);
            let systems = System::all(&workload)?;
            let rounds = measure(&systems, time);
            println!("\n{} series of {}, {} rounds:\n", size, scenario.name(), rounds.len());
            print(&workload, &systems, &rounds, &allocations(&workload, size)?)?;
        }
    }
    Ok(())
}

/// Nanoseconds that each system took for one scrape, for each round.
fn measure(systems: &[System], time: Duration) -> Vec<Vec<f64>> {
    let scrapes: Vec<u32> = systems.iter().map(scrapes_in_a_turn).collect();
    let started = Instant::now();
    let mut rounds = Vec::new();
    while rounds.len() < FEWEST_ROUNDS || started.elapsed() < time {
        let mut round = vec![0.0; systems.len()];
        for turn in 0..systems.len() {
            // Another one begins each time: none always follows the one that leaves the caches in a bad state.
            let position = (turn + rounds.len()) % systems.len();
            let (system, scrapes) = (&systems[position], scrapes[position]);
            let started = thread_time();
            for _ in 0..scrapes {
                drop(black_box(system.scrape()));
            }
            round[position] = (thread_time() - started) / f64::from(scrapes);
        }
        rounds.push(round);
    }
    rounds
}

/// Nanoseconds for which this thread has run.
fn thread_time() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 * 1e9 + now.tv_nsec as f64
}

fn scrapes_in_a_turn(system: &System) -> u32 {
    let started = thread_time();
    let mut scrapes = 0;
    while thread_time() - started < TURN {
        drop(black_box(system.scrape()));
        scrapes += 1;
    }
    scrapes
}

fn print(
    workload: &Workload,
    systems: &[System],
    rounds: &[Vec<f64>],
    allocations: &HashMap<String, u64>,
) -> Result<()> {
    ensure!(systems[0].name == OURS, "the first system is ours");
    let allocations_of = |name: &str| allocations.get(name).with_context(|| format!("no allocations of {name}"));
    let collection = allocations_of(SDK_COLLECTION)?;
    println!("| system | ns a line | times ours | quartiles | bytes | allocations | beyond the SDK's collection |");
    println!("|---|--:|--:|--:|--:|--:|--:|");
    for (position, system) in systems.iter().enumerate() {
        let lines = workload.lines() as f64;
        let [_, line, _] = quartiles(rounds.iter().map(|round| round[position] / lines));
        let [low, ratio, high] = quartiles(rounds.iter().map(|round| round[position] / round[0]));
        let allocations = allocations_of(system.name)?;
        let beyond =
            if system.collects { allocations.saturating_sub(*collection).to_string() } else { "–".to_owned() };
        let [low, ratio, high] = [low, ratio, high].map(|times| format!("{times:.*}", if times < 0.1 { 3 } else { 2 }));
        println!(
            "| {} | {line:.1} | {ratio} | {low} to {high} | {} | {allocations} | {beyond} |",
            system.name, system.bytes,
        );
    }
    Ok(())
}

/// The lower quartile, the median and the upper quartile.
fn quartiles(values: impl Iterator<Item = f64>) -> [f64; 3] {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| values[(values.len() - 1) * quarter / 4])
}

/// How often each system allocates during a scrape: counted by another program, because counting costs time.
fn allocations(workload: &Workload, size: usize) -> Result<HashMap<String, u64>> {
    let mut counting = Command::new(env!("CARGO_BIN_EXE_allocations"));
    let output = counting.arg(workload.scenario.name()).arg(size.to_string()).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout)?;
    let pairs = lines.lines().map(|line| {
        let (system, count) = line.split_once(' ').context("a line without a count")?;
        Ok((system.to_owned(), count.parse()?))
    });
    pairs.collect()
}

//! Requests through all systems: what recording their metrics costs.
//!
//! - `requests times`: all systems in turn.
//! - `requests scaling`: what a second thread adds.
//! - `requests instructions`: counted by valgrind.
//! - `requests once <system> <workload> <count>`: one system, for a profiler that looks at `measured_work`.
//!
//! The first three take `--quick` and `--json FILE`.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use telemetry_benches::request::{System, Workload};
use telemetry_peers::arguments::Arguments;
use telemetry_peers::figures::Figures;
use telemetry_peers::profiled::{instructions, measured_work};
use telemetry_peers::request::{FLOOR_AT, NOOP_AT, OURS_AT, SYSTEMS, table};
use telemetry_peers::turns::Rounds;

mod scaling;

/// For each of the workloads.
const TIME: Duration = Duration::from_secs(20);
const QUICK: Duration = Duration::from_secs(2);
/// Requests between two looks at the clock.
const BATCH: u32 = 64;

fn main() -> Result<()> {
    let arguments = Arguments::of_process()?;
    let figures = match arguments.words()[..] {
        ["times"] => times(arguments.unless_quick(TIME, QUICK))?,
        ["scaling"] => scaling::measure(arguments.unless_quick(scaling::TIME, scaling::QUICK))?,
        ["instructions"] => count(arguments.unless_quick("2000", "500"))?,
        ["once", system, workload, count] => return once(system, workload, count.parse()?),
        _ => bail!("usage: requests times|scaling|instructions [--quick] [--json FILE]"),
    };
    figures.show(&arguments)
}

fn times(time: Duration) -> Result<Figures> {
    let mut figures = Figures::default();
    for workload in Workload::ALL {
        let mut systems = System::all(SYSTEMS, workload)?;
        let names: Vec<_> = systems.iter().map(|system| system.name).collect();
        let send = |position: usize, requests| systems[position].send(u64::from(requests));
        let rounds = Rounds::new(names.len(), time, BATCH, send, || ());
        systems.iter().try_for_each(System::check)?;
        let compared = [("times_floor", FLOOR_AT), ("times_ours", OURS_AT)];
        rounds.add_to(&mut figures, &table(workload), &names, Some(NOOP_AT), &compared);
    }
    Ok(figures)
}

fn count(requests: &str) -> Result<Figures> {
    let mut figures = Figures::default();
    for workload in Workload::ALL {
        let runs: Vec<_> = SYSTEMS.iter().map(|entry| vec![entry.name, workload.name(), requests]).collect();
        let requests: f64 = requests.parse()?;
        let counts = instructions(&runs)?.into_iter().map(|all| all / requests);
        let column: Vec<_> = SYSTEMS.iter().map(|entry| entry.name).zip(counts).collect();
        figures.add_beyond(&table(workload), "instructions", Some(SYSTEMS[NOOP_AT].name), &column);
    }
    Ok(figures)
}

fn once(name: &str, workload: &str, requests: u64) -> Result<()> {
    let entry = SYSTEMS.iter().find(|entry| entry.name == name);
    let entry = entry.with_context(|| format!("there is no system {name:?}"))?;
    let mut system = System::new(entry, Workload::named(workload)?)?;
    measured_work(&mut || system.send(requests));
    system.check()
}

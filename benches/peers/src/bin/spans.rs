//! Requests through all systems: what a span for each costs, in each state of a process.
//!
//! - `spans times`: all systems in turn.
//! - `spans instructions`: counted by valgrind. Those of other threads are not among them.
//! - `spans once <system> <state> <count>`: one system, for a profiler that looks at `measured_work`.
//!
//! The first two take `--quick` and `--json FILE`.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use telemetry_benches::spans::{State, Systems};
use telemetry_peers::arguments::Arguments;
use telemetry_peers::figures::Figures;
use telemetry_peers::profiled::{instructions, measured_work};
use telemetry_peers::spans::{FLOOR_AT, NOOP_AT, SYSTEMS, each_state, table};
use telemetry_peers::turns::Rounds;

/// For each of the states.
const TIME: Duration = Duration::from_secs(20);
const QUICK: Duration = Duration::from_secs(2);
/// Requests between two looks at the clock.
const BATCH: u32 = 64;

fn main() -> Result<()> {
    let arguments = Arguments::of_process()?;
    let figures = match arguments.words()[..] {
        ["times"] => each_state(&arguments)?,
        ["times", state] => times(State::named(state)?, arguments.unless_quick(TIME, QUICK))?,
        ["instructions"] => count(arguments.unless_quick("2000", "500"))?,
        ["once", system, state, count] => return once(system, State::named(state)?, count.parse()?),
        _ => bail!("usage: spans times|instructions [--quick] [--json FILE]"),
    };
    figures.show(&arguments)
}

fn times(state: State, time: Duration) -> Result<Figures> {
    let mut systems = Systems::new(SYSTEMS, state)?;
    let names: Vec<_> = systems.names().collect();
    let arrivals = systems.arrivals().clone();
    let send = |position, requests| systems.send(position, u64::from(requests));
    // The queue has to have room for the next turn. A flush that fails loses spans, which the check finds.
    let flush = || drop(arrivals.flush());
    let rounds = Rounds::new(names.len(), time, BATCH, send, flush);
    systems.check()?;
    let mut figures = Figures::default();
    rounds.add_to(&mut figures, &table(state), &names, Some(NOOP_AT), &[("times_floor", FLOOR_AT)]);
    Ok(figures)
}

fn count(requests: &str) -> Result<Figures> {
    let mut figures = Figures::default();
    for state in State::ALL {
        let names = SYSTEMS.iter().filter(|entry| entry.has(state)).map(|entry| entry.name);
        let runs: Vec<_> = names.clone().map(|name| vec![name, state.name(), requests]).collect();
        let requests: f64 = requests.parse()?;
        let column: Vec<_> = names.zip(instructions(&runs)?.into_iter().map(|all| all / requests)).collect();
        figures.add_beyond(&table(state), "instructions", Some(SYSTEMS[NOOP_AT].name), &column);
    }
    Ok(figures)
}

fn once(name: &str, state: State, requests: u64) -> Result<()> {
    let entry = SYSTEMS.iter().find(|entry| entry.name == name);
    let entry = entry.with_context(|| format!("there is no system {name:?}"))?;
    ensure!(entry.has(state), "{name} is the same when it is {} as when it is sampled", state.name());
    let mut system = Systems::new([entry], state)?;
    measured_work(&mut || system.send(0, requests));
    system.check()
}

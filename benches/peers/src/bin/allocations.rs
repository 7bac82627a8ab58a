//! How often each system allocates, and how many bytes: `allocations requests`, `allocations scrapes` or
//! `allocations spans`, with `--quick` and `--json FILE`. What other threads allocate is not counted.
//!
//! A program of its own, because counting makes allocations slower.

use allocation_counter::measure;
use anyhow::{Result, bail};
use telemetry_peers::arguments::Arguments;
use telemetry_peers::figures::Figures;

fn main() -> Result<()> {
    let arguments = Arguments::of_process()?;
    let figures = match arguments.words()[..] {
        #[cfg(feature = "metrics")]
        ["requests"] => requests()?,
        #[cfg(feature = "metrics")]
        ["scrapes"] => scrapes(arguments.quick)?,
        #[cfg(feature = "spans")]
        ["spans"] => telemetry_peers::spans::each_state(&arguments)?,
        #[cfg(feature = "spans")]
        ["spans", state] => spans(state)?,
        _ => bail!("usage: allocations requests|scrapes|spans [--quick] [--json FILE], each with its feature"),
    };
    figures.show(&arguments)
}

/// A column of allocations and one of bytes, for one of so many times.
fn add(figures: &mut Figures, table: &str, alone: Option<&str>, times: u64, counted: &[(&str, [u64; 2])]) {
    for (number, figure) in ["allocations", "bytes"].into_iter().enumerate() {
        let column = counted.iter().map(|(system, totals)| (*system, totals[number] as f64 / times as f64));
        figures.add_beyond(table, figure, alone, &column.collect::<Vec<_>>());
    }
}

fn counted(work: impl FnOnce()) -> [u64; 2] {
    let all = measure(work);
    [all.count_total, all.bytes_total]
}

const REQUESTS: u64 = 2_000;

#[cfg(feature = "metrics")]
fn requests() -> Result<Figures> {
    use telemetry_benches::request::{System, Workload};
    use telemetry_peers::request::{NOOP_AT, SYSTEMS, table};

    let mut figures = Figures::default();
    for workload in Workload::ALL {
        let mut all = Vec::new();
        for mut system in System::all(SYSTEMS, workload)? {
            all.push((system.name, counted(|| system.send(REQUESTS))));
            system.check()?;
        }
        add(&mut figures, &table(workload), Some(SYSTEMS[NOOP_AT].name), REQUESTS, &all);
    }
    Ok(figures)
}

#[cfg(feature = "metrics")]
fn scrapes(quick: bool) -> Result<Figures> {
    use telemetry_peers::scrape::{QUICK_SIZES, SIZES, Scenario, System, Workload};

    let mut figures = Figures::default();
    for scenario in Scenario::ALL {
        for size in if quick { QUICK_SIZES } else { SIZES } {
            let workload = Workload::new(scenario, *size);
            let mut all = Vec::new();
            for system in System::all(&workload)? {
                all.push((system.name, counted(|| drop(system.scrape()))));
                system.check(&workload)?;
            }
            add(&mut figures, &workload.table(), None, 1, &all);
        }
    }
    Ok(figures)
}

#[cfg(feature = "spans")]
fn spans(state: &str) -> Result<Figures> {
    use telemetry_benches::spans::{State, Systems};
    use telemetry_peers::spans::{NOOP_AT, SYSTEMS, table};

    let state = State::named(state)?;
    let mut systems = Systems::new(SYSTEMS, state)?;
    let names: Vec<_> = systems.names().collect();
    let mut all = Vec::new();
    for (position, name) in names.into_iter().enumerate() {
        all.push((name, counted(|| systems.send(position, REQUESTS))));
    }
    systems.check()?;
    let mut figures = Figures::default();
    add(&mut figures, &table(state), Some(SYSTEMS[NOOP_AT].name), REQUESTS, &all);
    Ok(figures)
}

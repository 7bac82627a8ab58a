//! Whole scrapes of all systems.
//!
//! - `scrapes times`: all systems in turn.
//! - `scrapes instructions`: of one that is not the first, counted by valgrind.
//! - `scrapes once <system> <scenario> <series>`: a single scrape, for a profiler that looks at `measured_work`.
//!
//! The first two take `--quick` and `--json FILE`.

use std::hint::black_box;
use std::time::Duration;

use anyhow::{Result, bail};
use telemetry_peers::arguments::Arguments;
use telemetry_peers::figures::Figures;
use telemetry_peers::profiled::{instructions, measured_work};
use telemetry_peers::scrape::{FLOOR_AT, OURS_AT, QUICK_SIZES, SIZES, Scenario, System, Workload, names};
use telemetry_peers::turns::Rounds;

/// For each of the scenarios and sizes.
const TIME: Duration = Duration::from_secs(10);
const QUICK: Duration = Duration::from_secs(1);

fn main() -> Result<()> {
    let arguments = Arguments::of_process()?;
    let figures = match arguments.words()[..] {
        ["times"] => {
            let (sizes, time) = arguments.unless_quick((SIZES, TIME), (QUICK_SIZES, QUICK));
            times(sizes, time)?
        }
        ["instructions"] => count(arguments.unless_quick("1000", "100"))?,
        ["once", system, scenario, series] => {
            return once(system, &Workload::new(Scenario::named(scenario)?, series.parse()?));
        }
        _ => bail!("usage: scrapes times|instructions [--quick] [--json FILE]"),
    };
    figures.show(&arguments)
}

fn times(sizes: &[usize], time: Duration) -> Result<Figures> {
    let mut figures = Figures::default();
    for scenario in Scenario::ALL {
        for size in sizes {
            let workload = Workload::new(scenario, *size);
            let systems = System::all(&workload)?;
            let scrape = |position: usize, scrapes| {
                (0..scrapes).for_each(|_| drop(black_box(systems[position].scrape())));
            };
            let rounds = Rounds::new(systems.len(), time, 1, scrape, || ());
            let names: Vec<_> = names().collect();
            let compared = [("times_floor", FLOOR_AT), ("times_ours", OURS_AT)];
            rounds.add_to(&mut figures, &workload.table(), &names, None, &compared);
            for system in &systems {
                // The SDK's data, which is not encoded, has none.
                match system.check(&workload)? {
                    0 => {}
                    bytes => figures.add(&workload.table(), system.name, "page_bytes", bytes as f64),
                }
            }
        }
    }
    Ok(figures)
}

fn count(size: &str) -> Result<Figures> {
    let mut figures = Figures::default();
    for scenario in Scenario::ALL {
        let runs: Vec<_> = names().map(|name| vec![name, scenario.name(), size]).collect();
        let column: Vec<_> = names().zip(instructions(&runs)?).collect();
        let table = Workload::new(scenario, size.parse()?).table();
        figures.add_beyond(&table, "instructions", None, &column);
    }
    Ok(figures)
}

fn once(name: &str, workload: &Workload) -> Result<()> {
    let system = System::new(name, workload)?;
    measured_work(&mut || drop(black_box(system.scrape())));
    system.check(workload)?;
    Ok(())
}

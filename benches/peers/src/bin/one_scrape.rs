//! `one_scrape <system> <scenario> <series>`: a single scrape of a system that was scraped before, for a profiler.
//!
//! `valgrind --tool=callgrind --toggle-collect='*measured_scrape*' one_scrape ...` counts the scrape and nothing else.

use std::hint::black_box;

use anyhow::{Context, Result};
use telemetry_peers::scrape::{Scenario, System, Workload};

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut argument = || arguments.next().context("usage: one_scrape <system> <scenario> <series>");
    let name = argument()?;
    let workload = Workload::new(Scenario::named(&argument()?)?, argument()?.parse()?);
    measured_scrape(&System::new(&name, &workload)?);
    Ok(())
}

/// The name by which a profiler finds it.
#[inline(never)]
fn measured_scrape(system: &System) {
    drop(black_box(system.scrape()));
}

//! `scrape_allocations <scenario> <series>`: how often each system allocates during a scrape, one line each.
//!
//! A program of its own, because counting makes allocations slower.

use anyhow::{Context, Result};
use telemetry_peers::scrape::{Scenario, System, Workload};

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut argument = || arguments.next().context("usage: scrape_allocations <scenario> <series>");
    let workload = Workload::new(Scenario::named(&argument()?)?, argument()?.parse()?);
    for system in System::all(&workload)? {
        let counted = allocation_counter::measure(|| drop(system.scrape()));
        println!("{} {}", system.name, counted.count_total);
    }
    Ok(())
}

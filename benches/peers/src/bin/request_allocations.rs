//! `request_allocations <workload>`: how often each system allocates in a request, and how many bytes, one line each.
//!
//! A program of its own, because counting makes allocations slower.

use anyhow::{Context, Result};
use telemetry_benches::request::{System, Workload};
use telemetry_peers::request::SYSTEMS;

const REQUESTS: u64 = 2_000;

fn main() -> Result<()> {
    let workload = std::env::args().nth(1).context("usage: request_allocations <workload>")?;
    for mut system in System::all(SYSTEMS, Workload::named(&workload)?)? {
        let counted = allocation_counter::measure(|| system.send(REQUESTS));
        system.check()?;
        let each = [counted.count_total, counted.bytes_total].map(|total| total as f64 / REQUESTS as f64);
        println!("{} {} {}", system.name, each[0], each[1]);
    }
    Ok(())
}

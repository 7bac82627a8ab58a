//! `allocated <id>`: what the work of one case allocates, each time, as JSON.
//!
//! A program of its own, because counting makes allocations slower.
#![allow(clippy::print_stdout)] // The numbers are what it is for.

use allocation_counter::{AllocationInfo, measure};
use anyhow::{Context, Result};
use telemetry_benches::cases;

fn main() -> Result<()> {
    let id = std::env::args().nth(1).context("usage: allocated <id>")?;
    let case = cases::named(&id)?;
    let mut prepared = case.prepare()?;
    let mut all = AllocationInfo::default();
    prepared.count(case.times, |work, times| all += measure(|| work.run(times)));
    prepared.finish()?;
    let each = |all: f64| all / case.times as f64;
    let (allocations, bytes) = (each(all.count_total as f64), each(all.bytes_total as f64));
    let kept = each(all.bytes_current as f64);
    println!("{}", serde_json::json!({ "allocations": allocations, "bytes": bytes, "kept": kept }));
    Ok(())
}

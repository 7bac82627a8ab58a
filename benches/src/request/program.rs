//! A program that sends requests for a profiler, and the count of what it does.

use std::hint::black_box;

use anyhow::{Context, Result};

use super::system::{Entry, System};
use super::workload::Workload;
use crate::callgrind;

/// What a profiler has to look at.
pub const FUNCTION: &str = "measured_requests";

/// `requests <system> <workload> <count>`: sends requests through a system that has been warmed up and scraped before.
///
/// # Errors
///
/// When an argument is missing or wrong, and when the system does not count its requests.
pub fn program(systems: &[Entry]) -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut argument = || arguments.next().context("usage: requests <system> <workload> <count>");
    let name = argument()?;
    let entry = systems.iter().find(|entry| entry.name == name);
    let entry = entry.with_context(|| format!("there is no system {name:?}"))?;
    let mut system = System::new(entry, Workload::named(&argument()?)?)?;
    measured_requests(&mut system, argument()?.parse()?);
    system.check()
}

#[inline(never)]
fn measured_requests(system: &mut System, requests: u64) {
    black_box(system).send(requests);
}

/// Instructions of one request, the mean of `requests`, in a `program` that runs [`program`].
///
/// # Errors
///
/// As [`callgrind::instructions`].
pub fn instructions(program: &str, entry: &Entry, workload: Workload, requests: u64) -> Result<f64> {
    let arguments = [entry.name, workload.name(), &requests.to_string()];
    Ok(callgrind::instructions(program, FUNCTION, &arguments)? / requests as f64)
}

//! A program that sends requests for a profiler, and the count of what it does.

use std::hint::black_box;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::state::State;
use super::systems::{Entry, Systems};
use crate::callgrind;
use crate::request::FUNCTION;

/// `spans <system> <state> <count>`: sends requests through a system that has been warmed up.
///
/// # Errors
///
/// When an argument is missing or wrong, and when spans do not arrive or are not what they should be.
pub fn program(systems: &[Entry]) -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut argument = || arguments.next().context("usage: spans <system> <state> <count>");
    let name = argument()?;
    let entry = systems.iter().find(|entry| entry.name == name);
    let entry = entry.with_context(|| format!("there is no system {name:?}"))?;
    let state = State::named(&argument()?)?;
    ensure!(entry.has(state), "{name} is the same when it is {} as when it is sampled", state.name());
    let mut system = Systems::new([entry], state)?;
    measured_requests(&mut system, argument()?.parse()?);
    system.check()
}

#[inline(never)]
fn measured_requests(system: &mut Systems, requests: u64) {
    black_box(system).send(0, requests);
}

/// Instructions of one request, the mean of `requests`, in a `program` that runs [`program`]. Those of other threads
/// are not among them.
///
/// # Errors
///
/// As [`callgrind::instructions`].
pub fn instructions(program: &str, entry: &Entry, state: State, requests: u64) -> Result<f64> {
    let arguments = [entry.name, state.name(), &requests.to_string()];
    Ok(callgrind::instructions(program, FUNCTION, &arguments)? / requests as f64)
}

/// Has a `program` that runs [`program`] check each of `systems` in each state.
///
/// # Errors
///
/// What the first that fails says.
pub fn each_once(program: &str, systems: &[Entry]) -> Result<()> {
    for entry in systems {
        for state in State::ALL.into_iter().filter(|state| entry.has(*state)) {
            let output = Command::new(program).args([entry.name, state.name(), "1"]).output()?;
            ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
    }
    Ok(())
}

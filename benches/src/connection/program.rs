//! A program that drives connections for a profiler, and the count of what it does.

use std::hint::black_box;

use anyhow::{Context, Result, bail};

use super::drive::{Drive, Operation};
use super::systems::Entry;
use crate::callgrind;

/// What a profiler has to look at.
pub const FUNCTION: &str = "measured_connections";

/// How many operations a system has had before it is measured.
const WARM_UP: u64 = 2_000;

/// Whether somebody has collected: a layer may go another way then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nobody has.
    Unscraped,
    /// Somebody has, before and after a thousand operations.
    Scraped,
}

impl State {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Unscraped, Self::Scraped];

    /// The name in arguments and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unscraped => "unscraped",
            Self::Scraped => "scraped",
        }
    }

    fn named(name: &str) -> Result<Self> {
        match Self::ALL.into_iter().find(|state| state.name() == name) {
            Some(state) => Ok(state),
            None => bail!("there is no state {name:?}"),
        }
    }

    /// Builds `entry` with so many connections beside the one in use, and warms it up.
    ///
    /// # Errors
    ///
    /// When it does not count what it does.
    pub fn warmed_up(self, entry: &Entry, operation: Operation, beside: usize) -> Result<Box<dyn Drive>> {
        let mut system = (entry.build)(beside);
        for _ in 0..2 {
            system.run(operation, WARM_UP / 2);
            if self == Self::Scraped {
                system.check()?;
            }
        }
        Ok(system)
    }
}

/// `connections <system> <operation> <count> <beside> <state>`: does the same over and over on connections that have
/// been warmed up.
///
/// # Errors
///
/// When an argument is missing or wrong, and when the system does not count what it does.
pub fn program(systems: &[Entry]) -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut argument = || arguments.next().context("usage: connections <system> <operation> <count> <beside> <state>");
    let name = argument()?;
    let entry = systems.iter().find(|entry| entry.name == name);
    let entry = entry.with_context(|| format!("there is no system {name:?}"))?;
    let operation = Operation::named(&argument()?)?;
    let (count, beside) = (argument()?.parse()?, argument()?.parse()?);
    let mut system = State::named(&argument()?)?.warmed_up(entry, operation, beside)?;
    measured_connections(&mut *system, operation, count);
    system.finish()
}

#[inline(never)]
fn measured_connections(system: &mut dyn Drive, operation: Operation, count: u64) {
    black_box(system).run(operation, count);
}

/// Instructions of one operation, the mean of `count`, in a `program` that runs [`program`].
///
/// # Errors
///
/// As [`callgrind::instructions`].
pub fn instructions(
    program: &str,
    entry: &Entry,
    operation: Operation,
    count: u64,
    beside: usize,
    state: State,
) -> Result<f64> {
    let arguments = [entry.name, operation.name(), &count.to_string(), &beside.to_string(), state.name()];
    Ok(callgrind::instructions(program, FUNCTION, &arguments)? / count as f64)
}

//! Connections that have been warmed up.

use anyhow::Result;

use super::drive::{Drive, Operation};
use super::systems::Entry;

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

//! How many file descriptors a process may have open.

use anyhow::{Context, Result};
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit, setrlimit};

/// Lifts our own limit as far as the system allows. Whatever is started later has the same.
pub(super) fn raise() -> Result<()> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).context("cannot raise the limit on open files")
}

/// How many connections a process can have that has two descriptors for each, with some left for all else.
pub(super) fn pairs(wanted: u64) -> u64 {
    const ELSE: u64 = 500;
    let possible = getrlimit(Resource::Nofile).current.map_or(wanted, |most| most.saturating_sub(ELSE) / 2);
    if possible < wanted {
        println!(
            "ONLY {possible} CONNECTIONS INSTEAD OF {wanted}: the hard limit on open files (ulimit -Hn) is too low"
        );
    }
    wanted.min(possible)
}

/// Leaves a process without a descriptor that it may still open, though two of those that it has be closed: a scrape may
/// have some for a moment.
pub(super) fn leave_none(process: u32) -> Result<()> {
    let open = std::fs::read_dir(format!("/proc/{process}/fd"))?.count() as u64;
    let limit = Some(open.saturating_sub(2));
    let process = Pid::from_raw(process.cast_signed()).context("an odd process")?;
    prlimit(Some(process), Resource::Nofile, Rlimit { current: limit, maximum: limit })?;
    Ok(())
}

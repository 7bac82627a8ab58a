//! Measures cases, with a line that moves meanwhile.

use std::collections::VecDeque;
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};

use super::figures::{All, Case, Figures};
use super::programs::{Effort, Programs};

/// Instructions and allocations of all `cases` that have some, on as many cores as there are: counts do not mind company.
pub(super) fn counts(programs: &Programs, cases: &[Case]) -> Result<All> {
    let waiting: VecDeque<&Case> = cases.iter().filter(|case| case.figures.counts).collect();
    let bar = bar("counting", waiting.len());
    let (waiting, counted) = (Mutex::new(waiting), Mutex::new(All::new()));
    let work = || -> Result<()> {
        loop {
            let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some(case) = next else { return Ok(()) };
            let figures = count(programs, &case.id)?;
            counted.lock().unwrap_or_else(PoisonError::into_inner).insert(case.id.clone(), figures);
            bar.inc(1);
        }
    };
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })?;
    bar.finish_and_clear();
    Ok(counted.into_inner().unwrap_or_else(PoisonError::into_inner))
}

fn count(programs: &Programs, id: &str) -> Result<Figures> {
    let instructions = Some(programs.instructions(id)?);
    let allocated = programs.allocated(id)?;
    let [allocations, bytes, kept] = [allocated.allocations, allocated.bytes, allocated.kept].map(Some);
    Ok(Figures { time: None, instructions, allocations, bytes, kept })
}

/// Adds the times of all `cases` that have one.
pub(super) fn times(programs: &Programs, cases: &[Case], effort: Effort, all: &mut All) -> Result<()> {
    let timed: Vec<_> = cases.iter().filter(|case| case.figures.time).collect();
    let bar = bar("timing", timed.len());
    for case in timed {
        all.entry(case.id.clone()).or_default().time = Some(programs.time(&case.id, effort)?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(())
}

/// Nothing where stderr is no terminal.
pub(super) fn bar(what: &'static str, length: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(length as u64).with_message(what);
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}, about {eta} left") {
        bar.set_style(style);
    }
    bar
}

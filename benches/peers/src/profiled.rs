//! Instructions: each program runs itself under valgrind, with the words `once ...`, for each of its systems.

use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread;

use anyhow::{Context, Result};
use telemetry_benches::callgrind;

/// Work that valgrind counts. It is found by its name.
#[inline(never)]
pub fn measured_work(work: &mut dyn FnMut()) {
    black_box(work)();
}

/// Instructions of [`measured_work`] in this program, for each of `runs`, which are words after `once`. As many run at
/// once as there are CPUs: they cost one another time, and no instructions.
///
/// # Errors
///
/// As [`callgrind::instructions`].
pub fn instructions(runs: &[Vec<&str>]) -> Result<Vec<f64>> {
    let program = std::env::current_exe()?;
    let program = program.to_str().context("the path of this program is no text")?;
    let count = |run: &Vec<&str>| callgrind::instructions(program, "measured_work", &[&["once"], &run[..]].concat());
    let (next, (counted, counts)) = (AtomicUsize::new(0), channel());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            let (next, count, counted) = (&next, &count, counted.clone());
            scope.spawn(move || {
                while let Some((position, run)) = runs.iter().enumerate().nth(next.fetch_add(1, Ordering::Relaxed)) {
                    // Somebody receives it: the channel lives as long as the scope.
                    let _ = counted.send((position, count(run)));
                }
            });
        }
    });
    drop(counted);
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(position, _)| *position);
    counts.into_iter().map(|(_, count)| count).collect()
}

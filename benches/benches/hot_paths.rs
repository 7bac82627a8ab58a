//! How long everything of ours takes. `cargo bench --bench hot_paths -- [part of an id] [criterion's options]`
//!
//! Each id has a process of its own: subscribers and providers are global, and so no id lives in what others have left of
//! the heap.

use std::env;
use std::process::Command;

use anyhow::{Result, ensure};
use criterion::Criterion;
use telemetry_benches::case::Case;
use telemetry_benches::cases;

fn main() -> Result<()> {
    let mut arguments: Vec<_> = env::args().skip(1).collect();
    let mut cases = cases::all();
    cases.retain(|case| case.figures.time);
    if let Some(position) = arguments.iter().position(|argument| argument == "--exact") {
        cases.retain(|case| arguments.get(position + 1) == Some(&case.id));
        ensure!(cases.len() == 1, "--exact needs an id");
        return measure(&cases[0]);
    }
    // First of all, so that the values of criterion's own options are not taken for it.
    let is_filter = arguments.first().is_some_and(|argument| !argument.starts_with('-'));
    let filter = if is_filter { arguments.remove(0) } else { String::new() };
    for case in cases.iter().filter(|case| case.id.contains(&filter)) {
        let status = Command::new(env::current_exe()?).args(&arguments).args(["--exact", &case.id]).status()?;
        ensure!(status.success(), "{} failed", case.id);
    }
    Ok(())
}

fn measure(case: &Case) -> Result<()> {
    let mut prepared = case.prepare()?;
    let mut criterion = Criterion::default().configure_from_args();
    let (group, name) = case.id.split_once('/').unwrap_or((&case.id, ""));
    let (scenario, parameter) = name.split_once('/').unwrap_or((name, ""));
    let mut group = criterion.benchmark_group(format!("{group}/{scenario}"));
    group.bench_function(parameter, |bencher| bencher.iter_custom(|times| prepared.time(times)));
    group.finish();
    prepared.finish()?;
    criterion.final_summary();
    Ok(())
}

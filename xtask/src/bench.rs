//! `cargo xtask bench`, and the benches' smoke run in `ci`.

use crate::command::Command;
use crate::steps::Step;

// `--bench '*'` leaves out the library's own test harness, which does not know criterion's arguments.
pub(crate) fn steps(quick: bool) -> Vec<Step> {
    let bench = Command::new("cargo bench -p telemetry-benches --bench").arg("*");
    let bench = if quick { bench.args("-- --quick") } else { bench };
    vec![Step::loud("benches", bench)]
}

/// Every bench once, unoptimised and unmeasured: it shows that they build and run.
pub(crate) fn smoke() -> Vec<Step> {
    let command = Command::new("cargo test --quiet -p telemetry-benches --bench").arg("*");
    vec![Step::quiet("benches, each once", command)]
}

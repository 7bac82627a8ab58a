//! `cargo xtask bench`, and the benches' smoke run in `ci`.

use crate::command::Command;
use crate::programs::{self, Source};
use crate::steps::Step;

// `--bench '*'` leaves out the library's own test harness, which does not know criterion's arguments.
pub(crate) fn steps(quick: bool) -> Vec<Step> {
    let bench = Command::new("cargo bench -p telemetry-benches --bench").arg("*");
    let bench = if quick { bench.args("-- --quick") } else { bench };
    vec![Step::loud("benches", bench)]
}

/// The package beside the workspace, which nothing else builds: its peers are no business of `ci`.
pub(crate) fn peers(quick: bool) -> Vec<Step> {
    let bench = |name: &str| Command::new("cargo bench --manifest-path benches/peers/Cargo.toml --bench").arg(name);
    let short = |command: Command| if quick { command.args("-- --quick") } else { command };
    let instructions = short(bench("instructions"));
    vec![
        Step::loud("whole scrapes in turn", short(bench("ratios"))),
        // Always the quick way: who is faster is seen better in the turns above.
        Step::loud("whole scrapes", bench("scrape").args("-- --quick")),
        Step::check("instructions of a scrape", instructions.to_string(), move |sh| {
            programs::require(sh, "valgrind", Source::Apt("valgrind"))?;
            instructions.run(sh)
        }),
    ]
}

/// Every bench once, unoptimised and unmeasured: it shows that they build and run.
pub(crate) fn smoke() -> Vec<Step> {
    let command = Command::new("cargo test --quiet -p telemetry-benches --bench").arg("*");
    vec![Step::quiet("benches, each once", command)]
}

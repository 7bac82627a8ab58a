//! `cargo xtask bench`, and the benches' smoke run in `ci`.

use crate::command::Command;
use crate::programs::{self, Source};
use crate::steps::Step;

pub(crate) fn steps(quick: bool) -> Vec<Step> {
    let bench = |names: &str| short(Command::new("cargo bench -p telemetry-benches").args(names), quick);
    vec![
        Step::loud("benches", bench("--bench request --bench connection --bench exemplar --bench scrape")),
        counting("instructions of a request", bench("--bench instructions")),
        counting("costs of a connection", bench("--bench connection_instructions")),
        counting("instructions of a span", bench("--features spans --bench span_instructions")),
    ]
}

/// The package beside the workspace, which nothing else builds: its peers are no business of `ci`.
pub(crate) fn peers(quick: bool) -> Vec<Step> {
    let bench = |name: &str| Command::new("cargo bench --manifest-path benches/peers/Cargo.toml --bench").args(name);
    vec![
        Step::loud("requests in turn", short(bench("request_ratios"), quick)),
        Step::loud("requests of two threads", short(bench("request_scaling"), quick)),
        counting("instructions of a request beside others", short(bench("request_instructions"), quick)),
        Step::loud("whole scrapes in turn", short(bench("scrape_ratios"), quick)),
        // Always the quick way: who is faster is seen better in the turns above.
        Step::loud("whole scrapes", short(bench("scrape"), true)),
        counting("instructions of a scrape", short(bench("scrape_instructions"), quick)),
        counting("spans beside others", short(bench("span_costs --no-default-features --features spans"), quick)),
    ]
}

fn short(bench: Command, quick: bool) -> Command {
    if quick { bench.args("-- --quick") } else { bench }
}

fn counting(name: &str, bench: Command) -> Step {
    Step::check(name, bench.to_string(), move |sh| {
        programs::require(sh, "valgrind", Source::Apt("valgrind"))?;
        bench.run(sh)
    })
}

/// Every bench once, unoptimised and unmeasured: it shows that they build and run.
pub(crate) fn smoke() -> Vec<Step> {
    let command = Command::new("cargo test --quiet -p telemetry-benches --features spans --bench").arg("*");
    vec![Step::quiet("benches, each once", command)]
}

//! `cargo xtask test`.

use crate::command::Command;
use crate::programs;
use crate::steps::Step;
use crate::workspace::{Package, Workspace};

pub(crate) fn steps(workspace: &Workspace) -> Vec<Step> {
    let mut steps = vec![
        Step::loud("tests of the workspace", runner().args("--workspace --all-features")),
        // Whoever builds the application may switch it on, and then types change that telemetry-prometheus uses.
        Step::loud(
            "tests of telemetry-prometheus with prometheus/protobuf",
            runner().args("-p telemetry-prometheus --all-features --features prometheus/protobuf"),
        ),
        Step::loud("doc tests", Command::new("cargo test --quiet --doc --workspace --all-features")),
    ];
    for library in workspace.libraries() {
        steps.extend(alone(library));
    }
    steps
}

/// The tests that take minutes, which are ignored otherwise: their names begin with `full_`.
pub(crate) fn long() -> Step {
    let command = Command::new("cargo test --quiet --lib --bins --tests --workspace --all-features -- --ignored full_");
    Step::loud("long tests of the workspace", command)
}

/// The library by itself: the workspace's build switches on features that its users may not have.
fn alone(library: &Package) -> Vec<Step> {
    let name = &library.name;
    let step = |variant: &String| {
        let command = runner().args("-p").arg(name).args(variant);
        Step::loud(format!("tests of {name} {variant}").trim_end(), command)
    };
    library.variants().iter().map(step).collect()
}

/// nextest where it is installed, else cargo's own runner. Benches are not tests: they have their own step.
fn runner() -> Command {
    if programs::is_there("cargo-nextest") {
        // A library may have no test under one of its features.
        Command::new("cargo nextest run --cargo-quiet --status-level fail --no-tests pass")
    } else {
        Command::new("cargo test --quiet --lib --bins --tests")
    }
}

//! `cargo xtask test`.

use crate::command::Command;
use crate::programs;
use crate::steps::Step;
use crate::workspace::{Package, Workspace};

pub(crate) fn steps(workspace: &Workspace) -> Vec<Step> {
    let mut steps = vec![
        Step::loud("tests of the workspace", runner().args("--workspace --all-features")),
        Step::loud("doc tests", Command::new("cargo test --quiet --doc --workspace --all-features")),
    ];
    for library in workspace.libraries() {
        steps.extend(library.usual_variants().iter().filter(|variant| !is_plain(variant)).map(|of| alone(library, of)));
    }
    steps
}

/// What takes many minutes. The tests that do are ignored otherwise: their names begin with `full_`. And each library as
/// it comes, which is between all of its features and none, and with each of them alone, which `cargo xtask lint` compiles
/// in any case.
pub(crate) fn long(workspace: &Workspace) -> Vec<Step> {
    let command = Command::new("cargo test --quiet --lib --bins --tests --workspace --all-features -- --ignored full_");
    let mut steps = vec![Step::loud("long tests of the workspace", command)];
    for library in workspace.libraries() {
        let plain = library.usual_variants().into_iter().filter(|variant| is_plain(variant));
        steps.extend(plain.chain(library.single_variants()).map(|variant| alone(library, &variant)));
    }
    steps
}

fn is_plain(variant: &str) -> bool {
    variant.is_empty()
}

/// The library by itself: the workspace's build switches on features that its users may not have.
fn alone(library: &Package, variant: &str) -> Step {
    let name = &library.name;
    Step::loud(format!("tests of {name} {variant}").trim_end(), runner().args("-p").arg(name).args(variant))
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

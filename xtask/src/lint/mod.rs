//! `cargo xtask lint`: the cheap checks first.

use anyhow::Result;

use crate::command::Command;
use crate::dashboards;
use crate::programs::{self, Source};
use crate::steps::Step;
use crate::workspace::{Package, Workspace};

mod arrows;
mod file_size;
mod metric_names;
pub(crate) mod observability;
mod one_system_call;
mod rules;
mod sdk_features;
mod sdk_tree;

pub(crate) fn steps(workspace: &Workspace) -> Result<Vec<Step>> {
    let packages = workspace.packages.clone();
    let again = packages.clone();
    let root = workspace.root.clone();
    let same_root = root.clone();
    let root_again = root.clone();
    let shown = root.clone();
    let sources = root.clone();
    let names = root.clone();
    let mut steps = vec![
        Step::quiet("format", Command::new("cargo fmt --all --check")),
        Step::check("arrows between the crates", LINT, move |_| none("arrows", &arrows::violations(&packages))),
        Step::check("unstable features of the SDK", LINT, move |_| none("features", &sdk_features::violations(&again))),
        Step::check("file sizes", LINT, move |_| none("files", &file_size::violations(&root)?)),
        Step::check("rules and their tests", LINT, move |_| none("ids", &rules::violations(&same_root)?)),
        Step::check("unsafe code", LINT, move |_| none("places", &one_system_call::violations(&sources)?)),
        Step::check("dashboards", LINT, move |_| none("panels", &dashboards::violations(&shown)?)),
        Step::check("compose files", LINT, move |_| none("settings", &observability::violations(&root_again)?)),
        Step::check("names of metrics", LINT, move |_| none("names", &metric_names::violations(&names)?)),
    ];
    for library in workspace.libraries() {
        steps.extend(sdk_tree::steps(library));
    }
    steps.push(Step::quiet(
        "clippy of the workspace",
        Command::new("cargo clippy --quiet --workspace --all-targets --all-features -- -D warnings"),
    ));
    let docs = Command::new("cargo doc --quiet --no-deps --workspace --all-features");
    steps.push(Step::quiet("docs", docs.env("RUSTDOCFLAGS", "-D warnings")));
    for library in workspace.libraries() {
        steps.extend(alone(library));
    }
    // Advisories are left out: they need a database from the network, and change without a change here.
    let deny = Command::new("cargo deny --all-features check bans licenses sources");
    steps.push(Step::check("licences, bans and sources", deny.to_string(), move |sh| {
        programs::require(sh, "cargo-deny", Source::Cargo("cargo-deny"))?;
        deny.run_captured(sh)
    }));
    Ok(steps)
}

const LINT: &str = "cargo xtask lint";

/// What takes minutes and seldom finds anything: each library by itself with all of its features, and its docs with these,
/// with those that it has as it comes, with none, and with each alone.
pub(crate) fn long(workspace: &Workspace) -> Vec<Step> {
    let whole = |library: &Package| (library.single_features().count() > 1).then(|| "--all-features".to_owned());
    let mut steps = Vec::new();
    for library in workspace.libraries() {
        steps.extend(whole(library).map(|variant| clippy(library, &variant)));
        let variants = library.usual_variants().into_iter().chain(whole(library)).chain(library.single_variants());
        steps.extend(variants.map(|variant| docs(library, &variant)));
    }
    steps
}

/// The library by itself, without its tests: their dependencies would switch on features that a user may not have.
fn alone(library: &Package) -> impl Iterator<Item = Step> {
    let variants = library.usual_variants().into_iter().chain(library.single_variants());
    variants.map(|variant| clippy(library, &variant))
}

fn clippy(library: &Package, variant: &str) -> Step {
    let name = &library.name;
    let command = Command::new("cargo clippy --quiet --lib -p").arg(name).args(variant).args("-- -D warnings");
    Step::quiet(format!("clippy of {name} {variant}").trim_end(), command)
}

/// A link to something that a feature brings is broken without it.
fn docs(library: &Package, variant: &str) -> Step {
    let name = &library.name;
    let command = Command::new("cargo doc --quiet --no-deps --lib -p").arg(name).args(variant);
    let command = command.env("RUSTDOCFLAGS", "-D warnings");
    Step::quiet(format!("docs of {name} {variant}").trim_end(), command)
}

fn none(what: &str, violations: &[String]) -> Result<()> {
    if violations.is_empty() {
        return Ok(());
    }
    for violation in violations {
        eprintln!("  {violation}");
    }
    anyhow::bail!("{} {what} break the rules", violations.len())
}

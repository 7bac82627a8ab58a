//! `cargo xtask bench`, and what `ci` takes from it.

use anyhow::{Result, ensure};
use xshell::Shell;

use crate::programs::{Source, require};
use crate::steps::Step;
use crate::workspace::Workspace;
use figures::Case;
use plot::dots;
use programs::{Effort, Programs};
use saved::Run;
use worktree::Worktree;

mod against;
mod figures;
mod gate;
mod history;
mod limits;
mod measure;
mod peers;
mod plot;
mod programs;
mod report;
mod saved;
mod stats;
mod table;
mod worktree;

#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Arguments {
    /// Shorter samples and fewer turns: times are less steady.
    #[arg(long)]
    quick: bool,
    /// Only the ids that contain this.
    #[arg(long, value_name = "PART")]
    only: Option<String>,
    /// Keeps the run under this name in benches/history.
    #[arg(long, value_name = "NAME", conflicts_with = "only")]
    save: Option<String>,
    /// Measures this revision, with the benches of the working tree.
    #[arg(long, value_name = "GIT_REF", conflicts_with_all = ["against", "gate", "peers", "conformance"])]
    of: Option<String>,
    /// Only instructions and allocations, which a busy machine does not change.
    #[arg(long, conflicts_with = "against")]
    counts: bool,
    /// Compares the working tree with this revision instead, in turn, with the benches of the working tree.
    #[arg(long, value_name = "GIT_REF", conflicts_with_all = ["save", "gate"])]
    against: Option<String>,
    /// With --against: by how many per cent instructions, allocations and bytes may grow.
    #[arg(long, value_name = "PER_CENT", default_value_t = 2.0)]
    limit: f64,
    /// Requests, spans and whole scrapes beside other crates instead.
    #[arg(long, conflicts_with_all = ["save", "only", "against", "gate"])]
    peers: bool,
    /// The same crates, and ours, put through the probes of benches/conformance.md instead. With --peers both.
    #[arg(long, conflicts_with_all = ["save", "only", "against", "gate"])]
    conformance: bool,
    /// With --peers and --conformance: writes what came out into README.md and benches. Alone: writes it anew from
    /// what came out last.
    #[arg(long)]
    update: bool,
    /// Only counts, held against those that were saved for the last release.
    #[arg(long, conflicts_with_all = ["save", "only"])]
    gate: bool,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let sh = Shell::new()?;
    sh.change_dir(&workspace.root);
    if arguments.conformance {
        peers::answers(&sh, workspace, arguments.update)?;
    }
    if arguments.peers {
        peers::costs(&sh, workspace, arguments.quick, arguments.update)?;
    }
    if arguments.peers || arguments.conformance {
        return Ok(());
    }
    if arguments.update {
        return peers::redraw(workspace);
    }
    require(&sh, "valgrind", Source::Apt("valgrind"))?;
    if let Some(reference) = &arguments.against {
        return against::run(&sh, workspace, arguments, reference);
    }
    let worktree = match &arguments.of {
        Some(reference) => Some(Worktree::new(&sh, &workspace.root, &workspace.target, reference)?),
        None => None,
    };
    let (root, target) = match &worktree {
        Some(worktree) => (&worktree.root, &worktree.target),
        None => (&workspace.root, &workspace.target),
    };
    let programs = Programs::build(root, target, !arguments.counts && !arguments.gate)?;
    let cases = selected(programs.cases()?, arguments)?;
    let mut figures = measure::counts(&programs, &cases)?;
    if arguments.gate {
        return gate::check(&sh, &workspace.root.join("benches"), &figures);
    }
    if !arguments.counts {
        measure::times(&programs, &cases, Effort::new(arguments.quick), &mut figures)?;
    }
    println!("{}", table::table(&cases, &figures));
    if let Some(name) = &arguments.save {
        let commit = worktree.as_ref().map(|worktree| worktree.commit.clone());
        let run = Run::new(&sh, name, root, commit, figures)?;
        history::save(&workspace.root.join("benches/history"), &run, &cases)?;
    }
    Ok(())
}

/// All counts against those of the last release, and once each case that has none.
pub(crate) fn steps(workspace: &Workspace) -> Vec<Step> {
    let (root, target) = (workspace.root.clone(), workspace.target.clone());
    let (again, target_again) = (root.clone(), target.clone());
    let benches = root.join("benches");
    vec![
        Step::check(
            "benches that are only timed, each once",
            "cargo test -p telemetry-benches --features spans",
            move |_| {
                let programs = Programs::build(&root, &target, false)?;
                let cases = programs.cases()?;
                let mut only_timed = cases.iter().filter(|case| !case.figures.counts);
                only_timed.try_for_each(|case| programs.once(&case.id))
            },
        ),
        Step::check("instructions and allocations", "cargo xtask bench --gate", move |sh| {
            require(sh, "valgrind", Source::Apt("valgrind"))?;
            let programs = Programs::build(&again, &target_again, false)?;
            gate::check(sh, &benches, &measure::counts(&programs, &programs.cases()?)?)
        }),
    ]
}

fn selected(mut cases: Vec<Case>, arguments: &Arguments) -> Result<Vec<Case>> {
    let part = arguments.only.as_deref().unwrap_or_default();
    cases.retain(|case| case.id.contains(part));
    ensure!(!cases.is_empty(), "no id contains {part:?}");
    Ok(cases)
}

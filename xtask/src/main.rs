//! The workspace's own commands: `cargo xtask <command>`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is a command-line program")]

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod bench;
mod ci;
mod command;
mod dashboards;
mod demo;
mod history;
mod integration;
mod lint;
mod metrics_page;
mod programs;
mod promql;
mod readme;
mod stage;
mod steps;
mod test;
mod workspace;

use steps::Steps;
use workspace::Workspace;

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "Checks of the workspace")]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Debug, Clone, Subcommand)]
enum Task {
    /// Format, clippy, docs, every feature alone, layering, file sizes, licences.
    Lint,
    /// Unit, integration and doc tests: the workspace, then every library with each of its features alone.
    Test,
    /// Drives the examples, and holds what a real Prometheus and receivers of OTLP have got against what was driven.
    Integration,
    /// Times, instructions and allocations of everything of ours, and comparisons: with another revision, with what was
    /// saved, with other crates.
    Bench(bench::Arguments),
    /// Starts the examples with clients that use them, and a Prometheus and an Alertmanager that watch them, on loopback,
    /// until Ctrl-C: all metrics, rules and alerts alive.
    Demo(demo::Arguments),
    /// Writes Grafana's dashboards of the examples, as they are said in xtask/src/dashboards.
    Dashboards,
    /// Everything that has to pass before a change is merged.
    Ci {
        /// The tests that take minutes as well.
        #[arg(long)]
        full: bool,
    },
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error}");
            error.chain().skip(1).for_each(|cause| eprintln!("  because {cause}"));
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let task = Arguments::parse().command;
    let workspace = Workspace::load()?;
    let mut steps = Steps::new(&workspace)?;
    match task {
        Task::Lint => steps.run(lint::steps(&workspace)?),
        Task::Test => steps.run(test::steps(&workspace)),
        Task::Integration => steps.run(integration::steps(&workspace)?),
        Task::Bench(arguments) => bench::run(&workspace, &arguments),
        Task::Demo(arguments) => demo::run(&workspace, &arguments),
        Task::Dashboards => dashboards::write(&workspace),
        Task::Ci { full } => ci::run(&workspace, &mut steps, full),
    }
}

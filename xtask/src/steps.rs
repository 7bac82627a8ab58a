//! Runs steps in order, one line each with its time, and stops at the first that fails.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};
use xshell::Shell;

use crate::command::Command;
use crate::history::History;
use crate::workspace::Workspace;

/// One thing to do, with the command that does only this.
pub(crate) struct Step {
    name: String,
    reproduce: String,
    work: Work,
}

type Check = Box<dyn FnOnce(&Shell) -> Result<()>>;

enum Work {
    /// A command whose output matters only if it fails.
    Quiet(Command),
    /// A command whose output is for the reader.
    Loud(Command),
    /// Rust code.
    Check(Check),
}

impl Step {
    pub(crate) fn quiet(name: impl Into<String>, command: Command) -> Self {
        Self { name: name.into(), reproduce: command.to_string(), work: Work::Quiet(command) }
    }

    pub(crate) fn loud(name: impl Into<String>, command: Command) -> Self {
        Self { name: name.into(), reproduce: command.to_string(), work: Work::Loud(command) }
    }

    pub(crate) fn check(
        name: impl Into<String>,
        reproduce: impl Into<String>,
        check: impl FnOnce(&Shell) -> Result<()> + 'static,
    ) -> Self {
        Self { name: name.into(), reproduce: reproduce.into(), work: Work::Check(Box::new(check)) }
    }
}

/// The runner: keeps the times of what it ran.
pub(crate) struct Steps {
    sh: Shell,
    history: History,
    done: Vec<(String, Duration)>,
}

impl Steps {
    pub(crate) fn new(workspace: &Workspace) -> Result<Self> {
        let sh = Shell::new()?;
        sh.change_dir(&workspace.root);
        let history = History::load(workspace.target.join("xtask/times.json"));
        Ok(Self { sh, history, done: Vec::new() })
    }

    /// Sets a variable for every child that is started from now on, unless the caller has set it.
    pub(crate) fn set_default_env(&self, name: &str, value: &str) {
        if self.sh.var_os(name).is_none() {
            self.sh.set_var(name, value);
        }
    }

    pub(crate) fn run(&mut self, steps: Vec<Step>) -> Result<()> {
        let names: Vec<String> = steps.iter().map(|step| step.name.clone()).collect();
        for (index, step) in steps.into_iter().enumerate() {
            let place = format!("[{}/{}]", index + 1, names.len());
            let left: Duration = names[index..].iter().filter_map(|name| self.history.get(name)).sum();
            let Step { name, reproduce, work } = step;
            let started = Instant::now();
            let result = match work {
                Work::Quiet(command) => {
                    let bar = bar(&place, &name, left);
                    let result = command.run_captured(&self.sh);
                    bar.finish_and_clear();
                    result
                }
                Work::Loud(command) => {
                    println!("{place} {name} ...");
                    command.run(&self.sh)
                }
                Work::Check(check) => check(&self.sh),
            };
            result.with_context(|| format!("step `{name}` failed; to reproduce it:\n    {reproduce}"))?;
            let took = started.elapsed();
            println!("{place} {name}: {:.1} s", took.as_secs_f64());
            self.history.set(&name, took);
            self.history.save()?;
            self.done.push((name, took));
        }
        Ok(())
    }

    /// The steps that passed and their times, as a table.
    pub(crate) fn table(&self) -> String {
        let width = self.done.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        let mut table = String::new();
        let total = self.done.iter().map(|(_, took)| *took).sum();
        let total = ("total".to_owned(), total);
        for (name, took) in self.done.iter().chain([&total]) {
            table.push_str(&format!("{name:<width$}  {:>7.1} s\n", took.as_secs_f64()));
        }
        table
    }
}

/// A line that moves while the step runs; nothing where stderr is no terminal.
fn bar(place: &str, name: &str, left: Duration) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let left = if left.is_zero() { String::new() } else { format!(", about {} s left", left.as_secs()) };
    let bar = ProgressBar::new_spinner().with_message(format!("{place} {name}"));
    if let Ok(style) = ProgressStyle::with_template(&format!("{{spinner}} {{msg}} ({{elapsed}}{left})")) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

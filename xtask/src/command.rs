//! A program with its arguments, which can be run and can be shown so that a reader can run it by hand.

use std::fmt;
use std::process::Output;

use anyhow::{Context, Result, bail};
use xshell::Shell;

#[derive(Debug, Clone)]
pub(crate) struct Command {
    program: String,
    args: Vec<String>,
    env: Vec<(String, String)>,
}

impl Command {
    /// Splits `line` at blanks: arguments that hold blanks are added with [`Command::arg`].
    pub(crate) fn new(line: &str) -> Self {
        let mut words = line.split_whitespace().map(str::to_owned);
        Self { program: words.next().unwrap_or_default(), args: words.collect(), env: Vec::new() }
    }

    /// A program whose path may hold blanks.
    pub(crate) fn program(path: impl Into<String>) -> Self {
        Self { program: path.into(), args: Vec::new(), env: Vec::new() }
    }

    pub(crate) fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    pub(crate) fn args(mut self, line: &str) -> Self {
        self.args.extend(line.split_whitespace().map(str::to_owned));
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.env.push((name.to_owned(), value.into()));
        self
    }

    /// Runs with the terminal's own streams.
    pub(crate) fn run(&self, sh: &Shell) -> Result<()> {
        self.prepare(sh).quiet().run().with_context(|| format!("`{self}` failed"))
    }

    /// Runs silently; what it wrote is shown only if it fails.
    pub(crate) fn run_captured(&self, sh: &Shell) -> Result<()> {
        let output = self.output(sh)?;
        if output.status.success() {
            return Ok(());
        }
        eprint!("{}", String::from_utf8_lossy(&output.stdout));
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
        bail!("`{self}` ended with {}", output.status);
    }

    /// What it writes to stdout, as long as it succeeds.
    pub(crate) fn read(&self, sh: &Shell) -> Result<String> {
        let output = self.output(sh)?;
        if !output.status.success() {
            bail!("`{self}` ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
        }
        String::from_utf8(output.stdout).with_context(|| format!("`{self}` wrote no UTF-8"))
    }

    fn output(&self, sh: &Shell) -> Result<Output> {
        self.prepare(sh).quiet().ignore_status().output().with_context(|| format!("cannot run `{self}`"))
    }

    fn prepare<'a>(&self, sh: &'a Shell) -> xshell::Cmd<'a> {
        let env = self.env.iter().map(|(name, value)| (name, value));
        sh.cmd(&self.program).args(&self.args).envs(env)
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.env {
            write!(f, "{name}={} ", quoted(value))?;
        }
        write!(f, "{}", self.program)?;
        self.args.iter().try_for_each(|arg| write!(f, " {}", quoted(arg)))
    }
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { format!("'{word}'") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_a_shell_takes_it() {
        let command = Command::new("cargo doc --no-deps").env("RUSTDOCFLAGS", "-D warnings").arg("--bench").arg("*");
        assert_eq!(command.to_string(), "RUSTDOCFLAGS='-D warnings' cargo doc --no-deps --bench '*'");
    }

    #[test]
    fn a_failing_command_is_an_error() {
        let sh = Shell::new().unwrap();
        assert!(Command::new("false").run_captured(&sh).is_err());
        assert!(Command::new("false").read(&sh).is_err());
        assert_eq!(Command::new("echo one").read(&sh).unwrap(), "one\n");
    }
}

//! Allocations, counted by another program, because counting costs time.

use std::collections::HashMap;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// The numbers of each system.
#[derive(Debug)]
pub struct Counts(HashMap<String, Vec<f64>>);

impl Counts {
    /// Runs `program`, which writes a line for each system: its name and its numbers.
    ///
    /// # Errors
    ///
    /// When it fails, and when it writes no numbers.
    pub fn of(program: &str, arguments: &[&str]) -> Result<Self> {
        let output = Command::new(program).args(arguments).output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let lines = String::from_utf8(output.stdout)?;
        let lines = lines.lines().map(|line| {
            let (system, numbers) = line.split_once(' ').context("a line without a count")?;
            let numbers: Result<Vec<f64>, _> = numbers.split(' ').map(str::parse).collect();
            Ok((system.to_owned(), numbers?))
        });
        Ok(Self(lines.collect::<Result<_>>()?))
    }

    /// The numbers of one system.
    ///
    /// # Errors
    ///
    /// When the program wrote none.
    pub fn get(&self, system: &str) -> Result<&[f64]> {
        self.0.get(system).map(Vec::as_slice).with_context(|| format!("nothing was counted of {system}"))
    }
}

//! What was measured: tables for people, and the same as JSON for programs.

use std::collections::BTreeMap;
use std::fmt;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::arguments::Arguments;
use crate::versions::versions;

/// The figures of a program.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Figures {
    figures: Vec<Figure>,
    versions: BTreeMap<String, String>,
}

/// One cell of a table.
#[derive(Debug, Serialize, Deserialize)]
struct Figure {
    table: String,
    system: String,
    figure: String,
    #[serde(flatten)]
    measured: Measured,
}

/// A number, and the quartiles around it if it is a median.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Measured {
    value: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    low: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    high: Option<f64>,
}

impl From<f64> for Measured {
    fn from(value: f64) -> Self {
        Self { value, low: None, high: None }
    }
}

/// The lower quartile, the median and the upper quartile.
impl From<[f64; 3]> for Measured {
    fn from([low, value, high]: [f64; 3]) -> Self {
        Self { value, low: Some(low), high: Some(high) }
    }
}

impl Figures {
    /// Adds a cell. Tables, rows and columns are in the order in which they are first seen.
    pub fn add(&mut self, table: &str, system: &str, figure: &str, measured: impl Into<Measured>) {
        let [table, system, figure] = [table, system, figure].map(str::to_owned);
        self.figures.push(Figure { table, system, figure, measured: measured.into() });
    }

    /// Adds a cell of what is subtracted from all other systems.
    pub fn add_absolute(&mut self, table: &str, system: &str, figure: &str, measured: impl Into<Measured>) {
        self.add(table, &format!("{system}, absolute"), figure, measured);
    }

    /// Adds a column. The number of `alone` is subtracted from the others.
    pub fn add_beyond(&mut self, table: &str, figure: &str, alone: Option<&str>, column: &[(&str, f64)]) {
        let subtracted = column.iter().find(|(system, _)| Some(*system) == alone).map_or(0.0, |(_, value)| *value);
        for (system, value) in column {
            if Some(*system) == alone {
                self.add_absolute(table, system, figure, *value);
            } else {
                self.add(table, system, figure, value - subtracted);
            }
        }
    }

    /// Adds what another program of this package measured, which is told to write it.
    ///
    /// # Errors
    ///
    /// When it fails, and when it writes something else.
    pub fn add_all_of(&mut self, program: &mut Command) -> Result<()> {
        let output = program.args(["--json", "-"]).output()?;
        ensure!(output.status.success(), "{program:?} failed: {}", String::from_utf8_lossy(&output.stderr));
        let other: Self = serde_json::from_slice(&output.stdout).context("a program did not write its figures")?;
        self.figures.extend(other.figures);
        Ok(())
    }

    /// Prints the tables, and writes the file that is asked for.
    ///
    /// # Errors
    ///
    /// When a figure is no number, and when the file cannot be written.
    pub fn show(mut self, arguments: &Arguments) -> Result<()> {
        let wrong = self.figures.iter().find(|figure| !figure.measured.value.is_finite());
        ensure!(wrong.is_none(), "something divided by nothing: {wrong:?}");
        self.versions = versions()?;
        arguments.show(&self, &self)
    }
}

/// A table for each name, a row for each system, and a column for each figure.
impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for table in each_once(self.figures.iter().map(|figure| figure.table.as_str())) {
            let cells: Vec<_> = self.figures.iter().filter(|figure| figure.table == table).collect();
            let columns = each_once(cells.iter().map(|cell| cell.figure.as_str()));
            writeln!(f, "\n{table}:\n\n| system | {} |", columns.join(" | "))?;
            writeln!(f, "|---|{}", "--:|".repeat(columns.len()))?;
            for system in each_once(cells.iter().map(|cell| cell.system.as_str())) {
                write!(f, "| {system} |")?;
                for column in &columns {
                    match cells.iter().find(|cell| cell.system == system && cell.figure == *column) {
                        Some(cell) => write!(f, " {} |", cell.measured)?,
                        None => write!(f, " – |")?,
                    }
                }
                writeln!(f)?;
            }
        }
        Ok(())
    }
}

/// Three digits that mean something, or all of a whole number.
impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = match self.value.abs() {
            value if value >= 100.0 || self.low.is_none() && value.fract() == 0.0 => 0,
            10.0.. => 1,
            0.1.. => 2,
            _ => 3,
        };
        write!(f, "{:.digits$}", self.value)?;
        let (Some(low), Some(high)) = (self.low, self.high) else { return Ok(()) };
        write!(f, " ({low:.digits$} to {high:.digits$})")
    }
}

fn each_once<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut all = Vec::new();
    for name in names {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures() -> Figures {
        let mut figures = Figures::default();
        figures.add("requests-get", "ours", "time_ns", [118.6, 120.4, 131.0]);
        figures.add("scaling", "ours", "scaling", [1.0, 1.234, 1.3]);
        figures.add_beyond(
            "requests-get",
            "allocations",
            Some("noop"),
            &[("noop", 1.0), ("ours", 1.25), ("naive", 13.0)],
        );
        figures
    }

    #[test]
    fn a_table_has_a_cell_for_each_figure() {
        let tables = "
requests-get:

| system | time_ns | allocations |
|---|--:|--:|
| ours | 120 (119 to 131) | 0.25 |
| noop, absolute | – | 1 |
| naive | – | 12 |

scaling:

| system | scaling |
|---|--:|
| ours | 1.23 (1.00 to 1.30) |
";
        assert_eq!(figures().to_string(), tables);
    }

    #[test]
    fn json_says_the_same() {
        let json = serde_json::to_string(&figures()).unwrap();
        let read: Figures = serde_json::from_str(&json).unwrap();
        assert_eq!(read.to_string(), figures().to_string());
        let first: serde_json::Value = serde_json::from_str::<serde_json::Value>(&json).unwrap()["figures"][0].take();
        let expected =
            r#"{"figure":"time_ns","high":131.0,"low":118.6,"system":"ours","table":"requests-get","value":120.4}"#;
        assert_eq!(first.to_string(), expected);
    }
}

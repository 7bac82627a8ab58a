//! What all programs are told in the same way.

use std::fmt::Display;
use std::fs::File;
use std::io::{Write, stdout};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Serialize;

/// The arguments of a program: its words, and the options that every program has.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Arguments {
    words: Vec<String>,
    /// `--quick`: a first impression.
    pub quick: bool,
    /// `--json FILE`: where to write the figures. `-` is the standard output, which has no tables then.
    pub json: Option<PathBuf>,
}

impl Arguments {
    /// Those of this process.
    ///
    /// # Errors
    ///
    /// When a file is missing.
    pub fn of_process() -> Result<Self> {
        Self::of(std::env::args().skip(1))
    }

    fn of(arguments: impl IntoIterator<Item = String>) -> Result<Self> {
        let (mut all, mut arguments) = (Self::default(), arguments.into_iter());
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--quick" => all.quick = true,
                "--json" => all.json = Some(arguments.next().context("--json without a file")?.into()),
                _ => all.words.push(argument),
            }
        }
        Ok(all)
    }

    /// What is no option.
    #[must_use]
    pub fn words(&self) -> Vec<&str> {
        self.words.iter().map(String::as_str).collect()
    }

    /// Prints tables, and writes the same as JSON where that is asked for.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn show(&self, tables: &impl Display, json: &impl Serialize) -> Result<()> {
        let path = self.json.as_deref();
        if path == Some(Path::new("-")) {
            return write(json, stdout());
        }
        print!("{tables}");
        path.map_or(Ok(()), |path| write(json, File::create(path).with_context(|| format!("cannot write {path:?}"))?))
    }

    /// The one that fits.
    #[must_use]
    pub fn unless_quick<T>(&self, usual: T, quick: T) -> T {
        if self.quick { quick } else { usual }
    }
}

fn write(json: &impl Serialize, mut to: impl Write) -> Result<()> {
    serde_json::to_writer_pretty(&mut to, json)?;
    Ok(writeln!(to)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_stand_anywhere() {
        let of = |line: &str| Arguments::of(line.split(' ').map(str::to_owned));
        let all = of("--json figures.json times --quick sampled").unwrap();
        assert_eq!((all.words(), all.quick), (vec!["times", "sampled"], true));
        assert_eq!(all.json, Some("figures.json".into()));
        assert_eq!(of("times --json").unwrap_err().to_string(), "--json without a file");
    }
}

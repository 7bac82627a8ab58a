//! The answers against the driven counts, on stdout and in a file.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use super::compare::{Row, table};
use crate::stage::Place;

pub(super) const FILE: &str = "report.txt";

#[derive(Debug)]
pub(super) struct Report {
    file: PathBuf,
    title: String,
}

impl Report {
    pub(super) fn new(place: &Place, prometheus: &Path) -> Self {
        Self { file: place.folder.join(FILE), title: prometheus.display().to_string() }
    }

    /// Adds a part to the report. Wrong rows are shown once more by themselves, and are an error.
    pub(super) fn write(&self, part: &str, rows: &[Row]) -> Result<()> {
        print!("{}", self.append(part, rows)?);
        judge(part, rows)
    }

    /// The same, with the rows in the file alone.
    pub(super) fn summarize(&self, part: &str, rows: &[Row]) -> Result<()> {
        self.append(part, rows)?;
        judge(part, rows)?;
        println!("{}: {part}: {} answers", self.title, rows.len());
        Ok(())
    }

    fn append(&self, part: &str, rows: &[Row]) -> Result<String> {
        let text = format!("{}: {part}\n{}\n", self.title, table(rows));
        let file = OpenOptions::new().create(true).append(true).open(&self.file);
        let mut file = file.with_context(|| format!("cannot open {}", self.file.display()))?;
        file.write_all(text.as_bytes()).with_context(|| format!("cannot write {}", self.file.display()))?;
        Ok(text)
    }
}

fn judge(part: &str, rows: &[Row]) -> Result<()> {
    ensure!(!rows.is_empty(), "nothing was asked ({part})");
    let wrong: Vec<&Row> = rows.iter().filter(|row| !row.passed).collect();
    if !wrong.is_empty() {
        bail!("{} of {} answers are wrong ({part}):\n{}", wrong.len(), rows.len(), table(wrong));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_row_is_an_error_that_shows_it() {
        let folder = std::env::temp_dir().join(format!("xtask-report-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let place = Place { binaries: folder.clone(), folder: folder.clone() };
        let report = Report::new(&place, Path::new("prometheus"));
        let row = |query: &str, got: &str, passed| Row {
            query: query.to_owned(),
            expected: "1".to_owned(),
            got: got.to_owned(),
            passed,
        };
        let right = report.write("right", &[row("up", "1", true)]);
        let wrong = report.write("wrong", &[row("up", "1", true), row("down", "7", false)]);
        let text = std::fs::read_to_string(folder.join(FILE)).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();

        assert!(right.is_ok());
        let wrong = wrong.unwrap_err().to_string();
        assert!(wrong.contains("1 of 2") && wrong.contains("down") && !wrong.contains("up "), "{wrong}");
        assert_eq!(text.matches("up ").count(), 2);
        assert_eq!(text.matches("WRONG").count(), 1);
    }
}

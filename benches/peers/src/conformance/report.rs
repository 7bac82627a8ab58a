//! Findings as Markdown and as JSON.

use std::fmt::Write;

use anyhow::Result;
use serde::Serialize;

use super::finding::{Finding, Verdict};
use super::table::Table;
use crate::versions::newest;

/// What a new document begins with.
pub(super) const HEAD: &str = "\
# Conformance

The program `conformance` of [`peers`](peers) writes this: [README.md](README.md#conformance) tells how it is run and by
which rules. **not** is an answer that the third column does not want, – is there where a system has nothing to ask.
";

/// A cell of a table, for programs.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Cell {
    pub(super) table: &'static str,
    pub(super) probe: &'static str,
    pub(super) wants: &'static str,
    pub(super) system: &'static str,
    #[serde(flatten)]
    pub(super) finding: Finding,
    #[serde(skip)]
    pub(super) is_ours: bool,
}

impl Cell {
    /// Whether it is ours and wrong.
    pub(super) fn is_a_failure(&self) -> bool {
        self.is_ours && self.finding.verdict == Verdict::Not
    }

    fn markdown(&self) -> String {
        // Pipes end cells, and angle brackets begin tags.
        let mut answer = self.finding.answer.replace('|', "\\|").replace('\n', " ");
        answer = answer.replace('<', "&lt;");
        match self.finding.verdict {
            Verdict::Ok => format!("ok: {answer}"),
            Verdict::Not => format!("**not**: {answer}"),
            Verdict::None => format!("– ({answer})"),
        }
    }
}

/// A table with its heading and the versions of what is in it. `cells` are in the order of rows, then columns.
pub(super) fn section(table: &dyn Table, cells: &[Cell], date: &str) -> Result<String> {
    let systems = table.systems();
    let mut out = format!("## {}\n\nRead back on {date} from:", table.title());
    let mut seen = Vec::new();
    for package in systems.iter().flat_map(|system| system.packages) {
        if !seen.contains(package) {
            let separator = if seen.is_empty() { "" } else { "," };
            seen.push(package);
            let _ = write!(out, "{separator} {package} {}", newest(package)?);
        }
    }
    out.push_str(".\n\n| probe | what is asked | what is wanted |");
    for system in &systems {
        let _ = write!(out, " {} |", system.name);
    }
    let _ = writeln!(out, "\n|---|---|---|{}", "---|".repeat(systems.len()));
    for ([id, asks, wants], row) in table.probes().into_iter().zip(cells.chunks(systems.len())) {
        let _ = write!(out, "| `{id}` | {asks} | {wants} |");
        for cell in row {
            let _ = write!(out, " {} |", cell.markdown());
        }
        out.push('\n');
    }
    Ok(out)
}

/// `document` with these sections, each in the place of the one with its heading, or at the end.
pub(super) fn merged(document: &str, sections: &[String]) -> String {
    let mut parts: Vec<String> = Vec::new();
    for line in document.lines() {
        if parts.is_empty() || line.starts_with("## ") {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut() {
            part.push_str(line);
            part.push('\n');
        }
    }
    for section in sections {
        let heading = section.lines().next();
        match parts.iter_mut().find(|part| part.lines().next() == heading) {
            Some(part) => section.clone_into(part),
            None => parts.push(section.clone()),
        }
    }
    let parts: Vec<_> = parts.iter().map(|part| part.trim_end()).collect();
    format!("{}\n", parts.join("\n\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_takes_the_place_of_its_last_version() {
        let old = "# Head\n\nText.\n\n## A\n\nold\n\n## B\n\nstays\n";
        let new = ["## A\n\nnew\n".to_owned(), "## C\n\nadded\n".to_owned()];
        let expected = "# Head\n\nText.\n\n## A\n\nnew\n\n## B\n\nstays\n\n## C\n\nadded\n";
        assert_eq!(merged(old, &new), expected);
        assert_eq!(merged(expected, &new), expected);
    }

    #[test]
    fn only_what_is_ours_and_wrong_is_a_failure() {
        let cell = |verdict, is_ours| {
            let finding = Finding { answer: "a|b".to_owned(), verdict };
            Cell { table: "t", probe: "p", wants: "w", system: "s", finding, is_ours }
        };
        assert!(cell(Verdict::Not, true).is_a_failure());
        assert!(
            ![(Verdict::Ok, true), (Verdict::None, true), (Verdict::Not, false)]
                .map(|(v, o)| cell(v, o).is_a_failure())
                .contains(&true)
        );
        let json = serde_json::to_string(&cell(Verdict::Not, true)).unwrap();
        assert_eq!(json, r#"{"table":"t","probe":"p","wants":"w","system":"s","answer":"a|b","verdict":"not"}"#);
        assert_eq!(cell(Verdict::Not, true).markdown(), "**not**: a\\|b");
    }
}

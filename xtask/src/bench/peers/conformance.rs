//! What all systems answer to the probes of `benches/peers`.

use serde::{Deserialize, Serialize};

/// The answer of one system to one probe.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Cell {
    table: String,
    probe: String,
    wants: String,
    system: String,
    answer: String,
    verdict: Verdict,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Ok,
    Not,
    /// It has nothing to ask.
    None,
}

/// How many probes each system passes, of those that it has something to ask for.
pub(super) fn summary(cells: &[Cell]) -> String {
    let mut rows: Vec<(&str, &str, usize, usize)> = Vec::new();
    for cell in cells.iter().filter(|cell| cell.verdict != Verdict::None) {
        let passed = usize::from(cell.verdict == Verdict::Ok);
        match rows.iter_mut().find(|(table, system, ..)| (*table, *system) == (&cell.table, &cell.system)) {
            Some((.., all_passed, asked)) => (*all_passed, *asked) = (*all_passed + passed, *asked + 1),
            None => rows.push((&cell.table, &cell.system, passed, 1)),
        }
    }
    let mut text = "| probes of | system | passed |\n|---|---|--:|\n".to_owned();
    for (table, system, passed, asked) in rows {
        text.push_str(&format!("| {table} | {system} | {passed} of {asked} |\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_system_does_not_have_is_not_counted() {
        let cell = |system: &str, verdict| Cell {
            table: "spans".to_owned(),
            probe: String::new(),
            wants: String::new(),
            system: system.to_owned(),
            answer: String::new(),
            verdict,
        };
        let cells = [Verdict::Ok, Verdict::Not, Verdict::None].map(|verdict| cell("a", verdict));
        assert_eq!(summary(&cells).lines().last(), Some("| spans | a | 1 of 2 |"));
    }
}

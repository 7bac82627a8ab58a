//! The table of metrics, as the crate's documentation has it.

use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) instrument: String,
    pub(crate) unit: String,
    pub(crate) attributes: BTreeSet<&'static str>,
}

const SERVER: &str = "transport.server.";

/// Everything that stands in the table, with what the list below it says of attributes.
pub(crate) fn metrics() -> BTreeMap<String, Row> {
    let docs = include_str!("../../src/lib.rs").lines().filter_map(|line| line.strip_prefix("//!").map(str::trim));
    let section: Vec<_> =
        docs.skip_while(|line| *line != "# Metrics").skip(1).take_while(|l| !l.starts_with("# ")).collect();
    let rows: Vec<_> = section.iter().filter_map(|line| line.strip_prefix("| `")).map(cells).collect();
    let explained: BTreeSet<_> =
        section.iter().filter_map(|line| line.strip_prefix("- `")).flat_map(explained).collect();
    let listed: BTreeSet<_> =
        rows.iter().filter(|row| !row[2].ends_with("alone")).flat_map(|row| code(row[2])).collect();
    assert!(listed.is_subset(&explained), "not explained: {:?}", listed.difference(&explained));
    let all: BTreeSet<_> = explained.difference(&listed).copied().collect();

    let mut metrics = BTreeMap::new();
    for [metric, kind, attributes] in rows {
        let name = metric.split('`').next().unwrap();
        let (instrument, unit) = kind.split_once(", `").unwrap();
        let row = || Row {
            instrument: instrument.to_owned(),
            unit: unit.trim_end_matches('`').to_owned(),
            attributes: match attributes.strip_suffix("alone") {
                Some(alone) => code(alone).collect(),
                None => all.iter().copied().chain(code(attributes)).collect(),
            },
        };
        if let Some(name) = name.strip_prefix(SERVER).filter(|_| !metric.contains("of servers alone")) {
            metrics.insert(format!("transport.client.{name}"), row());
        }
        metrics.insert(name.to_owned(), row());
    }
    metrics
}

/// The cells of a row whose beginning was taken off.
fn cells(row: &'static str) -> [&'static str; 3] {
    let cells: Vec<_> = row.split('|').map(str::trim).collect();
    let [metric, kind, attributes, ""] = cells[..] else { panic!("{row}") };
    [metric, kind, attributes]
}

/// What stands between backticks.
fn code(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.split('`').skip(1).step_by(2)
}

/// The attributes that a line of the list begins with: all before its verb.
fn explained(line: &'static str) -> impl Iterator<Item = &'static str> {
    let verb = [" is ", " are "].iter().filter_map(|verb| line.find(verb)).min().unwrap();
    let names = &line[..verb];
    names.split('`').step_by(2)
}

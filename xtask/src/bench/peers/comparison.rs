//! What all systems cost, measured by the programs of `benches/peers`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::figures::shown;
use super::super::plot::bars::{Bar, Panel};
use super::super::saved::Machine;

/// What a program has written, or several of them.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Figures {
    figures: Vec<Figure>,
    versions: BTreeMap<String, String>,
}

/// One cell of a table.
#[derive(Debug, Serialize, Deserialize)]
struct Figure {
    table: String,
    system: String,
    figure: String,
    value: f64,
    /// The quartiles around a median.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    low: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    high: Option<f64>,
}

/// All systems, on one day and one machine.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Comparison {
    pub(super) date: String,
    pub(super) machine: Machine,
    #[serde(flatten)]
    pub(super) measured: Figures,
}

impl Figures {
    pub(super) fn extend(&mut self, other: Self) {
        self.figures.extend(other.figures);
        self.versions.extend(other.versions);
    }
}

impl Comparison {
    pub(super) fn get(&self, table: &str, system: &str, figure: &str) -> Option<f64> {
        let is_it = |it: &&Figure| it.table == table && it.system == system && it.figure == figure;
        self.measured.figures.iter().find(is_it).map(|it| it.value)
    }

    /// Names in the order in which they are first seen.
    fn names<'a>(&'a self, name: impl Fn(&'a Figure) -> Option<&'a str>) -> Vec<&'a str> {
        let mut names = Vec::new();
        for name in self.measured.figures.iter().filter_map(name) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// The systems of a table.
    pub(super) fn systems(&self, table: &str) -> Vec<&str> {
        self.names(|it| (it.table == table).then_some(it.system.as_str()))
    }

    /// Every table: a row for each system, a column for each figure.
    pub(super) fn tables(&self) -> String {
        self.names(|it| Some(&it.table)).into_iter().map(|table| self.table(table)).collect()
    }

    fn table(&self, table: &str) -> String {
        let figures = self.names(|it| (it.table == table).then_some(it.figure.as_str()));
        let heads: String = figures.iter().map(|figure| format!(" {} |", figure.replace('_', " "))).collect();
        let mut text = format!("### {table}\n\n| system |{heads}\n|---|{}\n", "--:|".repeat(figures.len()));
        for system in self.systems(table) {
            let cells: String =
                figures.iter().map(|figure| format!(" {} |", self.cell(table, system, figure))).collect();
            text.push_str(&format!("| {system} |{cells}\n"));
        }
        text + "\n"
    }

    fn cell(&self, table: &str, system: &str, figure: &str) -> String {
        let is_it = |it: &&Figure| it.table == table && it.system == system && it.figure == figure;
        let Some(it) = self.measured.figures.iter().find(is_it) else { return "–".to_owned() };
        match (it.low, it.high) {
            (Some(low), Some(high)) => format!("{} ({} to {})", shown(it.value), shown(low), shown(high)),
            _ => shown(it.value),
        }
    }

    /// Where and with what it was measured.
    pub(super) fn setting(&self) -> String {
        let Machine { cpu, cores, system, toolchain, .. } = &self.machine;
        format!("Measured on {} on {cores} cores of {cpu}, {system}, {toolchain}.", self.date)
    }

    pub(super) fn page(&self) -> String {
        let versions = self.measured.versions.iter().map(|(name, version)| format!("{name} {version}"));
        format!(
            "# Ours beside other crates\n\nWritten by `cargo xtask bench --peers --update`; [README.md](README.md#beside-\
             other-crates) tells what the systems and the figures are. {} Versions: {}.\n\n{}\n",
            self.setting(),
            versions.collect::<Vec<_>>().join(", "),
            self.tables().trim_end(),
        )
    }

    /// The questions that a picture answers.
    pub(super) fn panels(&self) -> Vec<Panel> {
        [
            ("A request with its metrics, beyond the service without them", "requests-get"),
            ("A whole scrape of 10,000 histograms", "scrape-histograms-10000"),
            ("A request with a sampled span, beyond the service without it", "spans-sampled"),
        ]
        .into_iter()
        .map(|(title, table)| Panel { title: title.to_owned(), bars: self.bars(table) })
        .filter(|panel| !panel.bars.is_empty())
        .collect()
    }

    fn bars(&self, table: &str) -> Vec<Bar> {
        let systems = self.systems(table).into_iter().filter(|system| !system.ends_with(", absolute"));
        let bar = |system: &str| {
            let nanoseconds = self.get(table, system, "time_ns")?;
            Some(Bar { system: system.to_owned(), nanoseconds, is_ours: system.starts_with("ours") })
        };
        systems.filter_map(bar).collect()
    }
}

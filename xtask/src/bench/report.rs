//! The report of a comparison, in Markdown.

use super::figures::{Figures, Kind, shown};
use super::limits;
use super::saved::Machine;
use super::stats::Ratio;

/// What was compared, and where.
pub(super) struct Runs {
    pub(super) reference: String,
    pub(super) date: String,
    pub(super) machine: Machine,
    pub(super) turns: usize,
    pub(super) noise: Noise,
    pub(super) limit: f64,
}

/// What turns of the same program differ by.
pub(super) struct Noise {
    pub(super) ratio: Option<Ratio>,
    /// The distance from 1 that 19 of 20 stay within.
    pub(super) band: f64,
}

pub(super) struct Row {
    pub(super) id: String,
    /// The times after over those before.
    pub(super) time: Option<Ratio>,
    pub(super) noise: Option<Ratio>,
    pub(super) before: Figures,
    pub(super) after: Figures,
}

impl Row {
    pub(super) fn grown(&self, limit: f64) -> Vec<String> {
        limits::grown(&self.id, &self.before, &self.after, limit)
    }

    fn verdict(&self, runs: &Runs) -> String {
        let time = match self.time {
            Some(ratio) if ratio.is_beyond(runs.noise.band) => {
                if ratio.median < 1.0 {
                    "faster"
                } else {
                    "slower"
                }
            }
            _ => "",
        };
        let counts = if self.grown(runs.limit).is_empty() { "" } else { "**beyond the limit**" };
        [time, counts].into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(", ")
    }
}

pub(super) fn markdown(runs: &Runs, rows: &[Row]) -> String {
    let machine = &runs.machine;
    let mut text = format!(
        "# The working tree over {}\n\n{}, {} cores of {}, {}, {}.\n\n",
        runs.reference, runs.date, machine.cores, machine.cpu, machine.system, machine.toolchain,
    );
    text.push_str(&format!(
        "Times are ratios of {} turns of each, in the order A B A B, with the interval that holds the median with 95 %. \
         The same program differs from turn to turn by less than {:.1} % in 19 of 20 cases (the rows A/A): a ratio is \
         called faster or slower when it is further from 1 than that, and its interval does not hold 1. Counts may grow \
         by {} %.\n\n",
        runs.turns,
        100.0 * runs.noise.band,
        runs.limit,
    ));
    text.push_str(
        "| id | time | A/A | instructions | allocations | bytes | kept | |\n|---|--:|--:|--:|--:|--:|--:|---|\n",
    );
    let noise = runs.noise.ratio.map_or_else(|| "–".to_owned(), |ratio| interval(&ratio));
    text.push_str(&format!("| A/A, all | {noise} | | | | | | |\n"));
    for row in rows {
        let [time, noise] =
            [row.time, row.noise].map(|ratio| ratio.map_or_else(|| "–".to_owned(), |ratio| interval(&ratio)));
        let counts = Kind::COUNTS.map(|kind| format!(" {} |", change(kind, row))).concat();
        text.push_str(&format!("| `{}` | {time} | {noise} |{counts} {} |\n", row.id, row.verdict(runs)));
    }
    text
}

fn interval(ratio: &Ratio) -> String {
    format!("{:.3} ({:.3} to {:.3})", ratio.median, ratio.low, ratio.high)
}

fn change(kind: Kind, row: &Row) -> String {
    let (Some(before), Some(after)) = (kind.of(&row.before), kind.of(&row.after)) else { return "–".to_owned() };
    let (was, is) = (shown(before), shown(after));
    if was == is {
        return is;
    }
    let percent = 100.0 * (after / before - 1.0);
    if percent.is_finite() { format!("{was} → {is} ({percent:+.1} %)") } else { format!("{was} → {is}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_tells_what_is_beyond_the_noise_and_the_limit() {
        let [cpu, system, architecture, toolchain, lock] = ["a CPU", "Linux", "x", "rustc 1", "0"].map(str::to_owned);
        let runs = Runs {
            reference: "main (0123)".to_owned(),
            date: "2026-01-01".to_owned(),
            machine: Machine { cpu, cores: 2, system, architecture, toolchain, lock },
            turns: 4,
            noise: Noise { ratio: Some(Ratio::of(&[1.0, 1.01, 0.99])), band: 0.02 },
            limit: 2.0,
        };
        let figures = |instructions| Figures { instructions: Some(instructions), ..Figures::default() };
        let row = |id: &str, turns: &[f64], before, after| Row {
            id: id.to_owned(),
            time: Some(Ratio::of(turns)),
            noise: None,
            before: figures(before),
            after: figures(after),
        };
        let rows = [row("quick", &[0.8, 0.81], 100.0, 90.0), row("dear", &[1.0, 1.01], 100.0, 120.0)];
        let text = markdown(&runs, &rows);
        let lines: Vec<_> = text.lines().filter(|line| line.starts_with("| `")).collect();
        assert!(lines[0].contains("| 100 → 90 (-10.0 %) |") && lines[0].ends_with("| faster |"), "{}", lines[0]);
        assert!(lines[1].ends_with("| **beyond the limit** |"), "{}", lines[1]);
        assert_eq!(rows[1].grown(2.0).len(), 1);
    }
}

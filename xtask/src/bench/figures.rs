//! What was measured of each case.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A case, as `counted` lists it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Case {
    pub(super) id: String,
    /// The case that is subtracted.
    pub(super) beyond: Option<String>,
    pub(super) figures: Measured,
    pub(super) budget: Budget,
}

/// How a case can be measured.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Measured {
    pub(super) time: bool,
    pub(super) counts: bool,
}

/// What a case may cost at most, with what is subtracted taken off.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(super) struct Budget {
    pub(super) time: Option<f64>,
    pub(super) instructions: Option<f64>,
    pub(super) allocations: Option<f64>,
    pub(super) kept: Option<f64>,
}

/// Nanoseconds: the median, and the interval that holds it with 95 %.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Time {
    pub(super) median: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

/// What was measured of one case, each time that its work was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Figures {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) time: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) instructions: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) allocations: Option<f64>,
    /// Bytes that were allocated, and those that still are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bytes: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kept: Option<f64>,
}

pub(super) type All = BTreeMap<String, Figures>;

/// One kind of figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Time,
    Instructions,
    Allocations,
    Bytes,
    Kept,
}

impl Kind {
    /// Those that repeat, and can be held to.
    pub(super) const COUNTS: [Self; 4] = [Self::Instructions, Self::Allocations, Self::Bytes, Self::Kept];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Time => "ns",
            Self::Instructions => "instructions",
            Self::Allocations => "allocations",
            Self::Bytes => "bytes",
            Self::Kept => "bytes kept",
        }
    }

    pub(super) fn of(self, figures: &Figures) -> Option<f64> {
        match self {
            Self::Time => figures.time.map(|time| time.median),
            Self::Instructions => figures.instructions,
            Self::Allocations => figures.allocations,
            Self::Bytes => figures.bytes,
            Self::Kept => figures.kept,
        }
    }

    pub(super) fn budget(self, budget: &Budget) -> Option<f64> {
        match self {
            Self::Time => budget.time,
            Self::Instructions => budget.instructions,
            Self::Allocations => budget.allocations,
            Self::Bytes => None,
            Self::Kept => budget.kept,
        }
    }
}

/// A number as a table shows it: four digits that mean something.
pub(super) fn shown(value: f64) -> String {
    let digits = if value == value.trunc() { 0 } else { (3.0 - value.abs().log10().floor()).clamp(0.0, 3.0) as usize };
    // Minus nothing is nothing.
    let text = format!("{value:.digits$}");
    if text.trim_start_matches(['-', '0', '.']).is_empty() { "0".to_owned() } else { text }
}

/// Nanoseconds in a unit that a reader takes in at once.
pub(super) fn duration(nanoseconds: f64) -> String {
    let (unit, name) = match nanoseconds {
        1e6.. => (1e6, "ms"),
        1e3.. => (1e3, "µs"),
        _ => (1.0, "ns"),
    };
    format!("{:.*} {name}", if unit > 1.0 { 1 } else { 0 }, nanoseconds / unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit() {
        assert_eq!([369.04, 2309.0, 32_270_934.0].map(duration), ["369 ns", "2.3 µs", "32.3 ms"]);
    }

    #[test]
    fn numbers_have_the_digits_that_mean_something() {
        let all = [1386.4, 0.0, -0.0001, 12.345, 9.66, 0.25, 120_000.0, 2_613_950.5].map(shown);
        assert_eq!(all, ["1386", "0", "0", "12.35", "9.660", "0.250", "120000", "2613950"]);
    }
}

//! What could not be exported as it was recorded, said once.

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher;
use std::sync::{Mutex, PoisonError};

use crate::kind::Kind;

/// More distinct warnings than this come from names that are made up at run time: they must not fill the memory.
const LIMIT: usize = 1000;

/// Logs each warning once in the life of an exporter, not in every scrape.
#[derive(Debug, Default)]
pub(crate) struct Warnings {
    seen: Mutex<HashSet<u64>>,
    hasher: RandomState,
}

impl Warnings {
    pub(crate) fn report(&self, warning: &Warning<'_>) {
        let hash = self.hasher.hash_one(warning);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= LIMIT || !seen.insert(hash) {
            return;
        }
        let is_last = seen.len() == LIMIT;
        drop(seen);

        tracing::warn!("{warning}");
        if is_last {
            tracing::warn!("too many different problems in the exported metrics: no more are logged");
        }
    }

    #[cfg(test)]
    pub(crate) fn count(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

#[derive(Debug, Hash)]
pub(crate) enum Warning<'a> {
    NoLegalName { instrument: &'a str },
    NotCumulative { instrument: &'a str },
    NotNative { family: &'a str },
    IllegalCounter { family: &'a str },
    KindConflict { family: &'a str, kept: Kind, dropped: Kind },
    SecondTargetInfo,
    SampleNameConflict { family: &'a str, other: &'a str },
    HelpConflict { family: &'a str, kept: &'a str, dropped: &'a str },
    UnitConflict { family: &'a str, kept: &'a str, dropped: &'a str },
    DuplicateSeries { family: &'a str },
    LabelRenamed { family: &'a str, key: &'a str, label: &'a str },
}

impl fmt::Display for Warning<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLegalName { instrument } => {
                write!(f, "metric {instrument:?} is not exported: its name has no character that Prometheus allows")
            }
            Self::NotCumulative { instrument } => {
                write!(f, "metric {instrument:?} is not exported: its temporality is not cumulative")
            }
            Self::NotNative { family } => write!(
                f,
                "series of {family:?} are left out of protocol buffers: their buckets are too wide for a native histogram"
            ),
            Self::IllegalCounter { family } => write!(
                f,
                "series of counter {family:?} are left out of OpenMetrics: a counter is neither negative nor NaN there"
            ),
            Self::KindConflict { family, kept, dropped } => write!(
                f,
                "metric {family:?} is recorded as {kept} and as {dropped}: only the {kept} is exported; \
                 rename one of the instruments"
            ),
            Self::SecondTargetInfo => f.write_str(
                "\"target_info\" is exported for the resource of one exporter only: build other exporters whose \
                 metrics appear beside it with `without_target_info`, and give the name to no instrument",
            ),
            Self::SampleNameConflict { family, other } => write!(
                f,
                "metric {family:?} is not exported: a sample of it or of {other:?} has the other's name; rename one of \
                 the instruments"
            ),
            Self::HelpConflict { family, kept, dropped } => {
                write!(f, "metric {family:?} has two descriptions: {kept:?} is exported, {dropped:?} is not")
            }
            Self::UnitConflict { family, kept, dropped } => write!(
                f,
                "metric {family:?} is recorded in two units, {kept:?} and {dropped:?}: its values cannot be compared"
            ),
            Self::DuplicateSeries { family } => {
                write!(f, "metric {family:?} has two series with the same labels: only the first is exported")
            }
            Self::LabelRenamed { family, key, label } => write!(
                f,
                "attribute {key:?} of metric {family:?} is exported as {label:?}: its own name belongs to Prometheus"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn px107_a_warning_is_remembered_once_and_memory_is_bounded() {
        let warnings = Warnings::default();
        let families: Vec<String> = (0..2 * LIMIT).map(|i| format!("family_{i}")).collect();
        for family in &families {
            for _ in 0..2 {
                warnings.report(&Warning::DuplicateSeries { family });
            }
        }
        assert_eq!(warnings.count(), LIMIT);
    }
}

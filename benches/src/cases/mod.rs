//! Everything of ours that is measured. The README beside the manifest has a line for each id.

use anyhow::{Context, Result};

use crate::case::Case;

mod connections;
mod exemplars;
mod requests;
#[cfg(feature = "spans")]
mod spans;

/// All cases.
#[must_use]
pub fn all() -> Vec<Case> {
    let mut cases = requests::cases();
    cases.extend(connections::cases());
    cases.extend(exemplars::cases());
    #[cfg(feature = "spans")]
    cases.extend(spans::cases());
    cases
}

/// The case with this id.
///
/// # Errors
///
/// When there is none.
pub fn named(id: &str) -> Result<Case> {
    all().into_iter().find(|case| case.id == id).with_context(|| format!("there is no {id:?}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_unique_and_of_three_parts() {
        let cases = all();
        let ids: BTreeSet<_> = cases.iter().map(|case| case.id.as_str()).collect();
        assert_eq!(ids.len(), cases.len());
        for id in &ids {
            let parts: Vec<_> = id.split('/').collect();
            assert!(parts.len() >= 3 && parts[0].starts_with("telemetry-"), "{id}");
            assert!(parts.iter().all(|part| !part.is_empty()), "{id}");
        }
    }

    #[test]
    fn what_is_subtracted_is_a_case_that_is_measured_in_the_same_ways() {
        let cases = all();
        for case in &cases {
            let Some(beyond) = &case.beyond else { continue };
            let other = cases.iter().find(|other| other.id == *beyond);
            assert_eq!(other.map(|other| other.figures), Some(case.figures), "{}", case.id);
        }
    }
}

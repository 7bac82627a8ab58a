//! Everything of ours that is measured. The README beside the manifest has a line for each id.

use anyhow::{Context, Result};

use crate::case::Case;

mod calls;
mod connections;
mod exchanges;
mod exemplars;
mod handlers;
mod memory;
mod negotiation;
#[cfg(feature = "spans")]
mod propagation;
mod requests;
mod scrapes;
mod series;
mod setup;
#[cfg(feature = "spans")]
mod spans;
mod streams;

/// All cases.
#[must_use]
pub fn all() -> Vec<Case> {
    let topics = [
        requests::cases,
        series::cases,
        exchanges::cases,
        connections::cases,
        streams::cases,
        scrapes::cases,
        handlers::cases,
        negotiation::cases,
        memory::cases,
        exemplars::cases,
        setup::cases,
        #[cfg(feature = "spans")]
        spans::cases,
        #[cfg(feature = "spans")]
        propagation::cases,
    ];
    topics.into_iter().flat_map(|cases: fn() -> Vec<Case>| cases()).collect()
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

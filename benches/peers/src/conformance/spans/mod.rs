//! The spans of requests: what they say, and when they end.

mod endings;
mod names;
mod run;
mod secrets;
mod systems;
#[cfg(test)]
mod tests;

pub use run::Build;

use super::table::{Probe, Questions};

/// The table.
pub const SPANS: Questions<Build> =
    Questions { id: "spans", title: "Spans", systems: systems::SYSTEMS, probes: PROBES, subject: |build, _| build };

const PROBES: &[Probe<Build>] = &[
    names::NAME,
    names::KIND,
    names::CLIENT,
    names::ROUTE,
    names::SCHEME,
    names::HTTP_2,
    names::METHOD,
    secrets::HEADERS,
    secrets::SIGNATURE,
    secrets::TOKEN,
    endings::STATUS_404,
    endings::STATUS_500,
    endings::ERROR,
    endings::ERROR_TEXTS,
    endings::STREAMED,
    endings::HALFWAY,
    endings::DROPPED,
];

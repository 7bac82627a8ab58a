//! The metrics of requests: what is recorded when a request does not go by the book.

mod bodies;
mod endings;
mod labels;
mod run;
mod systems;
#[cfg(test)]
mod tests;

pub use run::{Build, Subject};

use super::table::{Probe, Questions};

/// The table.
pub const HTTP: Questions<Build> = Questions {
    id: "http",
    title: "HTTP metrics",
    systems: systems::SYSTEMS,
    probes: PROBES,
    subject: |build, _| build,
};

const PROBES: &[Probe<Build>] = &[
    labels::PLAIN,
    endings::DROPPED_ACTIVE,
    endings::DROPPED_RECORDED,
    endings::UNPOLLED,
    endings::ERROR,
    endings::ERROR_TEXTS,
    endings::PANIC,
    bodies::STREAMED_DURATION,
    bodies::STREAMED_ACTIVE,
    bodies::RESPONSE_SIZE,
    bodies::REQUEST_SIZE,
    bodies::HALFWAY,
    labels::STATUS_500,
    labels::METHODS,
    labels::PATHS,
    labels::HOSTS,
    labels::SCHEME,
    labels::HTTP_2,
];

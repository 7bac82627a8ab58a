//! Requests through our layer and through those of other crates, all around the same service.

use telemetry_benches::request::{Entry, NOOP, OURS, Workload};

mod axum_otel_metrics;
mod axum_prometheus;
mod floor;
mod naive;
mod otel;

pub(crate) use otel::provider;

/// Where [`NOOP`] is in [`SYSTEMS`]: the service alone, which is subtracted from all others.
pub const NOOP_AT: usize = 0;
/// Where the floor is: what nobody can be much faster than.
pub const FLOOR_AT: usize = 1;
/// Where [`OURS`] is, with all four metrics.
pub const OURS_AT: usize = 2;

/// The systems. Those with a place of their own come first.
pub const SYSTEMS: &[Entry] = &[
    NOOP,
    Entry { name: "floor", build: floor::build },
    OURS,
    Entry { name: "opentelemetry-instrumentation-tower", build: otel::instrumentation_tower },
    Entry { name: "tower-otel", build: otel::tower_otel },
    Entry { name: "axum-otel-metrics", build: axum_otel_metrics::build },
    Entry { name: "axum-prometheus", build: |workload| axum_prometheus::build(workload, false) },
    Entry { name: "axum-prometheus-body-size", build: |workload| axum_prometheus::build(workload, true) },
    Entry { name: "naive-otel", build: naive::build },
];

/// The name of the table of a workload.
#[must_use]
pub fn table(workload: Workload) -> String {
    format!("requests-{}", workload.name())
}

#[cfg(test)]
mod tests {
    use telemetry_benches::request::System;

    use super::*;

    #[test]
    fn the_places_are_right() {
        let names = [NOOP_AT, FLOOR_AT, OURS_AT].map(|position| SYSTEMS[position].name);
        assert_eq!(names, [NOOP.name, "floor", OURS.name]);
    }

    #[test]
    fn every_system_counts_every_workload() {
        for workload in Workload::ALL {
            System::all(SYSTEMS, workload).unwrap();
        }
    }
}

//! The systems: ours in each of its formats, the peers, and the floors.

use anyhow::Result;
use telemetry_prometheus::Format;

use crate::scrape::system::{Page, Scrape};
use crate::scrape::workload::Workload;

mod floors;
mod metrics_exporter;
mod prometheus;
mod prometheus_client;
mod sdk;

pub(crate) use sdk::Reader;

/// Where our exporter is in the list of systems, text 0.0.4.
pub const OURS_AT: usize = 0;
/// Where the loop by hand is: what nobody can be much faster than.
pub const FLOOR_AT: usize = 1;

pub(crate) struct Entry {
    pub(crate) name: &'static str,
    pub(crate) build: fn(&Workload) -> Result<Scrape>,
}

/// Those with a place of their own come first.
pub(crate) const SYSTEMS: &[Entry] = &[
    Entry { name: "ours-text", build: |work| sdk::ours(work, Format::PrometheusText, Page::Shared) },
    Entry { name: "hand-loop", build: floors::hand_loop },
    Entry { name: "ours-openmetrics", build: |work| sdk::ours(work, Format::OpenMetrics, Page::Shared) },
    Entry { name: "ours-protobuf", build: |work| sdk::ours(work, Format::Protobuf, Page::Protobuf) },
    Entry { name: "opentelemetry-prometheus", build: sdk::opentelemetry_prometheus },
    Entry { name: "opentelemetry-prometheus-text-exporter", build: sdk::text_exporter },
    Entry { name: "prometheus", build: prometheus::build },
    Entry { name: "prometheus-client", build: prometheus_client::build },
    Entry { name: "metrics-exporter-prometheus", build: metrics_exporter::build },
    Entry { name: "sdk-collection", build: sdk::collection },
    Entry { name: "memcpy", build: floors::memcpy },
];

/// The names of all systems.
pub fn names() -> impl Iterator<Item = &'static str> {
    SYSTEMS.iter().map(|entry| entry.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_places_are_right() {
        assert_eq!([OURS_AT, FLOOR_AT].map(|position| SYSTEMS[position].name), ["ours-text", "hand-loop"]);
    }
}

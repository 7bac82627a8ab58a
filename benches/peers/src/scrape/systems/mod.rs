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

/// The system that the others are compared with: our exporter, text 0.0.4.
pub const OURS: &str = "ours-text";
/// The floor of all systems that read the SDK's data.
pub const SDK_COLLECTION: &str = "sdk-collection";

pub(crate) struct Entry {
    pub(crate) name: &'static str,
    pub(crate) collects: bool,
    pub(crate) build: fn(&Workload) -> Result<Scrape>,
}

pub(crate) const SYSTEMS: &[Entry] = &[
    Entry { name: OURS, collects: true, build: |work| sdk::ours(work, Format::PrometheusText, Page::Shared) },
    Entry {
        name: "ours-openmetrics",
        collects: true,
        build: |work| sdk::ours(work, Format::OpenMetrics, Page::Shared),
    },
    Entry { name: "ours-protobuf", collects: true, build: |work| sdk::ours(work, Format::Protobuf, Page::Protobuf) },
    Entry { name: "opentelemetry-prometheus", collects: true, build: sdk::opentelemetry_prometheus },
    Entry { name: "opentelemetry-prometheus-text-exporter", collects: true, build: sdk::text_exporter },
    Entry { name: "prometheus", collects: false, build: prometheus::build },
    Entry { name: "prometheus-client", collects: false, build: prometheus_client::build },
    Entry { name: "metrics-exporter-prometheus", collects: false, build: metrics_exporter::build },
    Entry { name: SDK_COLLECTION, collects: true, build: sdk::collection },
    Entry { name: "hand-loop", collects: false, build: floors::hand_loop },
    Entry { name: "memcpy", collects: false, build: floors::memcpy },
];

/// The names of all systems, [`OURS`] first.
pub fn names() -> impl Iterator<Item = &'static str> {
    SYSTEMS.iter().map(|entry| entry.name)
}

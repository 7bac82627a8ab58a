//! Pages of metrics: what exporters do with names, values and kinds that are not plain.

pub(super) mod judge;
mod metric;
mod plain;
mod probes;
mod sdk;
#[cfg(test)]
mod tests;
mod warnings;

pub use metric::{Build, Exporter, Kind, Metric, Outcome};
use telemetry_prometheus::Format;

use super::table::{Questions, System};

/// The table.
pub const EXPORTERS: Questions<Build, Exporter> = Questions {
    id: "exporters",
    title: "Exporters",
    systems: SYSTEMS,
    probes: probes::PROBES,
    subject: |build, judge| Exporter { build, judge },
};

const SYSTEMS: &[System<Build>] = &[
    System {
        name: "ours-text",
        packages: &["telemetry-prometheus"],
        is_ours: true,
        build: |metrics| sdk::ours(metrics, Format::PrometheusText),
    },
    System {
        name: "ours-openmetrics",
        packages: &["telemetry-prometheus"],
        is_ours: true,
        build: |metrics| sdk::ours(metrics, Format::OpenMetrics),
    },
    System {
        name: "opentelemetry-prometheus",
        packages: &["opentelemetry-prometheus"],
        is_ours: false,
        build: sdk::opentelemetry_prometheus,
    },
    System {
        name: "opentelemetry-prometheus-text-exporter",
        packages: &["opentelemetry-prometheus-text-exporter"],
        is_ours: false,
        build: sdk::text_exporter,
    },
    System {
        name: "metrics-exporter-prometheus",
        packages: &["metrics-exporter-prometheus"],
        is_ours: false,
        build: plain::metrics_exporter,
    },
    System {
        name: "prometheus-client",
        packages: &["prometheus-client"],
        is_ours: false,
        build: plain::prometheus_client,
    },
    System { name: "prometheus", packages: &["prometheus"], is_ours: false, build: plain::prometheus },
];

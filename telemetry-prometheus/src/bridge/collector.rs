//! The exporter as a collector of the `prometheus` crate.

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;

use crate::encode::MetricsEncoder;
use crate::error::Error;
use crate::exporter::{PrometheusExporter, caught};
use crate::exposition::{Exposition, Format};
use crate::negotiate::NameFilter;
use crate::page::Page;

/// Registered in a [`Registry`](prometheus::Registry), the exporter adds the SDK's metrics to whatever gathers that
/// registry. Clones of one exporter count as the same collector.
///
/// Different exporters can share a registry, which puts their families together without a look at what is in them. All
/// but one of them need [`without_target_info`](crate::PrometheusExporterBuilder::without_target_info), and no two may
/// have a metric of the same name in the same scope.
///
/// The families of registries that the exporter was built with are not among the collected ones.
impl Collector for PrometheusExporter {
    fn desc(&self) -> Vec<&Desc> {
        self.identity().descs()
    }

    /// Gives nothing when the collection fails, which it does inside of a callback too, with the reason in the log, and
    /// nothing while the exporter itself renders the registry.
    fn collect(&self) -> Vec<MetricFamily> {
        if self.identity().is_gathering() {
            return Vec::new();
        }
        let outcome = self.collected_families();
        outcome.unwrap_or_else(|error| {
            let reason = std::error::Error::source(&error).map(ToString::to_string);
            tracing::warn!(reason, "a registry gets no OpenTelemetry metrics: {error}");
            Vec::new()
        })
    }
}

impl PrometheusExporter {
    fn collected_families(&self) -> Result<Vec<MetricFamily>, Error> {
        let collected = self.collect_own()?;
        let setting = self.setting(Exposition::new(Format::PrometheusText));
        // Everything is copied anyway, so there is no point in a page that remembers.
        let mut page = Page::new(MetricsEncoder::default());
        caught(|| Ok(page.write(&collected, setting, &NameFilter::new(None)).finish()))
    }
}

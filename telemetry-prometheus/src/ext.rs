//! `with_prometheus` for the one-call setup.

use telemetry_core::TelemetryBuilder;

use crate::exporter::PrometheusExporter;

/// Adds a Prometheus exporter to the setup in `telemetry-core`.
///
/// ```
/// use telemetry_core::Telemetry;
/// use telemetry_prometheus::{PrometheusExporter, TelemetryBuilderExt};
///
/// let exporter = PrometheusExporter::new();
/// let telemetry = Telemetry::builder().with_prometheus(exporter.clone()).build()?;
/// # Ok::<(), telemetry_core::setup::Error>(())
/// ```
pub trait TelemetryBuilderExt: sealed::Sealed + Sized {
    /// Makes the meter provider a source of `exporter`. Keep a clone of the exporter, to render or to serve it.
    #[must_use = "a builder does nothing until `build` is called"]
    fn with_prometheus(self, exporter: PrometheusExporter) -> Self;
}

impl TelemetryBuilderExt for TelemetryBuilder {
    fn with_prometheus(self, exporter: PrometheusExporter) -> Self {
        self.configure_metrics(|metrics| metrics.with_reader(exporter))
    }
}

mod sealed {
    pub trait Sealed {}

    impl Sealed for telemetry_core::TelemetryBuilder {}
}

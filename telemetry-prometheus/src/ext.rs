//! `with_prometheus` for the one-call setup, and `init`, the setup in one call for Prometheus alone.

use telemetry_core::{Telemetry, TelemetryBuilder, setup};

use crate::exporter::PrometheusExporter;
use crate::handler::PrometheusMetricsHandler;

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
    ///
    /// The page shows the process too, as `process_*`: with feature `process`, on Linux, and unless the exporter was
    /// built with `without_process_metrics`; and, as `tokio_runtime_*`, the runtime of Tokio: with feature `runtime`, and
    /// unless the builder was told `without_runtime_metrics`.
    ///
    /// If `OTEL_METRICS_EXPORTER` is set and does not name `prometheus`, or `OTEL_SDK_DISABLED` is true, the page stays
    /// empty, which no scrape takes for a failure.
    #[must_use = "a builder does nothing until `build` is called"]
    fn with_prometheus(self, exporter: PrometheusExporter) -> Self;
}

impl TelemetryBuilderExt for TelemetryBuilder {
    fn with_prometheus(self, exporter: PrometheusExporter) -> Self {
        let offer = Offer(Some(exporter));
        self.with_metrics_exporter("prometheus", |metrics| match offer.accept() {
            Some(exporter) => {
                exporter.process().add_by_default();
                metrics.with_reader(exporter)
            }
            None => metrics,
        })
    }
}

/// An exporter of which the setup has yet to say whether it wants it.
struct Offer(Option<PrometheusExporter>);

impl Offer {
    fn accept(mut self) -> Option<PrometheusExporter> {
        self.0.take()
    }
}

impl Drop for Offer {
    fn drop(&mut self) {
        if let Some(exporter) = self.0.take() {
            exporter.reader().leave_out();
        }
    }
}

mod sealed {
    pub trait Sealed {}

    impl Sealed for telemetry_core::TelemetryBuilder {}
}

/// Sets up the telemetry of a service whose metrics Prometheus scrapes: metrics in five lines.
///
/// In a service of axum, the marked lines are all there is to add:
///
/// ```text
/// let (_telemetry, metrics) = telemetry_prometheus::init()?;            // +
/// let app = Router::new()
///     .route("/", get(hello))
///     .layer(telemetry_http::RequestMetricsLayer::new())                // +
///     .route_service("/metrics", metrics);                              // +
/// axum::serve(listener, app).await?;
/// ```
///
/// Routes below a layer are not measured by it, which here leaves out the scrapes.
///
/// It stands for this, and who wants something else writes it out:
///
/// ```
/// use telemetry_core::Telemetry;
/// use telemetry_prometheus::{PrometheusExporter, PrometheusMetricsHandler, TelemetryBuilderExt};
///
/// # fn init() -> Result<(Telemetry, PrometheusMetricsHandler), telemetry_core::setup::Error> {
/// let exporter = PrometheusExporter::new();
/// let telemetry = Telemetry::builder().with_prometheus(exporter.clone()).build()?;
/// Ok((telemetry, PrometheusMetricsHandler::new(exporter)))
/// # }
/// # init()?;
/// # Ok::<(), telemetry_core::setup::Error>(())
/// ```
///
/// So the service's name and everything else of the resource come from the environment (`OTEL_SERVICE_NAME`,
/// `OTEL_RESOURCE_ATTRIBUTES`), and the meter provider becomes the global one. On the page are, with the default features,
/// the metrics of the layers, those of the process and those of the Tokio runtime in which this is called.
///
/// Bind the telemetry to a name that lives as long as the service. Bound to `_` it ends at once, and the page shows what
/// there was by then.
///
/// # Errors
///
/// Those of [`TelemetryBuilder::build`].
pub fn init() -> Result<(Telemetry, PrometheusMetricsHandler), setup::Error> {
    let exporter = PrometheusExporter::new();
    let telemetry = Telemetry::builder().with_prometheus(exporter.clone()).build()?;
    Ok((telemetry, PrometheusMetricsHandler::new(exporter)))
}

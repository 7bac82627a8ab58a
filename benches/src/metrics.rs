//! A meter provider of its own, and the exporter that reads it.

use anyhow::Result;
use telemetry_core::MeterOptions;
use telemetry_core::opentelemetry_sdk::metrics::{Aggregation, Instrument, SdkMeterProvider, Stream, StreamBuilder};
use telemetry_prometheus::{Format, PrometheusExporter};

/// The instruments whose name begins so become exponential histograms in [`Metrics::with_limit`].
pub const EXPONENTIAL: &str = "exponential";

/// A provider, and the one who scrapes it.
#[derive(Debug)]
pub struct Metrics {
    /// Whose instruments are used. It ends with its last clone.
    pub provider: SdkMeterProvider,
    /// What reads it.
    pub exporter: PrometheusExporter,
}

impl Metrics {
    /// A provider that nobody has collected yet.
    #[must_use]
    pub fn new() -> Self {
        let exporter = PrometheusExporter::new();
        Self { provider: SdkMeterProvider::builder().with_reader(exporter.clone()).build(), exporter }
    }

    /// The same with room for so many series of each instrument, where the SDK has room for 2,000.
    #[must_use]
    pub fn with_limit(series: usize) -> Self {
        let exporter = PrometheusExporter::new();
        let view = move |instrument: &Instrument| stream(instrument.name()).with_cardinality_limit(series).build().ok();
        Self { provider: SdkMeterProvider::builder().with_view(view).with_reader(exporter.clone()).build(), exporter }
    }

    /// Options for a layer.
    #[must_use]
    pub fn options(&self) -> MeterOptions {
        MeterOptions::default().with_meter_provider(self.provider.clone())
    }

    /// Collects, and writes it all down in Prometheus' text.
    ///
    /// # Errors
    ///
    /// When the exporter fails.
    pub fn page(&self) -> Result<String> {
        Ok(String::from_utf8(self.exporter.render(Format::PrometheusText)?.into())?)
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

fn stream(name: &str) -> StreamBuilder {
    if !name.starts_with(EXPONENTIAL) {
        return Stream::builder();
    }
    let aggregation = Aggregation::Base2ExponentialHistogram { max_size: 160, max_scale: 20, record_min_max: false };
    Stream::builder().with_aggregation(aggregation)
}

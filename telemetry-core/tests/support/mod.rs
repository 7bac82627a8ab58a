//! What several test files share.
#![allow(clippy::unwrap_used)] // Helpers of tests may fail them.

use std::sync::{Arc, Weak};
use std::time::Duration;

use telemetry_core::opentelemetry_sdk::error::OTelSdkResult;
use telemetry_core::opentelemetry_sdk::metrics::data::ResourceMetrics;
use telemetry_core::opentelemetry_sdk::metrics::reader::MetricReader;
use telemetry_core::opentelemetry_sdk::metrics::{
    InstrumentKind, ManualReader, MeterProviderBuilder, Pipeline, SdkMeterProvider, Temporality,
};
use telemetry_core::testing::Snapshot;

/// Collects when it is told to, on the thread that tells.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    inner: Arc<ManualReader>,
    pub(crate) temporality: Temporality,
}

impl Reader {
    pub(crate) fn new(temporality: Temporality) -> Self {
        Self { inner: Arc::default(), temporality }
    }

    pub(crate) fn read(&self) -> Snapshot {
        let mut metrics = ResourceMetrics::default();
        self.collect(&mut metrics).unwrap();
        Snapshot::from(&metrics)
    }
}

impl MetricReader for Reader {
    fn register_pipeline(&self, pipeline: Weak<Pipeline>) {
        self.inner.register_pipeline(pipeline);
    }

    fn collect(&self, metrics: &mut ResourceMetrics) -> OTelSdkResult {
        self.inner.collect(metrics)
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    /// The same for every kind of instrument.
    fn temporality(&self, _: InstrumentKind) -> Temporality {
        self.temporality
    }
}

pub(crate) fn provider(readers: &[&Reader]) -> SdkMeterProvider {
    let with = |builder: MeterProviderBuilder, reader: &&Reader| builder.with_reader(Reader::clone(reader));
    readers.iter().fold(SdkMeterProvider::builder(), with).build()
}

//! Export by OTLP, as far as it was asked for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry_sdk::logs::LoggerProviderBuilder;
use opentelemetry_sdk::metrics::MeterProviderBuilder;
use opentelemetry_sdk::trace::TracerProviderBuilder;

use super::error::{Error, Kind};
use super::exporters::Chosen;
use crate::ScopedMeter;
use crate::otlp::{self, Otlp, OtlpMetrics};
use crate::settings::Settings;
use crate::signal::Signal;

/// Nothing at first: the thread is started for the first signal that is exported.
#[derive(Debug, Default)]
pub(super) struct Exporting {
    otlp: Option<Otlp>,
    /// Whether the last export of metrics failed.
    metrics_lost: Option<Arc<AtomicBool>>,
}

impl Exporting {
    pub(super) fn wants(settings: &Settings, signal: Signal, chosen: &Chosen) -> bool {
        chosen.has("otlp", otlp::is_named(settings, signal))
    }

    /// Adds the reader. What it counts about itself it tells the provider of which it is a part, once that is there.
    pub(super) fn add_metrics(
        &mut self,
        builder: MeterProviderBuilder,
        settings: &Settings,
    ) -> Result<(MeterProviderBuilder, impl FnOnce(&ScopedMeter) + use<>), Error> {
        check_aggregation(settings);
        let OtlpMetrics { reader, lost, stats } = self.otlp()?.metrics(settings);
        self.metrics_lost = Some(lost);
        Ok((builder.with_reader(reader), move |meter: &ScopedMeter| stats.observe(meter)))
    }

    pub(super) fn add_traces(
        &mut self,
        builder: TracerProviderBuilder,
        settings: &Settings,
        meter: &ScopedMeter,
    ) -> Result<TracerProviderBuilder, Error> {
        Ok(builder.with_span_processor(self.otlp()?.spans(settings, meter)))
    }

    pub(super) fn add_logs(
        &mut self,
        builder: LoggerProviderBuilder,
        settings: &Settings,
        meter: &ScopedMeter,
    ) -> Result<LoggerProviderBuilder, Error> {
        Ok(builder.with_log_processor(self.otlp()?.logs(settings, meter)))
    }

    fn otlp(&mut self) -> Result<&mut Otlp, Error> {
        match &mut self.otlp {
            Some(otlp) => Ok(otlp),
            none => Ok(none.insert(Otlp::start().map_err(|error| Error(Kind::Thread(error)))?)),
        }
    }

    /// From now on nothing is tried twice, and what is on its way is given up after `limit`.
    pub(super) fn end_within(&self, limit: Duration) {
        if let Some(otlp) = &self.otlp {
            otlp.worker.end_within(limit);
        }
    }

    pub(super) fn stop(&self) {
        if let Some(otlp) = &self.otlp {
            otlp.worker.stop();
        }
    }

    /// The SDK's reader does not say how its last export went.
    pub(super) fn last_metrics(&self) -> Result<(), Error> {
        let lost = self.metrics_lost.as_ref().is_some_and(|lost| lost.load(Ordering::Relaxed));
        if lost { Err(Error(Kind::Lost)) } else { Ok(()) }
    }
}

/// A default for all histograms could only be a view. One of those is for all readers and not for OTLP alone, and a
/// histogram for which the user has a view as well would be exported twice.
fn check_aggregation(settings: &Settings) {
    let expected = "explicit_bucket_histogram, and exponential histograms are made by a view";
    let parse = |text: &str| text.eq_ignore_ascii_case("explicit_bucket_histogram").then_some(());
    let _ = settings.parsed("OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", expected, parse);
}

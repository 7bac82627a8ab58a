//! What stands for the export where feature `otlp` is not there.

use std::time::Duration;

use opentelemetry_sdk::logs::LoggerProviderBuilder;
use opentelemetry_sdk::metrics::MeterProviderBuilder;
use opentelemetry_sdk::trace::TracerProviderBuilder;

use super::error::Error;
use super::exporters::Chosen;
use crate::ScopedMeter;
use crate::settings::Settings;
use crate::signal::Signal;

#[derive(Debug, Default)]
pub(super) struct Exporting {}

impl Exporting {
    /// Says so if somebody expects an export.
    pub(super) fn wants(settings: &Settings, signal: Signal, chosen: &Chosen) -> bool {
        let variable = format!("OTEL_EXPORTER_OTLP_{}_ENDPOINT", signal.variable());
        let named = settings.is_set(&variable) || settings.is_set("OTEL_EXPORTER_OTLP_ENDPOINT");
        if chosen.has("otlp", named) {
            settings.warn(format!("{signal} are not exported by OTLP: that needs feature `otlp` of telemetry-core"));
        }
        false
    }

    pub(super) fn add_metrics(
        &mut self,
        builder: MeterProviderBuilder,
        _: &Settings,
    ) -> Result<(MeterProviderBuilder, impl FnOnce(&ScopedMeter) + use<>), Error> {
        Ok((builder, |_: &ScopedMeter| ()))
    }

    pub(super) fn add_traces(
        &mut self,
        builder: TracerProviderBuilder,
        _: &Settings,
        _: &ScopedMeter,
    ) -> Result<TracerProviderBuilder, Error> {
        Ok(builder)
    }

    pub(super) fn add_logs(
        &mut self,
        builder: LoggerProviderBuilder,
        _: &Settings,
        _: &ScopedMeter,
    ) -> Result<LoggerProviderBuilder, Error> {
        Ok(builder)
    }

    pub(super) fn end_within(&self, _: Duration) {}

    pub(super) fn stop(&self) {}

    pub(super) fn last_metrics(&self) -> Result<(), Error> {
        Ok(())
    }
}

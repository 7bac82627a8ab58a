//! From settings to providers.

use std::mem;
use std::sync::Arc;

use opentelemetry::global;
use opentelemetry::metrics::NoopMeterProvider;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;

use super::builder::{ConfigureLogs, ConfigureTraces, TelemetryBuilder};
use super::ending::Ending;
use super::error::{Error, Kind};
use super::exporters::{Chosen, is_disabled};
use super::exporting::Exporting;
use super::{Running, Telemetry, traces};
use crate::propagation::Propagator;
use crate::settings::Settings;
use crate::signal::Signal;
use crate::{MeterOptions, ScopedMeter};

pub(super) fn start(mut builder: TelemetryBuilder) -> Result<Telemetry, Error> {
    if builder.service_name.as_deref().is_some_and(|name| name.trim().is_empty()) {
        return Err(Error(Kind::EmptyServiceName));
    }
    let settings = mem::take(&mut builder.settings);
    if settings.is_set("OTEL_CONFIG_FILE") {
        settings.object("OTEL_CONFIG_FILE", "is ignored", "configuration files are not read here, the variables are");
    }
    if is_disabled(&settings) {
        // Readers and processors too: there is nothing that they could read or process.
        builder.configure_metrics.clear();
        builder.metrics_exporters.clear();
        builder.configure_traces.clear();
        builder.configure_logs.clear();
    }
    let resource = resource(&settings, &mut builder);

    let mut exporting = Exporting::default();
    let Meters { provider: meter_provider, meter, are_read } =
        meters(&settings, &resource, &mut builder, &mut exporting)?;
    let tracer_provider = tracers(&settings, &resource, builder.configure_traces, &mut exporting, &meter)?;
    let logger_provider = loggers(&settings, resource, builder.configure_logs, &mut exporting, &meter)?;
    let propagator = builder.propagator.unwrap_or_else(|| Propagator::from_settings(&settings));
    #[cfg(feature = "subscriber")]
    let directives = super::subscriber::directives(&settings);
    if let Some(wrong) = settings.take_wrong() {
        // Providers that are dropped flush. There is nothing worth to wait for.
        exporting.stop();
        return Err(Error(Kind::Setting(wrong)));
    }

    let running = Running {
        meter_provider,
        tracer_provider,
        logger_provider,
        #[cfg(feature = "subscriber")]
        directives,
        exporting,
        ending: Ending::default(),
    };
    if builder.global {
        #[cfg(feature = "subscriber")]
        install_subscriber(&settings, &running, builder.subscriber);
        if are_read {
            global::set_meter_provider(running.meter_provider.clone());
        }
        running.tracer_provider.iter().cloned().for_each(global::set_tracer_provider);
        propagator.set_global();
    }
    // Not before there is a log for them.
    for warning in settings.take_warnings() {
        tracing::warn!("{warning}");
    }
    Ok(Telemetry { running: Arc::new(running) })
}

struct Meters {
    provider: SdkMeterProvider,
    /// For what the setup counts about itself.
    meter: ScopedMeter,
    /// Whether anybody may read them. The SDK takes an observable instrument that nobody reads for an error.
    are_read: bool,
}

fn meters(
    settings: &Settings,
    resource: &Resource,
    builder: &mut TelemetryBuilder,
    exporting: &mut Exporting,
) -> Result<Meters, Error> {
    let named = mem::take(&mut builder.metrics_exporters);
    let names: Vec<_> = named.iter().map(|(name, _)| *name).collect();
    let chosen = Chosen::read(settings, Signal::Metrics, &names);
    let mut metrics = SdkMeterProvider::builder().with_resource(resource.clone());
    let mut observe = None;
    if Exporting::wants(settings, Signal::Metrics, &chosen) {
        let (with_reader, later) = exporting.add_metrics(metrics, settings)?;
        (metrics, observe) = (with_reader, Some(later));
    }
    let named = named.into_iter().filter(|(name, _)| chosen.has(name, true)).map(|(_, configure)| configure);
    let configured: Vec<_> = named.chain(mem::take(&mut builder.configure_metrics)).collect();
    let are_read = observe.is_some() || !configured.is_empty();
    let provider = configured.into_iter().fold(metrics, |metrics, configure| configure(metrics)).build();
    let options = match are_read {
        true => MeterOptions::default().with_meter_provider(provider.clone()),
        false => MeterOptions::default().with_meter_provider(NoopMeterProvider::new()),
    };
    let meter = options.meter(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    if let Some(observe) = observe {
        observe(&meter);
    }
    #[cfg(feature = "runtime")]
    if builder.runtime_metrics {
        crate::runtime::RuntimeMetrics::new().observe(&options);
    }
    Ok(Meters { provider, meter, are_read })
}

/// None if nobody would get its spans.
fn tracers(
    settings: &Settings,
    resource: &Resource,
    configure: Vec<ConfigureTraces>,
    exporting: &mut Exporting,
    meter: &ScopedMeter,
) -> Result<Option<SdkTracerProvider>, Error> {
    let exported = Exporting::wants(settings, Signal::Traces, &Chosen::read(settings, Signal::Traces, &[]));
    let mut traces = traces::configure(SdkTracerProvider::builder().with_resource(resource.clone()), settings);
    if exported {
        traces = exporting.add_traces(traces, settings, meter)?;
    }
    let needed = exported || !configure.is_empty();
    Ok(needed.then(|| configure.into_iter().fold(traces, |traces, configure| configure(traces)).build()))
}

/// None if nobody would get its records.
fn loggers(
    settings: &Settings,
    resource: Resource,
    configure: Vec<ConfigureLogs>,
    exporting: &mut Exporting,
    meter: &ScopedMeter,
) -> Result<Option<SdkLoggerProvider>, Error> {
    let exported = Exporting::wants(settings, Signal::Logs, &Chosen::read(settings, Signal::Logs, &[]));
    let mut logs = SdkLoggerProvider::builder().with_resource(resource);
    if exported {
        logs = exporting.add_logs(logs, settings, meter)?;
    }
    let needed = exported || !configure.is_empty();
    Ok(needed.then(|| configure.into_iter().fold(logs, |logs, configure| configure(logs)).build()))
}

#[cfg(feature = "subscriber")]
fn install_subscriber(settings: &Settings, running: &Running, wanted: bool) {
    let (tracer, logger) = (running.tracer_provider.as_ref(), running.logger_provider.as_ref());
    let installed = wanted && super::subscriber::install(&running.directives, tracer, logger);
    if wanted && !installed && (tracer.is_some() || logger.is_some()) {
        settings.warn(
            "there is a subscriber of `tracing` already: what `tracing` tells is exported if `Telemetry::layer` is added to it",
        );
    }
}

fn resource(settings: &Settings, builder: &mut TelemetryBuilder) -> Resource {
    let (name, attributes) = (builder.service_name.take(), mem::take(&mut builder.attributes));
    crate::resource::resource(settings, name, attributes, builder.detect_resource)
}

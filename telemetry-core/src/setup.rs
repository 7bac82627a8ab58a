//! Resource, meter provider and tracer provider in one call.

use std::error::Error as StdError;
use std::fmt;

use opentelemetry::{KeyValue, global};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::metrics::{MeterProviderBuilder, SdkMeterProvider};
use opentelemetry_sdk::resource::ResourceBuilder;
use opentelemetry_sdk::trace::{SdkTracerProvider, TracerProviderBuilder};

use crate::propagation::Propagator;

/// The running telemetry of a process, and the guard that flushes it.
///
/// Keep it until the service has ended, then call [`shutdown`](Telemetry::shutdown). Dropping it does the same, and
/// tells of failures in the log alone.
///
/// Connections that are still open when the runtime ends are recorded then. To have them flushed too, let a `main` that
/// is not async own the telemetry, run the service in a runtime that it waits for, and shut down after that.
///
/// ```
/// use telemetry_core::Telemetry;
///
/// let telemetry = Telemetry::builder().with_service_name("shop").build()?;
/// // .. serve ..
/// telemetry.shutdown()?;
/// # Ok::<(), telemetry_core::setup::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "dropping the telemetry ends it"]
pub struct Telemetry {
    meter_provider: SdkMeterProvider,
    tracer_provider: Option<SdkTracerProvider>,
}

impl Telemetry {
    /// Starts a setup: the environment's resource, no reader, no spans, and all that is built made global.
    pub fn builder() -> TelemetryBuilder {
        TelemetryBuilder {
            service_name: None,
            attributes: Vec::new(),
            configure_metrics: Vec::new(),
            configure_traces: Vec::new(),
            global: true,
        }
    }

    /// The meter provider, for layers and instruments that are not to use the global one.
    #[must_use]
    pub fn meter_provider(&self) -> &SdkMeterProvider {
        &self.meter_provider
    }

    /// The tracer provider, for layers that are not to use the global one; absent unless
    /// [`configure_traces`](TelemetryBuilder::configure_traces) was called.
    #[must_use]
    pub fn tracer_provider(&self) -> Option<&SdkTracerProvider> {
        self.tracer_provider.as_ref()
    }

    /// Flushes what readers and span processors still hold and ends them. A scrape after this gets an error.
    ///
    /// Blocks until they have ended. A second call does nothing.
    ///
    /// # Errors
    ///
    /// When one of them or its exporter failed in its last export; the rest has ended all the same.
    pub fn shutdown(&self) -> Result<(), Error> {
        let traces = self.tracer_provider.as_ref().map_or(Ok(()), SdkTracerProvider::shutdown);
        let metrics = self.meter_provider.shutdown();
        let ended = ignore_second_shutdown(traces).and(ignore_second_shutdown(metrics));
        ended.map_err(|error| Error(Kind::Shutdown(error)))
    }
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        if let Err(error) = self.shutdown() {
            tracing::warn!(error = %error, "telemetry did not end cleanly");
        }
    }
}

fn ignore_second_shutdown(result: OTelSdkResult) -> OTelSdkResult {
    match result {
        Err(OTelSdkError::AlreadyShutdown) => Ok(()),
        other => other,
    }
}

type ConfigureMetrics = Box<dyn FnOnce(MeterProviderBuilder) -> MeterProviderBuilder + Send>;
type ConfigureTraces = Box<dyn FnOnce(TracerProviderBuilder) -> TracerProviderBuilder + Send>;

/// Collects the settings of a [`Telemetry`].
///
/// The resource starts from what the SDK detects: `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_SERVICE_NAME` and the
/// `telemetry.sdk.*` attributes. What is set in code wins. A service that nobody names is called
/// `unknown_service:<executable>`.
#[must_use = "a builder does nothing until `build` is called"]
pub struct TelemetryBuilder {
    service_name: Option<String>,
    attributes: Vec<KeyValue>,
    configure_metrics: Vec<ConfigureMetrics>,
    configure_traces: Vec<ConfigureTraces>,
    global: bool,
}

impl TelemetryBuilder {
    /// Names the service: the resource attribute `service.name`.
    pub fn with_service_name(mut self, name: impl Into<String>) -> Self {
        self.service_name = Some(name.into());
        self
    }

    /// Adds attributes to the resource; they win over those of the environment.
    pub fn with_resource_attributes(mut self, attributes: impl IntoIterator<Item = KeyValue>) -> Self {
        self.attributes.extend(attributes);
        self
    }

    /// Adds readers and views, or changes anything else of the SDK's own builder. Calls add up, in order.
    ///
    /// ```
    /// use telemetry_core::Telemetry;
    /// use telemetry_core::opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader};
    ///
    /// let exporter = InMemoryMetricExporter::default();
    /// let telemetry = Telemetry::builder()
    ///     .configure_metrics(|metrics| metrics.with_reader(PeriodicReader::builder(exporter).build()))
    ///     .build()?;
    /// # Ok::<(), telemetry_core::setup::Error>(())
    /// ```
    pub fn configure_metrics(
        mut self,
        configure: impl FnOnce(MeterProviderBuilder) -> MeterProviderBuilder + Send + 'static,
    ) -> Self {
        self.configure_metrics.push(Box::new(configure));
        self
    }

    /// Adds span processors and exporters, or changes anything else of the SDK's own builder. Calls add up, in order.
    /// Without any there is no tracer provider, and no span is made.
    ///
    /// ```
    /// use telemetry_core::Telemetry;
    /// use telemetry_core::opentelemetry_sdk::trace::InMemorySpanExporter;
    ///
    /// let exporter = InMemorySpanExporter::default();
    /// let telemetry =
    ///     Telemetry::builder().configure_traces(|traces| traces.with_batch_exporter(exporter)).build()?;
    /// # Ok::<(), telemetry_core::setup::Error>(())
    /// ```
    pub fn configure_traces(
        mut self,
        configure: impl FnOnce(TracerProviderBuilder) -> TracerProviderBuilder + Send + 'static,
    ) -> Self {
        self.configure_traces.push(Box::new(configure));
        self
    }

    /// Leaves the process's global providers and propagator as they are. Layers then need
    /// [`MeterOptions::with_meter_provider`](crate::MeterOptions::with_meter_provider) and the like. Tests want this.
    pub fn without_global(mut self) -> Self {
        self.global = false;
        self
    }

    /// Starts the providers and, unless told otherwise, makes them the global ones, with the propagator that
    /// [`OTEL_PROPAGATORS`](Propagator::from_env) names: W3C Trace Context and Baggage if it names none.
    ///
    /// # Errors
    ///
    /// When the service name is empty.
    pub fn build(self) -> Result<Telemetry, Error> {
        if self.service_name.as_deref().is_some_and(|name| name.trim().is_empty()) {
            return Err(Error(Kind::EmptyServiceName));
        }
        let resource = resource(self.service_name, self.attributes);
        let traces = SdkTracerProvider::builder().with_resource(resource.clone());
        let has_traces = !self.configure_traces.is_empty();
        let tracer_provider = has_traces
            .then(|| self.configure_traces.into_iter().fold(traces, |builder, configure| configure(builder)).build());
        let meter_provider = self
            .configure_metrics
            .into_iter()
            .fold(SdkMeterProvider::builder().with_resource(resource), |builder, configure| configure(builder))
            .build();
        if self.global {
            global::set_meter_provider(meter_provider.clone());
            tracer_provider.iter().cloned().for_each(global::set_tracer_provider);
            Propagator::from_env().set_global();
        }
        Ok(Telemetry { meter_provider, tracer_provider })
    }
}

impl fmt::Debug for TelemetryBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TelemetryBuilder")
            .field("service_name", &self.service_name)
            .field("global", &self.global)
            .finish_non_exhaustive()
    }
}

fn resource(service_name: Option<String>, attributes: Vec<KeyValue>) -> Resource {
    // The SDK reads the variable too, but then lets a name in `OTEL_RESOURCE_ATTRIBUTES` win, which has to lose.
    let from_environment = std::env::var("OTEL_SERVICE_NAME").ok().filter(|name| !name.is_empty());
    let builder = name_service(Resource::builder(), from_environment).with_attributes(attributes);
    name_service(builder, service_name).build()
}

fn name_service(builder: ResourceBuilder, name: Option<String>) -> ResourceBuilder {
    match name {
        Some(name) => builder.with_service_name(name),
        None => builder,
    }
}

/// Why a setup or a shutdown failed.
#[derive(Debug)]
pub struct Error(Kind);

#[derive(Debug)]
enum Kind {
    EmptyServiceName,
    Shutdown(OTelSdkError),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::EmptyServiceName => {
                f.write_str("the service name is empty: give `with_service_name` a name, or leave the call out")
            }
            Kind::Shutdown(_) => f.write_str("a provider did not shut down cleanly"),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0 {
            Kind::EmptyServiceName => None,
            Kind::Shutdown(error) => Some(error),
        }
    }
}

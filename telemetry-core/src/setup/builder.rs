use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
#[cfg(feature = "otlp")]
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry_sdk::logs::LoggerProviderBuilder;
use opentelemetry_sdk::metrics::MeterProviderBuilder;
use opentelemetry_sdk::trace::TracerProviderBuilder;

use super::{Error, Telemetry};
#[cfg(feature = "otlp")]
use crate::otlp::OtlpProtocol;
use crate::propagation::Propagator;
use crate::settings::Settings;

pub(super) type ConfigureMetrics = Box<dyn FnOnce(MeterProviderBuilder) -> MeterProviderBuilder + Send>;
pub(super) type ConfigureTraces = Box<dyn FnOnce(TracerProviderBuilder) -> TracerProviderBuilder + Send>;
pub(super) type ConfigureLogs = Box<dyn FnOnce(LoggerProviderBuilder) -> LoggerProviderBuilder + Send>;

/// Collects the settings of a [`Telemetry`]. All of them are optional.
///
/// What has no method of its own here is set by the name of its variable, with [`with_setting`](Self::with_setting).
#[must_use = "a builder does nothing until `build` is called"]
pub struct TelemetryBuilder {
    pub(super) settings: Settings,
    pub(super) service_name: Option<String>,
    pub(super) attributes: Vec<KeyValue>,
    pub(super) detect_resource: bool,
    pub(super) configure_metrics: Vec<ConfigureMetrics>,
    pub(super) metrics_exporters: Vec<(&'static str, ConfigureMetrics)>,
    pub(super) configure_traces: Vec<ConfigureTraces>,
    pub(super) configure_logs: Vec<ConfigureLogs>,
    pub(super) propagator: Option<Propagator>,
    #[cfg(feature = "runtime")]
    pub(super) runtime_metrics: bool,
    #[cfg(feature = "subscriber")]
    pub(super) subscriber: bool,
    pub(super) global: bool,
}

impl TelemetryBuilder {
    pub(super) fn new() -> Self {
        Self {
            settings: Settings::default(),
            service_name: None,
            attributes: Vec::new(),
            detect_resource: true,
            configure_metrics: Vec::new(),
            metrics_exporters: Vec::new(),
            configure_traces: Vec::new(),
            configure_logs: Vec::new(),
            propagator: None,
            #[cfg(feature = "runtime")]
            runtime_metrics: true,
            #[cfg(feature = "subscriber")]
            subscriber: true,
            global: true,
        }
    }

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

    /// Leaves out of the resource what is found out about host, system, process and container.
    pub fn without_resource_detection(mut self) -> Self {
        self.detect_resource = false;
        self
    }

    /// Sets by code what an environment variable would set, under the name of the variable, and wins over it.
    ///
    /// ```
    /// use telemetry_core::Telemetry;
    ///
    /// let telemetry = Telemetry::builder()
    ///     .with_setting("OTEL_BSP_MAX_QUEUE_SIZE", "4096")
    ///     .with_setting("OTEL_TRACES_SAMPLER", "parentbased_always_off")
    ///     .build()?;
    /// # Ok::<(), telemetry_core::setup::Error>(())
    /// ```
    ///
    /// An empty value is as good as none: the variable is then ignored. `docs/environment.md` of the repository lists the
    /// names; one that is not there does nothing.
    pub fn with_setting(mut self, variable: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.set(variable, value);
        self
    }

    /// Reads these variables instead of those of the process: for tests, and for services with a configuration of their
    /// own. A second call replaces what the first one gave.
    ///
    /// ```
    /// use telemetry_core::Telemetry;
    ///
    /// let telemetry = Telemetry::builder().with_environment([("OTEL_SERVICE_NAME", "shop")]).build()?;
    /// # Ok::<(), telemetry_core::setup::Error>(())
    /// ```
    pub fn with_environment<N, V>(mut self, variables: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<String>,
        V: Into<OsString>,
    {
        let variables: BTreeMap<_, _> =
            variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        self.settings.replace_environment(variables);
        self
    }

    /// Exports traces, metrics and logs to a receiver of OTLP: `OTEL_EXPORTER_OTLP_ENDPOINT`. A URL with scheme, host and
    /// port, such as `http://127.0.0.1:4318`; over HTTP, a path for each signal is added to its own.
    #[cfg(feature = "otlp")]
    pub fn with_otlp_endpoint(self, endpoint: impl Into<String>) -> Self {
        self.with_setting("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
    }

    /// How OTLP travels: `OTEL_EXPORTER_OTLP_PROTOCOL`.
    #[cfg(feature = "otlp")]
    pub fn with_otlp_protocol(self, protocol: OtlpProtocol) -> Self {
        self.with_setting("OTEL_EXPORTER_OTLP_PROTOCOL", protocol.as_str())
    }

    /// How long an export by OTLP may take, all its attempts together: `OTEL_EXPORTER_OTLP_TIMEOUT`, ten seconds by
    /// default. Zero is no limit.
    #[cfg(feature = "otlp")]
    pub fn with_otlp_timeout(self, timeout: Duration) -> Self {
        self.with_setting("OTEL_EXPORTER_OTLP_TIMEOUT", millis(timeout))
    }

    /// How often metrics are exported by OTLP: `OTEL_METRIC_EXPORT_INTERVAL`, once a minute by default.
    #[cfg(feature = "otlp")]
    pub fn with_metric_export_interval(self, interval: Duration) -> Self {
        self.with_setting("OTEL_METRIC_EXPORT_INTERVAL", millis(interval))
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

    /// Adds readers under a name by which `OTEL_METRICS_EXPORTER` chooses them: when the variable is set and does not
    /// name it, they are left out. What [`configure_metrics`](Self::configure_metrics) adds is always there.
    ///
    /// The name is in lowercase: `prometheus` is what telemetry-prometheus uses.
    pub fn with_metrics_exporter(
        mut self,
        name: &'static str,
        configure: impl FnOnce(MeterProviderBuilder) -> MeterProviderBuilder + Send + 'static,
    ) -> Self {
        self.metrics_exporters.push((name, Box::new(configure)));
        self
    }

    /// Adds span processors and exporters, or changes anything else of the SDK's own builder, the sampler for example.
    /// Calls add up, in order, after what the environment says.
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

    /// Adds log processors and exporters, or changes anything else of the SDK's own builder. Calls add up, in order.
    ///
    /// ```
    /// use telemetry_core::Telemetry;
    /// use telemetry_core::opentelemetry_sdk::logs::InMemoryLogExporter;
    ///
    /// let exporter = InMemoryLogExporter::default();
    /// let telemetry = Telemetry::builder().configure_logs(|logs| logs.with_batch_exporter(exporter)).build()?;
    /// # Ok::<(), telemetry_core::setup::Error>(())
    /// ```
    pub fn configure_logs(
        mut self,
        configure: impl FnOnce(LoggerProviderBuilder) -> LoggerProviderBuilder + Send + 'static,
    ) -> Self {
        self.configure_logs.push(Box::new(configure));
        self
    }

    /// Leaves out the metrics of the Tokio runtime: see [`runtime`](crate::runtime).
    #[cfg(feature = "runtime")]
    pub fn without_runtime_metrics(mut self) -> Self {
        self.runtime_metrics = false;
        self
    }

    /// Carries context from service to service by this propagator, whatever `OTEL_PROPAGATORS` says.
    pub fn with_propagator(mut self, propagator: Propagator) -> Self {
        self.propagator = Some(propagator);
        self
    }

    /// Leaves the log to a subscriber of one's own, to which [`Telemetry::layer`] is added.
    #[cfg(feature = "subscriber")]
    pub fn without_subscriber(mut self) -> Self {
        self.subscriber = false;
        self
    }

    /// Leaves the process's global providers, propagator and subscriber as they are. Layers then need
    /// [`MeterOptions::with_meter_provider`](crate::MeterOptions::with_meter_provider) and the like. Tests want this.
    pub fn without_global(mut self) -> Self {
        self.global = false;
        self
    }

    /// Starts the providers and, unless told otherwise, makes them the global ones, with the propagator that
    /// [`OTEL_PROPAGATORS`](Propagator::from_env) names: W3C Trace Context and Baggage if it names none.
    /// A provider from which nobody would get anything does not become global.
    ///
    /// With feature `subscriber` and no global subscriber of `tracing` yet, one is installed: it writes the log to the
    /// standard error, for people in a terminal and as JSON elsewhere, as `RUST_LOG` says and `info` otherwise, with the
    /// ids of trace and span on each line.
    ///
    /// # Errors
    ///
    /// When the service name is empty, a setting that was made in code has a value that cannot be used, or the thread
    /// that exports cannot be started.
    pub fn build(self) -> Result<Telemetry, Error> {
        super::start::start(self)
    }
}

/// A part of a millisecond is a whole one: zero has a meaning of its own.
#[cfg(feature = "otlp")]
fn millis(duration: Duration) -> String {
    duration.as_nanos().div_ceil(1_000_000).to_string()
}

impl fmt::Debug for TelemetryBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TelemetryBuilder")
            .field("service_name", &self.service_name)
            .field("global", &self.global)
            .finish_non_exhaustive()
    }
}

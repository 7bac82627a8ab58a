//! Which meter a layer uses, under which names, with which attributes.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use opentelemetry::metrics::AsyncInstrument;
use opentelemetry::metrics::{Counter, Histogram, Meter, MeterProvider, UpDownCounter};
use opentelemetry::{InstrumentationScope, KeyValue, global};

use crate::exemplar::{Buckets, ExemplarReservoir, ExemplarStore};
use crate::semconv::{Metric, SCHEMA_URL};

/// Where the instruments of a layer come from.
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum MeterSource {
    /// The process's global provider, asked when the layer's first request or connection comes. Set the global provider
    /// before that: OpenTelemetry for Rust does not connect instruments made earlier.
    #[default]
    Global,
    /// The provider given here, under the layer's own scope.
    Provider(Arc<dyn MeterProvider + Send + Sync>),
    /// The meter given here, with whatever scope it has.
    Meter(Meter),
}

impl fmt::Debug for MeterSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Global => "Global",
            Self::Provider(_) => "Provider",
            Self::Meter(_) => "Meter",
        })
    }
}

/// Options that every layer takes for its metrics.
///
/// ```
/// use telemetry_core::MeterOptions;
/// use telemetry_core::opentelemetry::KeyValue;
///
/// let options = MeterOptions {
///     attributes: vec![KeyValue::new("shop.region", "eu")],
///     metric_prefix: Some("shop".into()), // shop.http.server.request.duration
///     ..MeterOptions::default()
/// };
/// # let _ = options;
/// ```
#[derive(Clone, Debug, Default)]
pub struct MeterOptions {
    /// Attributes for every series of every metric of the layer, the active ones included.
    pub attributes: Vec<KeyValue>,
    /// Put before each metric name, with a dot between. The convention's own names are the ones that dashboards
    /// know: a prefix is for two sets of metrics side by side. It begins with a letter and goes on with letters, digits,
    /// `_`, `.`, `-` and `/`, all ASCII. With another prefix the SDK logs an error for each instrument and records nothing.
    pub metric_prefix: Option<Cow<'static, str>>,
    /// Where the instruments come from.
    pub source: MeterSource,
}

impl MeterOptions {
    /// Takes the instruments from the given provider instead of the global one.
    #[must_use]
    pub fn with_meter_provider(mut self, provider: impl MeterProvider + Send + Sync + 'static) -> Self {
        self.source = MeterSource::Provider(Arc::new(provider));
        self
    }

    /// Takes the instruments from the given meter.
    #[must_use]
    pub fn with_meter(mut self, meter: Meter) -> Self {
        self.source = MeterSource::Meter(meter);
        self
    }

    /// Puts `prefix` and a dot before each metric name.
    #[must_use]
    pub fn with_metric_prefix(mut self, prefix: impl Into<Cow<'static, str>>) -> Self {
        self.metric_prefix = Some(prefix.into());
        self
    }

    /// Adds attributes to every series.
    #[must_use]
    pub fn with_attributes(mut self, attributes: impl IntoIterator<Item = KeyValue>) -> Self {
        self.attributes.extend(attributes);
        self
    }

    /// The meter for a crate's instruments. `name` and `version` are the instrumenting crate's; the schema URL is
    /// that of [`semconv`](crate::semconv).
    #[must_use]
    pub fn meter(&self, name: &'static str, version: &'static str) -> ScopedMeter {
        let scope = InstrumentationScope::builder(name).with_version(version).with_schema_url(SCHEMA_URL).build();
        let (meter, scope) = match &self.source {
            MeterSource::Global => (global::meter_with_scope(scope.clone()), scope),
            MeterSource::Provider(provider) => (provider.meter_with_scope(scope.clone()), scope),
            MeterSource::Meter(meter) => (meter.clone(), InstrumentationScope::default()),
        };
        let prefix = self.metric_prefix.clone().filter(|prefix| !prefix.is_empty());
        ScopedMeter { meter, scope, prefix }
    }
}

/// Makes instruments from the entries of [`semconv`](crate::semconv), so that name, unit, description and bucket
/// bounds come from one place.
#[derive(Clone)]
pub struct ScopedMeter {
    meter: Meter,
    /// Empty if it is not known.
    scope: InstrumentationScope,
    prefix: Option<Cow<'static, str>>,
}

impl ScopedMeter {
    fn name(&self, metric: &Metric) -> Cow<'static, str> {
        match &self.prefix {
            Some(prefix) => format!("{prefix}.{}", metric.name).into(),
            None => metric.name.into(),
        }
    }

    /// A histogram of floating-point values, for times in seconds.
    #[must_use]
    pub fn f64_histogram(&self, metric: &Metric) -> Histogram<f64> {
        self.f64_histogram_with(metric, metric.boundaries)
    }

    /// Like [`f64_histogram`](Self::f64_histogram), with bucket bounds of one's own. They have to be finite and ascend.
    #[must_use]
    pub fn f64_histogram_with(&self, metric: &Metric, boundaries: &[f64]) -> Histogram<f64> {
        self.meter
            .f64_histogram(self.name(metric))
            .with_unit(metric.unit)
            .with_description(metric.description)
            .with_boundaries(boundaries.to_vec())
            .build()
    }

    /// A histogram of whole numbers, for sizes in bytes.
    #[must_use]
    pub fn u64_histogram(&self, metric: &Metric) -> Histogram<u64> {
        self.u64_histogram_with(metric, metric.boundaries)
    }

    /// Like [`u64_histogram`](Self::u64_histogram), with bucket bounds of one's own. They have to be finite and ascend.
    #[must_use]
    pub fn u64_histogram_with(&self, metric: &Metric, boundaries: &[f64]) -> Histogram<u64> {
        self.meter
            .u64_histogram(self.name(metric))
            .with_unit(metric.unit)
            .with_description(metric.description)
            .with_boundaries(boundaries.to_vec())
            .build()
    }

    /// A counter that only rises.
    #[must_use]
    pub fn u64_counter(&self, metric: &Metric) -> Counter<u64> {
        self.meter.u64_counter(self.name(metric)).with_unit(metric.unit).with_description(metric.description).build()
    }

    /// The exemplars of one series of a histogram of this meter, with these bucket bounds. Ask once and keep it.
    #[must_use]
    pub fn exemplar_reservoir(
        &self,
        store: &ExemplarStore,
        metric: &Metric,
        boundaries: &[f64],
        attributes: &[KeyValue],
    ) -> ExemplarReservoir {
        store.reservoir(&self.scope, &self.name(metric), attributes, Buckets::Explicit(boundaries))
    }

    /// A value that `observe` tells in each collection. It lives on in the provider, which cannot forget it: `observe`
    /// has to hold what it looks at weakly.
    pub fn f64_observable_gauge(
        &self,
        metric: &Metric,
        observe: impl Fn(&dyn AsyncInstrument<f64>) + Send + Sync + 'static,
    ) {
        let gauge = self.meter.f64_observable_gauge(self.name(metric)).with_callback(observe);
        let _ = gauge.with_unit(metric.unit).with_description(metric.description).build();
    }

    /// A counter that rises and falls.
    #[must_use]
    pub fn i64_up_down_counter(&self, metric: &Metric) -> UpDownCounter<i64> {
        self.meter
            .i64_up_down_counter(self.name(metric))
            .with_unit(metric.unit)
            .with_description(metric.description)
            .build()
    }
}

impl ScopedMeter {
    /// Calls `drain` before each collection of each reader, by way of an instrument that never has a value.
    pub(crate) fn before_collection(&self, drain: impl Fn() + Send + Sync + 'static) {
        let name = match &self.prefix {
            Some(prefix) => format!("{prefix}.{COLLECTION}").into(),
            None => Cow::Borrowed(COLLECTION),
        };
        let hook = self.meter.u64_observable_counter(name).with_callback(move |_| drain());
        // It lives on in the provider.
        let _ = hook.with_description("Never has a value: tells when metrics are collected.").build();
    }
}

#[cfg(any(feature = "otlp", feature = "runtime"))]
impl ScopedMeter {
    /// A counter whose total `observe` tells in each collection. Like the two below, it lives on in the provider.
    #[cfg(any(feature = "otlp", target_has_atomic = "64"))]
    pub(crate) fn u64_observable_counter(&self, metric: &Metric, observe: impl Observe<u64>) {
        let counter = self.meter.u64_observable_counter(self.name(metric)).with_callback(observe);
        let _ = counter.with_unit(metric.unit).with_description(metric.description).build();
    }

    #[cfg(all(feature = "runtime", target_has_atomic = "64"))]
    pub(crate) fn f64_observable_counter(&self, metric: &Metric, observe: impl Observe<f64>) {
        let counter = self.meter.f64_observable_counter(self.name(metric)).with_callback(observe);
        let _ = counter.with_unit(metric.unit).with_description(metric.description).build();
    }

    pub(crate) fn i64_observable_up_down_counter(&self, metric: &Metric, observe: impl Observe<i64>) {
        let counter = self.meter.i64_observable_up_down_counter(self.name(metric)).with_callback(observe);
        let _ = counter.with_unit(metric.unit).with_description(metric.description).build();
    }
}

/// The callback of an observable instrument.
#[cfg(any(feature = "otlp", feature = "runtime"))]
pub(crate) trait Observe<T>: Fn(&dyn AsyncInstrument<T>) + Send + Sync + 'static {}

#[cfg(any(feature = "otlp", feature = "runtime"))]
impl<T, F: Fn(&dyn AsyncInstrument<T>) + Send + Sync + 'static> Observe<T> for F {}

/// Not a metric: what a view has to leave in place so that records may wait for a collection.
const COLLECTION: &str = "telemetry.collection";

impl fmt::Debug for ScopedMeter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedMeter").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

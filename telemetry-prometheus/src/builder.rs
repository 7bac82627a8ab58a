//! Settings of an exporter.

use std::fmt;
use std::sync::Arc;

use prometheus::Registry;
use telemetry_core::exemplar::ExemplarStore;

use crate::classic::are_valid_bounds;
use crate::exporter::PrometheusExporter;
use crate::name;
use crate::strategy::TranslationStrategy;

/// What the builder has set.
pub(crate) struct Options {
    pub(crate) namespace: Option<String>,
    pub(crate) translation_strategy: TranslationStrategy,
    pub(crate) target_info: bool,
    pub(crate) scope_labels: bool,
    resource_labels: Option<Arc<KeySelector>>,
    pub(crate) created_lines: bool,
    pub(crate) classic_beside_native: bool,
    pub(crate) exponential_bounds: Option<Arc<[f64]>>,
    pub(crate) exemplars: Option<ExemplarStore>,
    pub(crate) registries: Vec<Registry>,
    /// Nothing means: only where `with_prometheus` is called.
    pub(crate) process_metrics: Option<bool>,
}

type KeySelector = dyn Fn(&str) -> bool + Send + Sync;

impl Default for Options {
    fn default() -> Self {
        Self {
            namespace: None,
            translation_strategy: TranslationStrategy::default(),
            target_info: true,
            scope_labels: true,
            resource_labels: None,
            created_lines: false,
            classic_beside_native: false,
            exponential_bounds: None,
            exemplars: Some(ExemplarStore::global().clone()),
            registries: Vec::new(),
            process_metrics: None,
        }
    }
}

impl Options {
    pub(crate) fn is_resource_label(&self, key: &str) -> bool {
        self.resource_labels.as_ref().is_some_and(|select| select(key))
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("namespace", &self.namespace)
            .field("translation_strategy", &self.translation_strategy)
            .field("target_info", &self.target_info)
            .field("scope_labels", &self.scope_labels)
            .field("resource_labels", &self.resource_labels.is_some())
            .field("created_lines", &self.created_lines)
            .field("classic_beside_native", &self.classic_beside_native)
            .field("exponential_bounds", &self.exponential_bounds)
            .field("exemplars", &self.exemplars.is_some())
            .field("registries", &self.registries.len())
            .field("process_metrics", &self.process_metrics)
            .finish()
    }
}

/// Settings of a [`PrometheusExporter`], from [`PrometheusExporter::builder`].
///
/// ```
/// use telemetry_prometheus::PrometheusExporter;
///
/// let exporter = PrometheusExporter::builder()
///     .with_namespace("shop")
///     .with_resource_labels(|key| key == "service.name")
///     .without_scope_labels()
///     .build();
/// # drop(exporter);
/// ```
#[derive(Debug, Default)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct PrometheusExporterBuilder {
    options: Options,
}

impl PrometheusExporterBuilder {
    /// Puts `namespace` and an underscore in front of every metric name, except for `target_info` and the metrics of
    /// registries. Characters that names must not have become underscores; a namespace that has no other
    /// characters is left out, with a warning in the log.
    pub fn with_namespace(mut self, namespace: impl Into<String>) -> Self {
        self.options.namespace = Some(namespace.into());
        self
    }

    /// Chooses how the names of instruments and attributes become those of metrics and labels.
    pub fn with_translation_strategy(mut self, strategy: TranslationStrategy) -> Self {
        self.options.translation_strategy = strategy;
        self
    }

    /// Leaves out `target_info`, the metric that carries the resource's attributes. An output has room for one: of
    /// several exporters whose metrics appear together, all but one need this.
    pub fn without_target_info(mut self) -> Self {
        self.options.target_info = false;
        self
    }

    /// Leaves out the `otel_scope_*` labels. Series of two scopes that then have the same name and labels cannot both
    /// be exported: the one that was there first stays.
    pub fn without_scope_labels(mut self) -> Self {
        self.options.scope_labels = false;
        self
    }

    /// Copies the resource attributes whose key is selected onto every series of the SDK; they stay in `target_info`
    /// as well. Without this, a query joins `target_info`.
    pub fn with_resource_labels(mut self, select: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.options.resource_labels = Some(Arc::new(select));
        self
    }

    /// Writes a `_created` line for each counter and histogram in OpenMetrics: when it began to count. Without this there
    /// are none, because they nearly double the series of counters. In protocol buffers start times are always there,
    /// and cost no series.
    pub fn with_created_lines(mut self) -> Self {
        self.options.created_lines = true;
        self
    }

    /// Gives exponential histograms classic buckets beside the native ones in protocol buffers, for a Prometheus that
    /// stores both (`always_scrape_classic_histograms`). All text formats have classic buckets anyway.
    pub fn with_classic_beside_native(mut self) -> Self {
        self.options.classic_beside_native = true;
        self
    }

    /// Chooses the upper bounds of the classic buckets that exponential histograms get where native ones cannot be
    /// written: finite and ascending, in the unit of the instrument. Others are left out, with a warning in the log.
    ///
    /// Without this the bounds are powers of two or four that suit the instrument's unit. These are borders of
    /// exponential buckets too, so that the counts are exact. A bound between such borders gets an estimate: the
    /// observations of a bucket count as spread evenly over the logarithm of their values.
    pub fn with_exponential_bounds(mut self, bounds: impl Into<Vec<f64>>) -> Self {
        let bounds = bounds.into();
        if are_valid_bounds(&bounds) {
            self.options.exponential_bounds = Some(bounds.into());
        } else {
            tracing::warn!("bounds {bounds:?} are left out: bounds of buckets have to be finite and ascending");
        }
        self
    }

    /// Reads exemplars from `store` instead of [`ExemplarStore::global`], which is shared by all providers: with several of
    /// them, give each a store of its own.
    pub fn with_exemplars(mut self, store: ExemplarStore) -> Self {
        self.options.exemplars = Some(store);
        self
    }

    /// Leaves out exemplars.
    pub fn without_exemplars(mut self) -> Self {
        self.options.exemplars = None;
        self
    }

    /// Renders the families of a registry of the `prometheus` crate after the exporter's own, under the same rules for
    /// conflicts. May be called several times, but not with the same registry.
    ///
    /// The registry may hold the exporter itself as a collector: its metrics still appear once.
    pub fn with_registry(mut self, registry: Registry) -> Self {
        self.options.registries.push(registry);
        self
    }

    /// Adds the process: CPU time, memory, file descriptors, threads and start time, as the usual `process_*` metrics.
    /// [`with_prometheus`](crate::TelemetryBuilderExt::with_prometheus) does that by itself.
    ///
    /// They come from the `prometheus` crate, which knows them on Linux; elsewhere there are none, and the log says so.
    /// A registry on the page that has them too, like the default one of that crate, is preferred: they are there once.
    #[cfg(feature = "process")]
    pub fn with_process_metrics(mut self) -> Self {
        self.options.process_metrics = Some(true);
        self
    }

    /// Leaves the process out, also in [`with_prometheus`](crate::TelemetryBuilderExt::with_prometheus). Registries that
    /// show it stay as they are.
    #[cfg(feature = "process")]
    pub fn without_process_metrics(mut self) -> Self {
        self.options.process_metrics = Some(false);
        self
    }

    /// Makes the exporter. It needs a meter provider before it can [`render`](PrometheusExporter::render).
    #[must_use]
    pub fn build(mut self) -> PrometheusExporter {
        if let Some(namespace) = self.options.namespace.take_if(|namespace| !namespace.is_empty()) {
            self.options.namespace = name::namespace(&namespace, self.options.translation_strategy);
            if self.options.namespace.is_none() {
                tracing::warn!("namespace {namespace:?} is left out: it has no character that names may have");
            }
        }
        PrometheusExporter::with_options(self.options)
    }
}

//! Settings of an exporter.

use std::fmt;
use std::sync::Arc;

use prometheus::Registry;

use crate::exporter::PrometheusExporter;
use crate::name;

/// What the builder has set.
pub(crate) struct Options {
    pub(crate) namespace: Option<String>,
    pub(crate) target_info: bool,
    pub(crate) scope_labels: bool,
    resource_labels: Option<Arc<KeySelector>>,
    pub(crate) registries: Vec<Registry>,
}

type KeySelector = dyn Fn(&str) -> bool + Send + Sync;

impl Default for Options {
    fn default() -> Self {
        Self { namespace: None, target_info: true, scope_labels: true, resource_labels: None, registries: Vec::new() }
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
            .field("target_info", &self.target_info)
            .field("scope_labels", &self.scope_labels)
            .field("resource_labels", &self.resource_labels.is_some())
            .field("registries", &self.registries.len())
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
    pub fn with_namespace(mut self, namespace: impl AsRef<str>) -> Self {
        let namespace = namespace.as_ref();
        self.options.namespace = name::namespace(namespace);
        if self.options.namespace.is_none() && !namespace.is_empty() {
            tracing::warn!("namespace {namespace:?} is left out: it has no character that Prometheus allows in names");
        }
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

    /// Renders the families of a registry of the `prometheus` crate after the exporter's own, under the same rules for
    /// conflicts. May be called several times, but not with the same registry.
    ///
    /// The registry may hold the exporter itself as a collector: its metrics still appear once.
    pub fn with_registry(mut self, registry: Registry) -> Self {
        self.options.registries.push(registry);
        self
    }

    /// Makes the exporter. It needs a meter provider before it can [`render`](PrometheusExporter::render).
    #[must_use]
    pub fn build(self) -> PrometheusExporter {
        PrometheusExporter::with_options(self.options)
    }
}

//! What one collection gave, and its metrics one by one.

use std::sync::Arc;

use prometheus::proto::MetricFamily;
use telemetry_core::opentelemetry::InstrumentationScope;
use telemetry_core::opentelemetry_sdk::Resource;
use telemetry_core::opentelemetry_sdk::metrics::data::{Metric, ResourceMetrics};

use crate::bridge;
use crate::inventory::{Inventory, Stock, Ticket};
use crate::kind::Kind;
use crate::reader::Reading;
use crate::sdk;
use crate::source::Points;
use crate::warning::Warning;

/// Everything that one collection gave. Any number of responses can be written from it.
#[derive(Debug)]
pub(crate) struct Collected {
    metrics: Reading,
    registries: Vec<Vec<MetricFamily>>,
    inventory: Arc<Inventory>,
}

/// One metric of a collection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source<'a> {
    Target(&'a Resource),
    Instrument { scope: &'a InstrumentationScope, metric: &'a Metric },
    Registry { registry: usize, family: &'a MetricFamily },
}

impl Collected {
    /// `ticket` is one of `stock`, from before the collection.
    pub(crate) fn new(metrics: Reading, registries: Vec<Vec<MetricFamily>>, stock: &Stock, ticket: Ticket) -> Self {
        let inventory = stock.take(ticket, || sources(&metrics, &registries));
        Self { metrics, registries, inventory }
    }

    /// The metrics in the order in which they were given: that of the inventory.
    pub(crate) fn sources(&self) -> impl Iterator<Item = Source<'_>> {
        sources(&self.metrics, &self.registries)
    }

    pub(crate) fn resource(&self) -> &Resource {
        self.metrics.resource()
    }

    pub(crate) fn inventory(&self) -> &Arc<Inventory> {
        &self.inventory
    }
}

fn sources<'a>(metrics: &'a ResourceMetrics, registries: &'a [Vec<MetricFamily>]) -> impl Iterator<Item = Source<'a>> {
    let instruments = metrics
        .scope_metrics()
        .flat_map(|scope| scope.metrics().map(|metric| Source::Instrument { scope: scope.scope(), metric }));
    let families = registries
        .iter()
        .enumerate()
        .flat_map(|(registry, families)| families.iter().map(move |family| Source::Registry { registry, family }));
    std::iter::once(Source::Target(metrics.resource())).chain(instruments).chain(families)
}

impl<'a> Source<'a> {
    /// The type that the metric has for Prometheus, or why it has none.
    pub(crate) fn kind(self) -> Result<Kind, Warning<'a>> {
        match self {
            Self::Target(_) => Ok(Kind::Info),
            Self::Instrument { metric, .. } => sdk::Shape::of(metric).kind(metric.name()),
            Self::Registry { family, .. } => Ok(bridge::kind(family)),
        }
    }

    pub(crate) fn points(self) -> &'a dyn Points {
        match self {
            Self::Target(_) => &sdk::TargetInfo,
            Self::Instrument { metric, .. } => sdk::points(metric),
            Self::Registry { family, .. } => family,
        }
    }
}

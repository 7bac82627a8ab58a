//! The metrics of the process, from the `prometheus` crate.

use std::collections::HashSet;
use std::sync::OnceLock;

use prometheus::Registry;
use prometheus::proto::MetricFamily;

/// Whether an exporter shows the process, and where from.
#[derive(Debug, Default)]
pub(crate) struct ProcessMetrics {
    /// What the builder was told, if anything.
    is_wanted: Option<bool>,
    registry: OnceLock<Registry>,
}

impl ProcessMetrics {
    pub(crate) fn new(is_wanted: Option<bool>) -> Self {
        let process = Self { is_wanted, registry: OnceLock::new() };
        if is_wanted == Some(true) && !process.add() {
            tracing::warn!("there are no metrics of the process on this system");
        }
        process
    }

    /// Adds them for an exporter that was not told to leave them out. Systems that lack them pass in silence.
    pub(crate) fn add_by_default(&self) {
        if self.is_wanted.is_none() {
            self.add();
        }
    }

    /// Whether they are there.
    fn add(&self) -> bool {
        if self.registry.get().is_none()
            && let Some(registry) = registry()
        {
            // Who was quicker has added the same.
            let _ = self.registry.set(registry);
        }
        self.registry.get().is_some()
    }

    pub(crate) fn registry(&self) -> Option<&Registry> {
        self.registry.get()
    }
}

/// Takes the families out of the last registry, that of the process, which others have as well: the default registry of
/// the `prometheus` crate shows the process too.
pub(crate) fn yield_to_others(gathered: &mut [Vec<MetricFamily>]) {
    let Some((process, others)) = gathered.split_last_mut() else { return };
    if others.iter().all(Vec::is_empty) {
        return;
    }
    let taken: HashSet<_> = others.iter().flatten().map(MetricFamily::name).collect();
    process.retain(|family| !taken.contains(family.name()));
}

#[cfg(all(feature = "process", target_os = "linux"))]
fn registry() -> Option<Registry> {
    use prometheus::process_collector::ProcessCollector;

    let registry = Registry::new();
    let registered = registry.register(Box::new(ProcessCollector::for_self()));
    registered.inspect_err(|error| tracing::warn!("there are no metrics of the process: {error}")).ok()?;
    Some(registry)
}

/// The `prometheus` crate knows Linux alone.
#[cfg(not(all(feature = "process", target_os = "linux")))]
fn registry() -> Option<Registry> {
    None
}

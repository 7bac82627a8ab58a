//! The metrics of the process, from the `prometheus` crate.

use prometheus::Registry;

/// A registry with the collector of this process, or nothing on systems that the `prometheus` crate does not know.
#[cfg(target_os = "linux")]
pub(crate) fn registry() -> Option<Registry> {
    use prometheus::process_collector::ProcessCollector;

    let registry = Registry::new();
    let registered = registry.register(Box::new(ProcessCollector::for_self()));
    registered.inspect_err(|error| tracing::warn!("there are no metrics of the process: {error}")).ok()?;
    Some(registry)
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn registry() -> Option<Registry> {
    tracing::warn!("there are no metrics of the process on this system");
    None
}

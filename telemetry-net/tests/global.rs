//! The global provider: this binary has one process, and so one global, to itself.

mod common;

use common::{ACTIVE, DURATION};
use telemetry_core::opentelemetry::global;
use telemetry_core::testing::{InMemoryMetrics, ScriptedStream};
use telemetry_net::NetworkMetricsLayer;
use tower::Layer;

#[test]
fn the_global_provider_is_asked_when_the_first_connection_comes() {
    let (early, late) = (InMemoryMetrics::new(), InMemoryMetrics::new());
    let layer = NetworkMetricsLayer::new();
    let clone = layer.clone();
    let _service = layer.layer(());
    global::set_meter_provider(early.provider());
    drop(layer.meter(ScriptedStream::new()));
    global::set_meter_provider(late.provider());
    drop(clone.meter(ScriptedStream::new()));
    assert_eq!(early.snapshot().count(DURATION, &[]), 2);
    assert_eq!(early.snapshot().sum(ACTIVE, &[]), 0.0);

    drop(NetworkMetricsLayer::default().meter(ScriptedStream::new()));
    assert_eq!(late.snapshot().count(DURATION, &[]), 1);
}

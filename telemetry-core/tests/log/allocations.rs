//! What a line costs in memory.

use std::io;

use allocation_counter::measure;
use telemetry_core::log::TraceIds;
use telemetry_core::opentelemetry::Context;
use telemetry_core::opentelemetry::trace::{TraceContextExt, Tracer};
use tracing::info;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;

use crate::Traces;

#[test]
fn a_line_costs_no_allocation_and_a_long_one_is_not_kept() {
    let context = Context::new().with_span(Traces::new().tracer().start("checkout"));
    let layer = TraceIds::text(fmt::layer().without_time().with_writer(io::sink));
    tracing::subscriber::with_default(registry().with(layer), || {
        let long = "long ".repeat(100_000);
        // The formatting layer keeps its own buffer.
        info!("{long}");
        let _guard = context.attach();
        info!("short");
        assert_eq!(measure(|| info!("short")).count_total, 0);
        let kept = measure(|| info!("{long}")).bytes_current;
        assert!((0..=16 * 1024).contains(&kept), "{kept}");
    });
}

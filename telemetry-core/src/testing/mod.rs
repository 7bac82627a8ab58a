//! A test kit: metrics and spans in memory, bodies and streams that follow a script, futures polled by hand.
//!
//! Nothing here needs a global: two tests in one process never see each other's data.
//!
//! ```
//! use telemetry_core::MeterOptions;
//! use telemetry_core::opentelemetry::KeyValue;
//! use telemetry_core::testing::InMemoryMetrics;
//!
//! let metrics = InMemoryMetrics::new();
//! let counter = metrics.meter("shop").u64_counter("visits").build();
//! counter.add(2, &[KeyValue::new("door", "front")]);
//!
//! assert_eq!(metrics.snapshot().sum("visits", &[("door", "front")]), 2.0);
//! ```

mod body;
mod metrics;
mod poll;
mod spans;
mod stream;

pub use body::ScriptedBody;
pub use metrics::{InMemoryMetrics, Point, Snapshot, Value};
pub use poll::poll_once;
pub use spans::{FinishedSpan, InMemorySpans};
pub use stream::ScriptedStream;

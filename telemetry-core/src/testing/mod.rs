//! A test kit: metrics, spans and logs in memory, bodies and streams that follow a script, futures polled by hand.
//!
//! Nothing here needs a global: two tests in one process never see each other's data. [`TestTelemetry`] has all three
//! signals of one test, each of the others has one.
//!
//! ```
//! use telemetry_core::MeterOptions;
//! use telemetry_core::testing::TestTelemetry;
//!
//! let telemetry = TestTelemetry::new();
//! // What any layer of these crates takes, and a library of one's own can:
//! let options = MeterOptions::default().with_meter_provider(telemetry.meter_provider());
//! let meter = options.meter("shop", "1.0.0");
//! # let _ = meter;
//!
//! assert!(telemetry.metrics().snapshot().names().is_empty());
//! assert!(telemetry.spans().finished().is_empty() && telemetry.logs().emitted().is_empty());
//! ```

mod body;
mod find;
mod logs;
mod metrics;
mod poll;
mod spans;
mod stream;
mod telemetry;

pub use body::ScriptedBody;
pub use logs::{EmittedLog, InMemoryLogs};
pub use metrics::{InMemoryMetrics, Point, Snapshot, Value};
pub use poll::poll_once;
pub use spans::{FinishedSpan, InMemorySpans};
pub use stream::ScriptedStream;
pub use telemetry::TestTelemetry;

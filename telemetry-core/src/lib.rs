//! What the telemetry crates share: names, meters, guards and setup.
//!
//! Most services meet this crate through its siblings: `telemetry-http` measures requests, `telemetry-net`
//! measures connections, `telemetry-prometheus` serves the result. Here is what all of them stand on:
//!
//! | module | what it holds |
//! |---|---|
//! | [`semconv`] | the OpenTelemetry names that the crates use, with units and bucket bounds |
//! | [`meter`] | [`MeterOptions`]: which meter to use, which prefix and which attributes to add |
//! | [`attributes`] | [`AttributesFactory`]: the caller's own attributes |
//! | [`connection`] | [`ConnectionInfo`]: what a request may know about its connection |
//! | [`bound`] | the fast path of the layers: bounded tables, bound instruments, records that wait for a collection |
//! | [`active`] | [`ActiveGuard`]: plus one now, minus one when dropped |
//! | [`error_type`] | [`ErrorType`]: the closed set of values of `error.type` |
//! | [`exemplar`] | [`ExemplarStore`](exemplar::ExemplarStore): measurements that lead from a metric to its traces |
//! | `propagation` | `Propagator`: context that travels in HTTP headers (feature `trace`) |
//! | `log` | `TraceIds`: the ids of trace and span on every line of the log (feature `log`) |
//! | `runtime` | `RuntimeMetrics`: workers, tasks and load of a Tokio runtime (feature `runtime`) |
//! | `setup` | `Telemetry`: traces, metrics and logs in one call, by code and by the standard variables (feature `sdk`) |
//! | `tracer` | `TracerSource`: which tracer provider a layer uses (feature `trace`) |
//! | `testing` | in-memory metrics, spans and logs, scripted bodies and streams (feature `testing`) |
//!
//! [`opentelemetry`] is re-exported, and with feature `sdk` so is `opentelemetry_sdk`: an application that uses
//! these paths cannot end up with two versions of either.
//!
//! # Features
//!
//! Without features the crate uses the OpenTelemetry API alone. `sdk` adds the SDK and `Telemetry`; `testing`
//! adds the test kit, and the SDK with it. `bound` speeds up the [`bound`](mod@bound) path. `trace` lets an [`exemplar`] take up the
//! current span, and adds `propagation` and `tracer`.
//! `log` puts the ids of trace and span on the lines of the log, `subscriber` lets `Telemetry` install such a log, `otlp` adds
//! the export by OTLP, and `subscriber` with it. `runtime` measures a Tokio runtime.

pub mod active;
pub mod attributes;
pub mod bound;
pub mod connection;
pub mod error_type;
pub mod exemplar;
#[cfg(feature = "log")]
pub mod log;
pub mod meter;
#[cfg(feature = "otlp")]
mod otlp;
#[cfg(feature = "trace")]
pub mod propagation;
#[cfg(feature = "sdk")]
mod resource;
#[cfg(feature = "runtime")]
pub mod runtime;
pub mod semconv;
#[cfg(feature = "sdk")]
mod settings;
#[cfg(feature = "sdk")]
pub mod setup;
#[cfg(feature = "sdk")]
mod signal;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(feature = "trace")]
pub mod tracer;

pub use active::ActiveGuard;
pub use attributes::AttributesFactory;
pub use connection::{Address, ConnectionInfo, ConnectionParts, TlsInfo, Transport};
pub use error_type::ErrorType;
pub use meter::{MeterOptions, MeterSource, ScopedMeter};
#[cfg(feature = "otlp")]
pub use otlp::OtlpProtocol;
#[cfg(feature = "sdk")]
pub use setup::{Telemetry, TelemetryBuilder};

pub use opentelemetry;
#[cfg(feature = "sdk")]
pub use opentelemetry_sdk;

//! Names of the OpenTelemetry semantic conventions that these crates use, and nobody writes twice.
//!
//! Source: the semantic conventions 1.44.0, which are also what [`SCHEMA_URL`] tells a backend. A test holds every
//! name against the official crate `opentelemetry-semantic-conventions`. One name is newer than 1.44.0, and says so:
//! [`attribute::RPC_STATUS_CODE`]. Our own are the `transport.*` metrics, as no convention for an application's
//! connections exists, [`metric::HTTP_SERVER_RESPONSE_HEAD_DURATION`], and what begins with `tokio.`, formed like the
//! conventions' names for the runtimes of other languages.

pub mod attribute;
pub mod metric;
pub mod otel_sdk;
pub mod resource;
mod table;

pub use metric::{Instrument, Metric, MetricAttribute, Presence, Stability, Switch};
pub use table::METRICS;

/// The version of the conventions that the names follow.
pub const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.44.0";

#[cfg(test)]
mod tests;

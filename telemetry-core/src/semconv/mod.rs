//! Names of the OpenTelemetry semantic conventions that these crates use, and nobody writes twice.
//!
//! Source: the semantic conventions 1.44.0, which are also what [`SCHEMA_URL`] tells a backend. A test holds every
//! name against the official crate `opentelemetry-semantic-conventions`. The `transport.*` metrics are our own: no
//! convention for an application's connections exists.

pub mod attribute;
pub mod metric;

pub use metric::{Instrument, Metric};

/// The version of the conventions that the names follow.
pub const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.44.0";

#[cfg(test)]
mod tests;

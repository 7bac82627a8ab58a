//! Labels: their names, and the text of their values.

mod name;
mod value;

use telemetry_core::opentelemetry::Value;

pub(crate) use name::label_name;
pub(crate) use value::{Attribute, AttributeValue, push_value};

/// A label that all series of a scope share, with the key that it would have as an attribute.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FixedLabel {
    pub(crate) key: String,
    pub(crate) value: String,
}

impl FixedLabel {
    pub(crate) fn new(key: impl Into<String>, value: &Value) -> Self {
        let mut text = String::new();
        push_value(&mut text, value);
        Self { key: key.into(), value: text }
    }
}

/// How the keys of a series were written, which decides how far they are translated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    OpenTelemetry,
    /// Labels that were meant for Prometheus from the start stay as they are, if they are legal.
    Prometheus,
}

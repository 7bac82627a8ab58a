//! What a receiver has got besides spans: records of the log, points of metrics, and the resources of all three.

use std::collections::BTreeMap;

use anyhow::Result;

use super::{lines, listing};
use crate::integration::spans::receiver::Program;
use crate::integration::spans::span::Value;

pub(super) type Attributes = BTreeMap<String, Value>;

/// In the order in which it came.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Received {
    /// With the signal that each came with. Not every receiver shows them.
    pub(super) resources: Vec<(Signal, Attributes)>,
    pub(super) records: Vec<Record>,
    pub(super) points: Vec<Point>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Signal {
    Traces,
    Metrics,
    Logs,
}

/// A line of the log.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Record {
    pub(super) body: String,
    pub(super) severity: String,
    pub(super) trace: String,
    pub(super) span: String,
    pub(super) attributes: Attributes,
}

/// A series of a metric at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Point {
    pub(super) metric: String,
    pub(super) attributes: Attributes,
    /// Of a histogram, the count.
    pub(super) value: f64,
    /// Of a histogram.
    pub(super) sum: Option<f64>,
}

impl Received {
    pub(super) fn read(program: &Program, said: &str) -> Result<Self> {
        match program {
            Program::Lines(_) => lines::read(said),
            Program::Rotel(_) => listing::read(said),
        }
    }
}

/// The text of a value, whatever it is.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) | Value::Other(text) => text.clone(),
        Value::Int(number) => number.to_string(),
    }
}

//! Exemplars, ready to be written.

use std::fmt::Write;
use std::time::SystemTime;

use telemetry_core::exemplar::{Exemplar, ExemplarReservoir};
use telemetry_core::opentelemetry::{SpanId, TraceId};

use super::Setting;
use crate::label::{AttributeValue, Origin, label_name};

/// So many characters may all names and values of an exemplar's labels have together.
const CHARACTER_LIMIT: usize = 128;

const TRACE_ID: &str = "trace_id";
const SPAN_ID: &str = "span_id";

/// An exemplar with the labels that it has for Prometheus.
#[derive(Debug)]
pub(crate) struct ReadyExemplar {
    pub(crate) value: f64,
    pub(crate) time: SystemTime,
    /// Names and values of the labels in turn, back to back.
    texts: String,
    ends: Vec<usize>,
}

impl ReadyExemplar {
    /// Name and value of each label: the trace first, then attributes by name.
    pub(crate) fn labels(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut start = 0;
        self.ends.chunks_exact(2).map(move |ends| {
            let label = (&self.texts[start..ends[0]], &self.texts[ends[0]..ends[1]]);
            start = ends[1];
            label
        })
    }

    fn refill(&mut self, exemplar: &Exemplar, setting: Setting<'_>) {
        self.value = exemplar.value();
        self.time = exemplar.time();
        self.texts.clear();
        self.ends.clear();
        if exemplar.trace_id() != TraceId::INVALID && exemplar.span_id() != SpanId::INVALID {
            self.push(TRACE_ID, |text| write!(text, "{:032x}", u128::from_be_bytes(exemplar.trace_id().to_bytes())));
            self.push(SPAN_ID, |text| write!(text, "{:016x}", u64::from_be_bytes(exemplar.span_id().to_bytes())));
        }
        if !exemplar.filtered_attributes().is_empty() {
            self.push_attributes(exemplar, setting);
        }
    }

    fn push(&mut self, name: &str, value: impl FnOnce(&mut String) -> std::fmt::Result) {
        self.texts.push_str(name);
        self.ends.push(self.texts.len());
        // Writing to a string cannot fail.
        let _ = value(&mut self.texts);
        self.ends.push(self.texts.len());
    }

    /// Adds attributes in the order of their names for as long as they fit. One that does not fit is left out, and so is
    /// one that would pass for the trace or for another attribute.
    fn push_attributes(&mut self, exemplar: &Exemplar, setting: Setting<'_>) {
        let strategy = setting.options.translation_strategy;
        let escaping = setting.exposition.escaping();
        let attributes = exemplar.filtered_attributes().iter();
        let is_id = |name: &str| name == TRACE_ID || name == SPAN_ID;
        // By their key too: a scraper that undoes the escaping would see the id twice.
        let attributes = attributes.filter(|attribute| !is_id(attribute.key.as_str()));
        let mut labels: Vec<(String, String)> = attributes
            .map(|attribute| {
                let (name, _) = label_name(attribute.key.as_str(), Origin::OpenTelemetry, None, strategy, escaping);
                let mut value = String::new();
                AttributeValue::from(&attribute.value).push_to(&mut value);
                (name, value)
            })
            .collect();
        labels.sort();
        labels.dedup_by(|later, first| later.0 == first.0);

        let mut characters = self.texts.chars().count();
        for (name, value) in labels {
            let wanted = name.chars().count() + value.chars().count();
            if characters + wanted <= CHARACTER_LIMIT && !is_id(&name) {
                characters += wanted;
                self.push(&name, |text| text.write_str(&value));
            }
        }
    }
}

/// Reads exemplars into memory that is used again and again.
#[derive(Debug, Default)]
pub(super) struct Exemplars {
    ready: Vec<ReadyExemplar>,
}

impl Exemplars {
    /// The exemplars in a reservoir.
    pub(super) fn of(&mut self, reservoir: Option<&ExemplarReservoir>, setting: Setting<'_>) -> &[ReadyExemplar] {
        let mut count = 0;
        if let Some(reservoir) = reservoir {
            reservoir.visit(|exemplar| {
                if self.ready.len() == count {
                    let (value, time) = (exemplar.value(), exemplar.time());
                    self.ready.push(ReadyExemplar { value, time, texts: String::new(), ends: Vec::new() });
                }
                self.ready[count].refill(exemplar, setting);
                count += 1;
            });
        }
        &self.ready[..count]
    }
}

//! The series of one source: what their labels were made from, to know when they can be used again.

use std::ops::Range;

use telemetry_core::opentelemetry::Value;

use super::Setting;
use super::head::Head;
use super::layout::Layout;
use crate::collected::Source;
use crate::encode::Encoder;
use crate::label::{Attribute, AttributeValue, FixedLabel, Origin};

/// More kinds of label sets than this are not kept for the next time.
const MANY_LAYOUTS: usize = 64;

/// One source of a family's series.
#[derive(Debug)]
pub(super) struct Part {
    /// The position of the source in the collection.
    source: usize,
    fixed_labels: Vec<FixedLabel>,
    origin: Origin,
    layouts: Vec<Layout>,
    /// The layout of each point, by its place in `layouts`.
    points: Vec<usize>,
    values: Values,
}

impl Part {
    pub(super) fn new(source: usize, fixed_labels: Vec<FixedLabel>, origin: Origin) -> Self {
        Self { source, fixed_labels, origin, layouts: Vec::new(), points: Vec::new(), values: Values::default() }
    }

    pub(super) fn source(&self) -> usize {
        self.source
    }

    /// Whether the source has the same attributes as when the labels were rendered, in the same order.
    ///
    /// The SDK gives the points of a synchronous instrument in one order always, with new ones at the end.
    pub(super) fn is_current(&mut self, sources: &[Source<'_>]) -> bool {
        let points = sources[self.source].points();
        if points.len() != self.points.len() {
            return false;
        }
        let mut layouts = self.points.iter();
        let mut values = self.values.reader();
        points.all_attributes(&mut |attributes| {
            layouts.next().is_some_and(|layout| self.layouts[*layout].has_keys_of(attributes))
                && attributes.iter().all(|attribute| values.next_is(attribute.value))
        })
    }

    /// Appends the labels of each point to `labels` and tells their place there.
    pub(super) fn render<E: Encoder>(
        &mut self,
        sources: &[Source<'_>],
        head: &Head,
        setting: Setting<'_>,
        labels: &mut Vec<u8>,
        mut line: impl FnMut(usize, Range<usize>),
    ) {
        self.points.clear();
        self.values.clear();
        // A callback may make up other keys each time.
        if self.layouts.len() > MANY_LAYOUTS {
            self.layouts.clear();
        }
        let mut value = String::new();
        let mut layout = 0;
        sources[self.source].points().all_attributes(&mut |attributes| {
            // Neighbouring points nearly always have the same keys.
            if !self.layouts.get(layout).is_some_and(|layout| layout.has_keys_of(attributes)) {
                layout = self.layout(head, attributes, setting);
            }
            let start = labels.len();
            self.layouts[layout].render::<E>(attributes, &mut value, labels);
            line(self.points.len(), start..labels.len());
            self.points.push(layout);
            attributes.iter().for_each(|attribute| self.values.push(attribute.value));
            true
        });
    }

    /// The place of the layout for these attributes, which is made if there is none.
    fn layout(&mut self, head: &Head, attributes: &[Attribute<'_>], setting: Setting<'_>) -> usize {
        let known = self.layouts.iter().position(|layout| layout.has_keys_of(attributes));
        known.unwrap_or_else(|| {
            self.layouts.push(Layout::new(head, &self.fixed_labels, self.origin, attributes, setting));
            self.layouts.len() - 1
        })
    }
}

/// Attribute values, one after the other.
#[derive(Debug, Default)]
struct Values {
    values: Vec<KnownValue>,
    /// All texts, back to back.
    texts: String,
    scratch: String,
}

#[derive(Debug)]
enum KnownValue {
    /// A text that ends here in the common memory.
    Text(usize),
    Bool(bool),
    I64(i64),
    F64(u64),
    /// The text of a value of any other type.
    Rendered(usize),
}

impl Values {
    fn clear(&mut self) {
        self.values.clear();
        self.texts.clear();
    }

    fn push(&mut self, value: AttributeValue<'_>) {
        let known = match value {
            AttributeValue::Text(text) => {
                self.texts.push_str(text);
                KnownValue::Text(self.texts.len())
            }
            AttributeValue::Other(Value::Bool(value)) => KnownValue::Bool(*value),
            AttributeValue::Other(Value::I64(value)) => KnownValue::I64(*value),
            AttributeValue::Other(Value::F64(value)) => KnownValue::F64(value.to_bits()),
            AttributeValue::Other(_) => {
                value.push_to(&mut self.texts);
                KnownValue::Rendered(self.texts.len())
            }
        };
        self.values.push(known);
    }

    fn reader(&mut self) -> ValueReader<'_> {
        ValueReader { values: self.values.iter(), texts: &self.texts, start: 0, scratch: &mut self.scratch }
    }
}

struct ValueReader<'v> {
    values: std::slice::Iter<'v, KnownValue>,
    texts: &'v str,
    start: usize,
    scratch: &'v mut String,
}

impl<'v> ValueReader<'v> {
    fn next_is(&mut self, value: AttributeValue<'_>) -> bool {
        match (self.values.next(), value) {
            (Some(KnownValue::Text(end)), AttributeValue::Text(text)) => self.text_until(*end) == text,
            (Some(KnownValue::Bool(known)), AttributeValue::Other(Value::Bool(value))) => known == value,
            (Some(KnownValue::I64(known)), AttributeValue::Other(Value::I64(value))) => known == value,
            (Some(KnownValue::F64(known)), AttributeValue::Other(Value::F64(value))) => *known == value.to_bits(),
            (Some(KnownValue::Rendered(end)), AttributeValue::Other(_)) => {
                let known = self.text_until(*end);
                self.scratch.clear();
                value.push_to(self.scratch);
                known == self.scratch
            }
            _ => false,
        }
    }

    fn text_until(&mut self, end: usize) -> &'v str {
        let text = &self.texts[self.start..end];
        self.start = end;
        text
    }
}

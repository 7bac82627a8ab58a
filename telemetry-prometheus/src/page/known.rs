//! The attributes that labels were rendered from, to know when the labels can be used again.

use telemetry_core::opentelemetry::{Key, Value};

use super::layout::Layout;
use crate::label::{Attribute, AttributeValue};

/// The key of an attribute.
#[derive(Debug)]
pub(super) struct KnownKey(Key);

impl KnownKey {
    pub(super) fn new(attribute: &Attribute<'_>) -> Self {
        Self(attribute.origin.cloned().unwrap_or_else(|| Key::new(attribute.key.to_owned())))
    }

    /// The clone of a static or shared key is in the same place. As that is alive, whatever is in this place is the key.
    pub(super) fn is(&self, key: &str) -> bool {
        std::ptr::eq(self.0.as_str(), key) || self.0.as_str() == key
    }
}

/// The values of all attributes of a source, one after the other.
#[derive(Debug, Default)]
pub(super) struct KnownValues {
    values: Vec<KnownValue>,
    /// All texts, back to back.
    texts: Vec<u8>,
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

impl KnownValues {
    pub(super) fn clear(&mut self) {
        self.values.clear();
        self.texts.clear();
    }

    pub(super) fn push(&mut self, value: AttributeValue<'_>) {
        let known = match value {
            AttributeValue::Text(text) => {
                self.texts.extend(text.as_bytes());
                KnownValue::Text(self.texts.len())
            }
            AttributeValue::Other(Value::Bool(value)) => KnownValue::Bool(*value),
            AttributeValue::Other(Value::I64(value)) => KnownValue::I64(*value),
            AttributeValue::Other(Value::F64(value)) => KnownValue::F64(value.to_bits()),
            AttributeValue::Other(_) => {
                self.scratch.clear();
                value.push_to(&mut self.scratch);
                self.texts.extend(self.scratch.as_bytes());
                KnownValue::Rendered(self.texts.len())
            }
        };
        self.values.push(known);
    }

    /// Gives up memory that is too large for what is known.
    pub(super) fn shrink(&mut self) {
        if self.values.capacity() > super::MUCH.max(self.values.len() + self.values.len() / 4) {
            self.values.shrink_to_fit();
            self.texts.shrink_to_fit();
            self.scratch = String::new();
        }
    }

    /// Reads from the first point on, whose layout is `layouts[points[0]]`.
    pub(super) fn reader<'k>(&'k mut self, points: &'k [usize], layouts: &'k [Layout]) -> KnownAttributes<'k> {
        let Self { values, texts, scratch } = self;
        KnownAttributes { points: points.iter(), layouts, values: values.iter(), texts, text_start: 0, scratch }
    }
}

/// The attributes of one point after the other.
pub(crate) struct KnownAttributes<'k> {
    points: std::slice::Iter<'k, usize>,
    layouts: &'k [Layout],
    values: std::slice::Iter<'k, KnownValue>,
    texts: &'k [u8],
    text_start: usize,
    scratch: &'k mut String,
}

impl<'k> KnownAttributes<'k> {
    /// Whether the next point has these attributes. After a no, there is no next one.
    pub(crate) fn next_are<'a>(&mut self, mut attributes: impl Iterator<Item = Attribute<'a>>) -> bool {
        let Some(layout) = self.points.next() else {
            return false;
        };
        let keys = self.layouts[*layout].keys();
        keys.iter().all(|key| {
            attributes.next().is_some_and(|attribute| key.is(attribute.key) && self.next_is(attribute.value))
        }) && attributes.next().is_none()
    }

    fn next_is(&mut self, value: AttributeValue<'_>) -> bool {
        match (self.values.next(), value) {
            (Some(KnownValue::Text(end)), AttributeValue::Text(text)) => self.text_until(*end) == text.as_bytes(),
            (Some(KnownValue::Bool(known)), AttributeValue::Other(Value::Bool(value))) => known == value,
            (Some(KnownValue::I64(known)), AttributeValue::Other(Value::I64(value))) => known == value,
            (Some(KnownValue::F64(known)), AttributeValue::Other(Value::F64(value))) => *known == value.to_bits(),
            (Some(KnownValue::Rendered(end)), AttributeValue::Other(_)) => {
                let known = self.text_until(*end);
                self.scratch.clear();
                value.push_to(self.scratch);
                known == self.scratch.as_bytes()
            }
            _ => false,
        }
    }

    fn text_until(&mut self, end: usize) -> &'k [u8] {
        let text = &self.texts[self.text_start..end];
        self.text_start = end;
        text
    }
}

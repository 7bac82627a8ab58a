//! What makes a series the one that it is.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};

use opentelemetry::{Array, InstrumentationScope, KeyValue, Value};

use super::attributes;

/// A series by its scope, the name of its metric and the set of its attributes; borrowed to look one up.
#[derive(PartialEq, Eq, Hash)]
pub(super) struct Series<'a> {
    scope: Cow<'a, str>,
    version: Option<Cow<'a, str>>,
    schema_url: Option<Cow<'a, str>>,
    scope_attributes: Vec<Attribute<'a>>,
    metric: Cow<'a, str>,
    attributes: Vec<Attribute<'a>>,
}

impl<'a> Series<'a> {
    pub(super) fn new(
        scope: &'a InstrumentationScope,
        metric: &'a str,
        attributes: impl IntoIterator<Item = &'a KeyValue>,
    ) -> Self {
        Self {
            scope: scope.name().into(),
            version: scope.version().map(Cow::from),
            schema_url: scope.schema_url().map(Cow::from),
            scope_attributes: borrowed(scope.attributes()),
            metric: metric.into(),
            attributes: borrowed(attributes),
        }
    }

    /// The same for instrumentation that was given a meter, and so does not know its scope: the empty one.
    pub(super) fn of_unknown_scope(self) -> Self {
        Self { scope: Cow::Borrowed(""), version: None, schema_url: None, scope_attributes: Vec::new(), ..self }
    }

    pub(super) fn into_owned(self) -> Series<'static> {
        let text = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        Series {
            scope: text(self.scope),
            version: self.version.map(text),
            schema_url: self.schema_url.map(text),
            scope_attributes: owned(self.scope_attributes),
            metric: text(self.metric),
            attributes: owned(self.attributes),
        }
    }
}

fn borrowed<'a>(attributes: impl IntoIterator<Item = &'a KeyValue>) -> Vec<Attribute<'a>> {
    attributes::set(attributes).into_iter().map(|attribute| Attribute(Cow::Borrowed(attribute))).collect()
}

fn owned(attributes: Vec<Attribute<'_>>) -> Vec<Attribute<'static>> {
    attributes.into_iter().map(|attribute| Attribute(Cow::Owned(attribute.0.into_owned()))).collect()
}

/// An attribute of which numbers are compared by their bits: what is not a number equals itself here.
struct Attribute<'a>(Cow<'a, KeyValue>);

impl PartialEq for Attribute<'_> {
    fn eq(&self, other: &Self) -> bool {
        let is_same = |(a, b): (&f64, &f64)| a.to_bits() == b.to_bits();
        self.0.key == other.0.key
            && match (&self.0.value, &other.0.value) {
                (Value::F64(a), Value::F64(b)) => is_same((a, b)),
                (Value::Array(Array::F64(a)), Value::Array(Array::F64(b))) => {
                    a.len() == b.len() && a.iter().zip(b).all(is_same)
                }
                (a, b) => a == b,
            }
    }
}

impl Eq for Attribute<'_> {}

impl Hash for Attribute<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // This hashes numbers by their bits as well.
        self.0.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_are_compared_to_their_end() {
        // Apart from the map, where different hashes hide this.
        let array =
            |values: &[f64]| Attribute(Cow::Owned(KeyValue::new("k", Value::Array(Array::F64(values.to_vec())))));
        assert!(array(&[0.5, f64::NAN]) == array(&[0.5, f64::NAN]));
        assert!(array(&[0.5]) != array(&[0.5, 1.0]));
        assert!(array(&[0.5]) != array(&[]));
    }
}

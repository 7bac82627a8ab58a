//! The text of label values.

use std::fmt::Write;
use std::hash::{Hash, Hasher};
use std::mem::discriminant;

use telemetry_core::opentelemetry::{Array, Key, Value};

/// An attribute of a series before its translation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attribute<'a> {
    pub(crate) key: &'a str,
    /// The key as the SDK has it, if it is one of the SDK's.
    pub(crate) origin: Option<&'a Key>,
    pub(crate) value: AttributeValue<'a>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum AttributeValue<'a> {
    Text(&'a str),
    /// Any value that is not text already.
    Other(&'a Value),
}

impl<'a> From<&'a Value> for AttributeValue<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::String(text) => Self::Text(text.as_str()),
            other => Self::Other(other),
        }
    }
}

impl Hash for AttributeValue<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Text(text) => text.hash(state),
            Self::Other(value) => {
                discriminant(*value).hash(state);
                let mut text = String::new();
                push_value(&mut text, value);
                text.hash(state);
            }
        }
    }
}

impl AttributeValue<'_> {
    pub(crate) fn push_to(self, out: &mut String) {
        match self {
            Self::Text(text) => out.push_str(text),
            Self::Other(value) => push_value(out, value),
        }
    }
}

/// Writes a value in the text form that OpenTelemetry gives to protocols other than its own.
pub(crate) fn push_value(out: &mut String, value: &Value) {
    match value {
        Value::String(text) => out.push_str(text.as_str()),
        Value::Bool(value) => push_bool(out, *value),
        Value::I64(value) => push_integer(out, *value),
        Value::F64(value) => push_json_float(out, *value),
        Value::Array(Array::Bool(values)) => push_array(out, values, |out, v| push_bool(out, *v)),
        Value::Array(Array::I64(values)) => push_array(out, values, |out, v| push_integer(out, *v)),
        Value::Array(Array::F64(values)) => push_array(out, values, |out, v| {
            // JSON has no number for these.
            let quote = if v.is_finite() { "" } else { "\"" };
            out.push_str(quote);
            push_json_float(out, *v);
            out.push_str(quote);
        }),
        Value::Array(Array::String(values)) => {
            push_array(out, values, |out, v| push_json_string(out, v.as_str()));
        }
        // Kinds of values that the API does not have yet.
        other => out.push_str(&other.as_str()),
    }
}

fn push_bool(out: &mut String, value: bool) {
    out.push_str(if value { "true" } else { "false" });
}

fn push_integer(out: &mut String, value: i64) {
    out.push_str(itoa::Buffer::new().format(value));
}

fn push_json_float(out: &mut String, value: f64) {
    if value.is_nan() {
        out.push_str("NaN");
    } else if value.is_infinite() {
        out.push_str(if value > 0.0 { "Infinity" } else { "-Infinity" });
    } else if value != 0.0 && !(1e-6..1e21).contains(&value.abs()) {
        // Writing to a string cannot fail.
        let _ = write!(out, "{value:e}");
    } else {
        let _ = write!(out, "{value}");
    }
}

fn push_array<T>(out: &mut String, values: &[T], push: impl Fn(&mut String, &T)) {
    out.push('[');
    for (i, value) in values.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        push(out, value);
    }
    out.push(']');
}

fn push_json_string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use telemetry_core::opentelemetry::StringValue;

    use super::*;

    fn value_text(value: &Value) -> String {
        let mut text = String::new();
        AttributeValue::from(value).push_to(&mut text);
        text
    }

    #[test]
    fn px96_values_have_the_text_form_of_other_protocols() {
        let strings: Vec<StringValue> = vec!["a\"b\\".into(), "NaN".into(), "l\n\u{1}\t\r".into()];
        for (value, expected) in [
            (Value::from(""), ""),
            (Value::from("text \"quoted\""), "text \"quoted\""),
            (Value::from(true), "true"),
            (Value::from(-5_i64), "-5"),
            (Value::from(i64::MAX), "9223372036854775807"),
            (Value::from(1.5), "1.5"),
            (Value::from(3.0), "3"),
            (Value::from(1e20), "100000000000000000000"),
            (Value::from(1e21), "1e21"),
            (Value::from(1e-7), "1e-7"),
            (Value::from(0.0), "0"),
            (Value::from(f64::NAN), "NaN"),
            (Value::from(f64::INFINITY), "Infinity"),
            (Value::from(f64::NEG_INFINITY), "-Infinity"),
            (Value::Array(Array::Bool(vec![true, false])), "[true,false]"),
            (Value::Array(Array::I64(vec![])), "[]"),
            (Value::Array(Array::I64(vec![1, -2])), "[1,-2]"),
            (Value::Array(Array::F64(vec![1.5, f64::NAN, f64::INFINITY])), "[1.5,\"NaN\",\"Infinity\"]"),
            (Value::Array(Array::String(strings)), "[\"a\\\"b\\\\\",\"NaN\",\"l\\n\\u0001\\t\\r\"]"),
        ] {
            assert_eq!(value_text(&value), expected);
        }
    }
}

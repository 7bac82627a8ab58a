//! Label names and the text of label values.

use std::fmt::Write;

use telemetry_core::opentelemetry::{Array, Value};

/// An attribute of a series before its translation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attribute<'a> {
    pub(crate) key: &'a str,
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

impl AttributeValue<'_> {
    pub(crate) fn push_to(self, out: &mut String) {
        match self {
            Self::Text(text) => out.push_str(text),
            Self::Other(value) => push_value(out, value),
        }
    }
}

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

/// The label name for an attribute's key.
///
/// `reserved` is the label that belongs to the family's type: an attribute of that name would corrupt the series.
/// The flag tells whether the name was in the way of Prometheus' own.
pub(crate) fn label_name(key: &str, origin: Origin, reserved: Option<&str>) -> (String, bool) {
    if key == "__name__" {
        return ("exported_name".to_owned(), true);
    }
    let name = match origin {
        Origin::Prometheus if is_legal(key) => key.to_owned(),
        _ => legal_name(key),
    };
    if reserved == Some(name.as_str()) {
        return (format!("exported_{name}"), true);
    }
    (name, false)
}

fn is_legal(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn legal_name(key: &str) -> String {
    let mut name = String::with_capacity(key.len() + 4);
    for c in key.chars() {
        if c.is_ascii_alphanumeric() {
            name.push(c);
        } else if !name.ends_with('_') {
            name.push('_');
        }
    }
    // Names with underscores in front are Prometheus' own, and a digit in front is illegal.
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        name.insert_str(0, "key_");
    } else if name.starts_with('_') {
        name.insert_str(0, "key");
    }
    name
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
    use super::*;
    use proptest::prelude::*;
    use telemetry_core::opentelemetry::StringValue;

    fn value_text(value: &Value) -> String {
        let mut text = String::new();
        AttributeValue::from(value).push_to(&mut text);
        text
    }

    fn name(key: &str) -> String {
        label_name(key, Origin::OpenTelemetry, None).0
    }

    #[test]
    fn px94_keys_become_legal_label_names() {
        for (key, expected) in [
            ("http.request.method", "http_request_method"),
            ("a:b", "a_b"),
            ("a.-_b", "a_b"),
            ("a.", "a_"),
            ("1st", "key_1st"),
            ("_private", "key_private"),
            ("__meta", "key_meta"),
            (".x", "key_x"),
            ("", "key_"),
            ("\u{e9}", "key_"),
            ("k\u{e9}y", "k_y"),
            ("otel.metric.overflow", "otel_metric_overflow"),
        ] {
            assert_eq!(name(key), expected);
        }
    }

    #[test]
    fn px94_labels_of_prometheus_stay_if_they_are_legal() {
        let name = |key| label_name(key, Origin::Prometheus, None).0;
        assert_eq!(name("a__b"), "a__b");
        assert_eq!(name("_a"), "_a");
        assert_eq!(name("a.b"), "a_b");
        assert_eq!(name("__name__"), "exported_name");
    }

    #[test]
    fn px97_names_that_belong_to_prometheus_are_moved_out_of_the_way() {
        let name = |key, reserved| label_name(key, Origin::OpenTelemetry, reserved);
        assert_eq!(name("le", Some("le")), ("exported_le".to_owned(), true));
        assert_eq!(name("le", None), ("le".to_owned(), false));
        assert_eq!(name("quantile", Some("quantile")).0, "exported_quantile");
        assert_eq!(name("__name__", None), ("exported_name".to_owned(), true));
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

    proptest! {
        #[test]
        fn px94_any_key_becomes_a_legal_label_name(key in any::<String>()) {
            let name = name(&key);
            prop_assert!(is_legal(&name));
            prop_assert!(!name.starts_with('_'));
            prop_assert!(!name.contains("__"));
        }
    }
}

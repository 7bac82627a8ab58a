//! Prometheus' protocol buffers as a reader sees them that knows the wire format and a table of fields, and insists on
//! both.

use std::fmt::Write;

use Kind::{Double, Int, Nested, Text, Uint, ZigZag};

/// How a field is read.
#[derive(Clone, Copy)]
enum Kind {
    Uint,
    Int,
    ZigZag,
    Double,
    Text,
    Nested(&'static Schema),
}

/// A message of the format: number, name and kind of each field, and whether it repeats.
struct Schema(&'static [(u64, &'static str, Kind, bool)]);

static FAMILY: Schema = Schema(&[
    (1, "name", Text, false),
    (2, "help", Text, false),
    (3, "type", Uint, false),
    (4, "metric", Nested(&METRIC), true),
    (5, "unit", Text, false),
]);
static METRIC: Schema = Schema(&[
    (1, "label", Nested(&LABEL), true),
    (2, "gauge", Nested(&GAUGE), false),
    (3, "counter", Nested(&COUNTER), false),
    (4, "summary", Nested(&SUMMARY), false),
    (5, "untyped", Nested(&GAUGE), false),
    (6, "timestamp_ms", Int, false),
    (7, "histogram", Nested(&HISTOGRAM), false),
]);
static LABEL: Schema = Schema(&[(1, "name", Text, false), (2, "value", Text, false)]);
static GAUGE: Schema = Schema(&[(1, "value", Double, false)]);
static COUNTER: Schema = Schema(&[
    (1, "value", Double, false),
    (2, "exemplar", Nested(&EXEMPLAR), false),
    (3, "start_timestamp", Nested(&TIMESTAMP), false),
]);
static SUMMARY: Schema = Schema(&[
    (1, "sample_count", Uint, false),
    (2, "sample_sum", Double, false),
    (3, "quantile", Nested(&QUANTILE), true),
    (4, "start_timestamp", Nested(&TIMESTAMP), false),
]);
static QUANTILE: Schema = Schema(&[(1, "quantile", Double, false), (2, "value", Double, false)]);
static HISTOGRAM: Schema = Schema(&[
    (1, "sample_count", Uint, false),
    (2, "sample_sum", Double, false),
    (3, "bucket", Nested(&BUCKET), true),
    (4, "sample_count_float", Double, false),
    (5, "schema", ZigZag, false),
    (6, "zero_threshold", Double, false),
    (7, "zero_count", Uint, false),
    (8, "zero_count_float", Double, false),
    (9, "negative_span", Nested(&SPAN), true),
    (10, "negative_delta", ZigZag, true),
    (11, "negative_count", Double, true),
    (12, "positive_span", Nested(&SPAN), true),
    (13, "positive_delta", ZigZag, true),
    (14, "positive_count", Double, true),
    (15, "start_timestamp", Nested(&TIMESTAMP), false),
    (16, "exemplars", Nested(&EXEMPLAR), true),
]);
static BUCKET: Schema = Schema(&[
    (1, "cumulative_count", Uint, false),
    (2, "upper_bound", Double, false),
    (3, "exemplar", Nested(&EXEMPLAR), false),
    (4, "cumulative_count_float", Double, false),
]);
static SPAN: Schema = Schema(&[(1, "offset", ZigZag, false), (2, "length", Uint, false)]);
static EXEMPLAR: Schema = Schema(&[
    (1, "label", Nested(&LABEL), true),
    (2, "value", Double, false),
    (3, "timestamp", Nested(&TIMESTAMP), false),
]);
static TIMESTAMP: Schema = Schema(&[(1, "seconds", Int, false), (2, "nanos", Int, false)]);

#[derive(Clone, Debug, PartialEq)]
enum Value {
    Uint(u64),
    Int(i64),
    Double(f64),
    Text(String),
    Nested(Message),
}

/// A message: its fields in the order in which they were sent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Message(Vec<(&'static str, Value)>);

impl Message {
    fn all<'m, T: 'm>(&'m self, name: &str, pick: impl Fn(&'m Value) -> Option<T>) -> Vec<T> {
        let fields = self.0.iter().filter(|(field, _)| *field == name);
        fields.map(|(_, value)| pick(value).unwrap_or_else(|| panic!("{name} is {value:?}"))).collect()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(field, _)| *field == name)
    }

    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.0.iter().map(|(name, _)| *name).collect()
    }

    pub(crate) fn uint(&self, name: &str) -> Option<u64> {
        self.all(name, |value| if let Value::Uint(value) = value { Some(*value) } else { None }).first().copied()
    }

    pub(crate) fn ints(&self, name: &str) -> Vec<i64> {
        self.all(name, |value| if let Value::Int(value) = value { Some(*value) } else { None })
    }

    pub(crate) fn double(&self, name: &str) -> Option<f64> {
        self.all(name, |value| if let Value::Double(value) = value { Some(*value) } else { None }).first().copied()
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.all(name, |value| if let Value::Text(value) = value { Some(value.as_str()) } else { None })
            .first()
            .copied()
    }

    pub(crate) fn nested(&self, name: &str) -> Vec<&Message> {
        self.all(name, |value| if let Value::Nested(value) = value { Some(value) } else { None })
    }

    pub(crate) fn only(&self, name: &str) -> &Message {
        let nested = self.nested(name);
        assert_eq!(nested.len(), 1, "{name} in {self:?}");
        nested[0]
    }

    /// Names and values of the labels.
    pub(crate) fn labels(&self) -> Vec<(&str, &str)> {
        self.nested("label").iter().map(|label| (label.text("name").unwrap(), label.text("value").unwrap())).collect()
    }
}

/// Reads families until the end: each with its length in front, and nothing else (PB-01).
pub(crate) fn families(mut bytes: &[u8]) -> Vec<Message> {
    let mut families = Vec::new();
    while !bytes.is_empty() {
        let before = bytes.len();
        let length = varint(&mut bytes) as usize;
        assert!(before - bytes.len() <= 5, "Prometheus reads no longer length");
        families.push(message(take(&mut bytes, length), &FAMILY));
    }
    families
}

fn message(mut bytes: &[u8], schema: &Schema) -> Message {
    let mut fields: Vec<(&'static str, Value)> = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let (number, wire_type) = (key >> 3, key & 7);
        let known = schema.0.iter().find(|(known, ..)| *known == number);
        let (_, name, kind, repeats) = known.unwrap_or_else(|| panic!("no field {number}"));
        assert!(*repeats || fields.iter().all(|(field, _)| field != name), "{name} twice");
        let value = match (kind, wire_type) {
            (Uint, 0) => Value::Uint(varint(&mut bytes)),
            (Int, 0) => Value::Int(varint(&mut bytes) as i64),
            (ZigZag, 0) => {
                let coded = varint(&mut bytes);
                Value::Int((coded >> 1) as i64 ^ -((coded & 1) as i64))
            }
            (Double, 1) => Value::Double(f64::from_le_bytes(take(&mut bytes, 8).try_into().unwrap())),
            (Text, 2) => {
                let length = varint(&mut bytes) as usize;
                Value::Text(String::from_utf8(take(&mut bytes, length).to_vec()).unwrap())
            }
            (Nested(schema), 2) => {
                let length = varint(&mut bytes) as usize;
                Value::Nested(message(take(&mut bytes, length), schema))
            }
            _ => panic!("{name} has wire type {wire_type}"),
        };
        fields.push((name, value));
    }
    Message(fields)
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..70).step_by(7) {
        let byte = take(bytes, 1)[0];
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return value;
        }
    }
    panic!("a varint of more than 10 bytes");
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (taken, rest) = bytes.split_at_checked(count).unwrap_or_else(|| panic!("{count} bytes are missing"));
    *bytes = rest;
    taken
}

/// The families as text that people can read. Start times, which differ from run to run, are masked.
pub(crate) fn dump(families: &[Message]) -> String {
    let mut out = String::new();
    for family in families {
        out.push_str("family {\n");
        push(&mut out, family, 1);
        out.push_str("}\n");
    }
    out
}

fn push(out: &mut String, message: &Message, depth: usize) {
    for (name, value) in &message.0 {
        out.push_str(&"  ".repeat(depth));
        out.push_str(name);
        match value {
            Value::Nested(_) if *name == "start_timestamp" => out.push_str(": masked"),
            Value::Nested(label) if *name == "label" => {
                let text = |field| label.text(field).unwrap();
                write!(out, ": {} = {:?}", text("name"), text("value")).unwrap();
            }
            Value::Nested(nested) => {
                out.push_str(" {\n");
                push(out, nested, depth + 1);
                write!(out, "{}}}", "  ".repeat(depth)).unwrap();
            }
            Value::Uint(value) => write!(out, ": {value}").unwrap(),
            Value::Int(value) => write!(out, ": {value}").unwrap(),
            Value::Double(value) => write!(out, ": {value:?}").unwrap(),
            Value::Text(value) => write!(out, ": {value:?}").unwrap(),
        }
        out.push('\n');
    }
}

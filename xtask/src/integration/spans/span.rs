//! A span as a receiver shows it.

use std::collections::BTreeMap;
use std::fmt;

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Span {
    pub(super) trace: String,
    pub(super) id: String,
    /// Empty in a root.
    pub(super) parent: String,
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) status: Status,
    /// Not every receiver shows it.
    pub(super) description: String,
    pub(super) attributes: BTreeMap<String, Value>,
    /// Nanoseconds since 1970.
    pub(super) start: u64,
    pub(super) end: u64,
    /// The flags of the W3C in the lowest byte, and two of OTLP above. Not every receiver shows them.
    pub(super) flags: Option<u32>,
    pub(super) state: Option<String>,
    /// The resource's `service.name`. Not every receiver shows it.
    pub(super) service: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Kind {
    Server,
    Client,
    #[default]
    Other,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Status {
    #[default]
    Unset,
    Ok,
    Error,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Text(String),
    Int(i64),
    /// As the receiver wrote it.
    Other(String),
}

impl Span {
    pub(super) fn text(&self, attribute: &str) -> Option<&str> {
        match self.attributes.get(attribute)? {
            Value::Text(text) => Some(text),
            Value::Int(_) | Value::Other(_) => None,
        }
    }

    /// The span's own flags of the W3C.
    pub(super) fn own_flags(&self) -> Option<u32> {
        self.flags.map(|flags| flags & 0xff)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { trace, id, parent, name, kind, status, attributes, .. } = self;
        let path = attributes.get("url.path").or_else(|| attributes.get("url.full"));
        write!(f, "{kind:?} `{name}` {id} of {parent:?} in {trace}, {status:?}, {path:?}")
    }
}

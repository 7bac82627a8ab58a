//! A span as a receiver shows it.

use std::collections::BTreeMap;
use std::fmt;

#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::integration) struct Span {
    pub(in crate::integration) trace: String,
    pub(in crate::integration) id: String,
    /// Empty in a root.
    pub(in crate::integration) parent: String,
    pub(in crate::integration) name: String,
    pub(in crate::integration) kind: Kind,
    pub(in crate::integration) status: Status,
    /// Not every receiver shows it.
    pub(in crate::integration) description: String,
    pub(in crate::integration) attributes: BTreeMap<String, Value>,
    /// Nanoseconds since 1970.
    pub(in crate::integration) start: u64,
    pub(in crate::integration) end: u64,
    /// The flags of the W3C in the lowest byte, and two of OTLP above. Not every receiver shows them.
    pub(in crate::integration) flags: Option<u32>,
    pub(in crate::integration) state: Option<String>,
    /// The resource's `service.name`. Not every receiver shows it.
    pub(in crate::integration) service: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::integration) enum Kind {
    Server,
    Client,
    #[default]
    Other,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::integration) enum Status {
    #[default]
    Unset,
    Ok,
    Error,
}

#[derive(Debug, Clone, PartialEq)]
pub(in crate::integration) enum Value {
    Text(String),
    Int(i64),
    /// As the receiver wrote it.
    Other(String),
}

impl Span {
    pub(in crate::integration) fn text(&self, attribute: &str) -> Option<&str> {
        match self.attributes.get(attribute)? {
            Value::Text(text) => Some(text),
            Value::Int(_) | Value::Other(_) => None,
        }
    }

    /// The span's own flags of the W3C.
    pub(in crate::integration) fn own_flags(&self) -> Option<u32> {
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

//! Headers that a span shows because somebody asked for them.

use std::sync::Arc;

use http::header::{HeaderMap, HeaderName, HeaderValue};
use telemetry_core::opentelemetry::{Array, Key, KeyValue, StringValue, Value};

use super::redact::REDACTED;
use super::value::bounded;

/// The headers to show, with the names of their attributes.
#[derive(Clone, Debug, Default)]
pub(super) struct ShownHeaders(Arc<[(HeaderName, Key)]>);

/// A header with more lines shows these.
const MOST_LINES: usize = 32;

impl ShownHeaders {
    /// `prefix` stands before the name of the header, which is in lowercase.
    pub(super) fn new(prefix: &str, names: impl IntoIterator<Item = HeaderName>) -> Self {
        let named = |name: HeaderName| {
            let key = Key::from(format!("{prefix}.{name}"));
            (name, key)
        };
        let mut shown: Vec<_> = names.into_iter().map(named).collect();
        shown.sort_by(|a, b| a.1.cmp(&b.1));
        shown.dedup();
        Self(shown.into())
    }

    pub(super) fn is_some(&self) -> bool {
        !self.0.is_empty()
    }

    /// One attribute for each header that is there, with one string for each of its lines. A value that is marked as
    /// sensitive is not shown.
    pub(super) fn visit(&self, headers: &HeaderMap, mut show: impl FnMut(KeyValue)) {
        for (name, key) in &*self.0 {
            let line = |line: &HeaderValue| match line.is_sensitive() {
                true => REDACTED.into(),
                false => StringValue::from(bounded(String::from_utf8_lossy(line.as_bytes())).into_owned()),
            };
            let lines: Vec<_> = headers.get_all(name).iter().take(MOST_LINES).map(line).collect();
            if !lines.is_empty() {
                show(KeyValue::new(key.clone(), Value::Array(Array::String(lines))));
            }
        }
    }
}

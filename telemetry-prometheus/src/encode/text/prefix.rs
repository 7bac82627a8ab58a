//! The beginnings of lines.

use bytes::BufMut;

use super::label::push_escaped;
use crate::escape::is_legal_metric_name;

/// Everything before the labels of a line, made once for all series of a family.
#[derive(Debug, Default)]
pub(super) struct Prefix {
    /// Up to the first label.
    with_labels: Vec<u8>,
    /// Up to the value.
    without_labels: Vec<u8>,
}

impl Prefix {
    /// A name that is not legal stands in quotes, among the labels.
    pub(super) fn set(&mut self, name: &str, suffix: &str) {
        let is_quoted = !is_legal_metric_name(name);
        let Self { with_labels, without_labels } = self;
        for (text, end) in
            [(with_labels, if is_quoted { "\"," } else { "{" }), (without_labels, if is_quoted { "\"} " } else { " " })]
        {
            text.clear();
            if is_quoted {
                text.put_slice(b"{\"");
            }
            push_escaped(text, name, true);
            text.put_slice(suffix.as_bytes());
            text.put_slice(end.as_bytes());
        }
    }

    /// Writes the line up to its value.
    pub(super) fn write(&self, out: &mut impl BufMut, labels: &[u8]) {
        if labels.is_empty() {
            out.put_slice(&self.without_labels);
        } else {
            out.put_slice(&self.with_labels);
            out.put_slice(labels);
            out.put_slice(b"} ");
        }
    }

    /// Writes the line up to the value of one more label, after the others.
    pub(super) fn write_open(&self, out: &mut impl BufMut, labels: &[u8], label: &str) {
        out.put_slice(&self.with_labels);
        out.put_slice(labels);
        if !labels.is_empty() {
            out.put_u8(b',');
        }
        out.put_slice(label.as_bytes());
        out.put_slice(b"=\"");
    }
}

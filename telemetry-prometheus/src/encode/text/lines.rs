//! Lines of text, built from parts that are rendered once.

use std::time::{Duration, SystemTime};

use bytes::{BufMut, Bytes, BytesMut};

use super::Dialect;
use super::bounds::Bounds;
use crate::encode::Series;
use crate::escape::{is_legal_label_name, is_legal_metric_name};
use crate::number::{Number, push_float, push_integer, push_seconds};
use crate::page::{Head, ReadyExemplar};

#[derive(Debug)]
pub(super) struct Lines {
    dialect: Dialect,
    out: BytesMut,
    last_size: usize,
    /// The name in the metadata, and before `_created`.
    name: Name,
    /// The name of the samples, or what it begins with.
    sample: Name,
    /// The part of a line up to a value that differs from line to line.
    start: Vec<u8>,
    timestamp_ms: i64,
    bounds: Bounds,
}

/// The name of a family, escaped if it has to stand in quotes.
#[derive(Debug, Default)]
struct Name {
    text: Vec<u8>,
    is_quoted: bool,
}

impl Name {
    fn set(&mut self, name: &str) {
        self.text.clear();
        self.is_quoted = !is_legal_metric_name(name);
        if self.is_quoted {
            push_escaped(&mut self.text, name, true);
        } else {
            self.text.put_slice(name.as_bytes());
        }
    }

    /// Writes the name, with `suffix`, and the labels. The set of labels is left open for another one.
    fn open(&self, out: &mut impl BufMut, suffix: &str, labels: &[u8]) {
        if self.is_quoted {
            out.put_slice(b"{\"");
        }
        out.put_slice(&self.text);
        out.put_slice(suffix.as_bytes());
        out.put_slice(match (self.is_quoted, labels.is_empty()) {
            (true, true) => b"\"",
            (true, false) => b"\",",
            (false, _) => b"{".as_slice(),
        });
        out.put_slice(labels);
    }
}

impl Lines {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            out: BytesMut::new(),
            last_size: 0,
            name: Name::default(),
            sample: Name::default(),
            start: Vec::new(),
            timestamp_ms: 0,
            bounds: Bounds::new(dialect),
        }
    }

    /// Begins a page, with room for one that is a little longer than the last.
    pub(super) fn start(&mut self) {
        self.out.clear();
        self.out.reserve(self.last_size + self.last_size / 16);
    }

    pub(super) fn push(&mut self, text: &[u8]) {
        self.out.put_slice(text);
    }

    pub(super) fn finish(&mut self) -> Bytes {
        self.last_size = self.out.len();
        self.out.split().freeze()
    }

    pub(super) fn begin(&mut self, head: &Head) {
        self.name.set(&head.name);
        self.sample.set(&head.sample);
    }

    /// A comment line, unless there is nothing to say.
    pub(super) fn metadata(&mut self, keyword: &str, text: &str) {
        if text.is_empty() {
            return;
        }
        let quote = if self.name.is_quoted { "\"" } else { "" };
        for part in ["# ", keyword, " ", quote] {
            self.out.put_slice(part.as_bytes());
        }
        self.out.put_slice(&self.name.text);
        self.out.put_slice(quote.as_bytes());
        self.out.put_u8(b' ');
        // Prometheus leaves the double quote alone here, OpenMetrics does not.
        push_escaped(&mut self.out, text, self.dialect != Dialect::Prometheus);
        self.out.put_u8(b'\n');
    }

    /// The one line of a series that has one value.
    pub(super) fn value(&mut self, series: &Series<'_>, value: Number, exemplar: Option<&ReadyExemplar>) {
        self.sample("", series, value, exemplar);
    }

    pub(super) fn sample(
        &mut self,
        suffix: &str,
        series: &Series<'_>,
        value: Number,
        exemplar: Option<&ReadyExemplar>,
    ) {
        if series.labels.is_empty() && !self.sample.is_quoted {
            self.out.put_slice(&self.sample.text);
            self.out.put_slice(suffix.as_bytes());
            self.out.put_u8(b' ');
        } else {
            self.sample.open(&mut self.out, suffix, series.labels);
            self.out.put_slice(b"} ");
        }
        value.push_to(&mut self.out);
        self.timestamp_ms = series.point.timestamp_ms;
        self.end_line(exemplar);
    }

    /// The line that tells when counting began.
    pub(super) fn created(&mut self, series: &Series<'_>, created: SystemTime) {
        if series.labels.is_empty() && !self.name.is_quoted {
            self.out.put_slice(&self.name.text);
            self.out.put_slice(b"_created ");
        } else {
            self.name.open(&mut self.out, "_created", series.labels);
            self.out.put_slice(b"} ");
        }
        push_seconds(&mut self.out, created);
        self.out.put_u8(b'\n');
    }

    /// Prepares lines that differ in the value of `label` alone.
    pub(super) fn begin_label(&mut self, series: &Series<'_>, suffix: &str, label: &str) {
        self.start.clear();
        self.sample.open(&mut self.start, suffix, series.labels);
        if !self.start.ends_with(b"{") {
            self.start.put_u8(b',');
        }
        self.start.put_slice(label.as_bytes());
        self.start.put_slice(b"=\"");
        self.timestamp_ms = series.point.timestamp_ms;
    }

    /// Prepares the lines of buckets with these bounds.
    pub(super) fn begin_bounds(&mut self, series: &Series<'_>, bounds: &[f64]) {
        self.bounds.set(bounds);
        self.begin_label(series, "_bucket", "le");
    }

    /// A bucket by its position among the bounds. The one past the last is the infinite one.
    pub(super) fn bucket(&mut self, position: usize, count: u64, exemplar: Option<&ReadyExemplar>) {
        self.out.put_slice(&self.start);
        self.out.put_slice(self.bounds.text(position));
        self.out.put_slice(b"\"} ");
        push_integer(&mut self.out, count);
        self.end_line(exemplar);
    }

    pub(super) fn quantile(&mut self, quantile: f64, value: f64) {
        self.out.put_slice(&self.start);
        self.dialect.push_label_number(&mut self.out, quantile);
        self.out.put_slice(b"\"} ");
        push_float(&mut self.out, value);
        self.end_line(None);
    }

    fn end_line(&mut self, exemplar: Option<&ReadyExemplar>) {
        if self.timestamp_ms != 0 {
            self.out.put_u8(b' ');
            if self.dialect == Dialect::Prometheus {
                push_integer(&mut self.out, self.timestamp_ms);
            } else {
                push_seconds(&mut self.out, time_of(self.timestamp_ms));
            }
        }
        if let Some(exemplar) = exemplar {
            self.exemplar(exemplar);
        }
        self.out.put_u8(b'\n');
    }

    fn exemplar(&mut self, exemplar: &ReadyExemplar) {
        self.out.put_slice(b" # {");
        for (position, (name, value)) in exemplar.labels().enumerate() {
            push_label(&mut self.out, position == 0, name, value);
        }
        self.out.put_slice(b"} ");
        push_float(&mut self.out, exemplar.value);
        self.out.put_u8(b' ');
        push_seconds(&mut self.out, exemplar.time);
    }
}

/// The time that a source has given in milliseconds since the epoch.
fn time_of(milliseconds: i64) -> SystemTime {
    let distance = Duration::from_millis(milliseconds.unsigned_abs());
    let time = if milliseconds < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(distance)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(distance)
    };
    time.unwrap_or(SystemTime::UNIX_EPOCH)
}

pub(super) fn push_label(out: &mut impl BufMut, is_first: bool, name: &str, value: &str) {
    if !is_first {
        out.put_u8(b',');
    }
    if is_legal_label_name(name) {
        out.put_slice(name.as_bytes());
    } else {
        out.put_u8(b'"');
        push_escaped(out, name, true);
        out.put_u8(b'"');
    }
    out.put_slice(b"=\"");
    push_escaped(out, value, true);
    out.put_u8(b'"');
}

/// Writes `text` with backslash and line feed escaped, and the double quote where that would end the text.
fn push_escaped(out: &mut impl BufMut, text: &str, with_quotes: bool) {
    let mut rest = text.as_bytes();
    let is_special = |byte: &u8| matches!(byte, b'\\' | b'\n') || (with_quotes && *byte == b'"');
    while let Some(at) = rest.iter().position(is_special) {
        out.put_slice(&rest[..at]);
        out.put_slice(match rest[at] {
            b'\n' => b"\\n",
            b'"' => b"\\\"",
            _ => b"\\\\",
        });
        rest = &rest[at + 1..];
    }
    out.put_slice(rest);
}

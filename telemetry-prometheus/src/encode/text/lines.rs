//! Lines of text, built from parts that are rendered once.

use std::time::{Duration, SystemTime};

use bytes::{BufMut, Bytes, BytesMut};

use super::Dialect;
use super::bounds::Bounds;
use super::label::{push_escaped, push_label};
use super::prefix::Prefix;
use crate::encode::buckets::BucketExemplars;
use crate::encode::{Series, finished};
use crate::escape::is_legal_metric_name;
use crate::number::{Number, push_float, push_integer, push_seconds};
use crate::page::{Head, ReadyExemplar};
use crate::source::Classic;

#[derive(Debug)]
pub(super) struct Lines {
    dialect: Dialect,
    out: BytesMut,
    last_size: usize,
    value: Prefix,
    bucket: Prefix,
    sum: Prefix,
    count: Prefix,
    created: Prefix,
    /// The part of a line up to a value that differs from line to line.
    start: Vec<u8>,
    bounds: Bounds,
}

impl Lines {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            out: BytesMut::new(),
            last_size: 0,
            value: Prefix::default(),
            bucket: Prefix::default(),
            sum: Prefix::default(),
            count: Prefix::default(),
            created: Prefix::default(),
            start: Vec::new(),
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
        finished(&mut self.out)
    }

    pub(super) fn begin(&mut self, head: &Head) {
        self.value.set(&head.sample, "");
        self.bucket.set(&head.sample, "_bucket");
        self.sum.set(&head.sample, "_sum");
        self.count.set(&head.sample, "_count");
        self.created.set(&head.name, "_created");
    }

    /// A comment line, unless there is nothing to say.
    pub(super) fn metadata(&mut self, keyword: &str, head: &Head, text: &str) {
        if text.is_empty() {
            return;
        }
        let quote = if is_legal_metric_name(&head.name) { "" } else { "\"" };
        for part in ["# ", keyword, " ", quote] {
            self.out.put_slice(part.as_bytes());
        }
        push_escaped(&mut self.out, &head.name, true);
        self.out.put_slice(quote.as_bytes());
        self.out.put_u8(b' ');
        // Prometheus leaves the double quote alone here, OpenMetrics does not.
        push_escaped(&mut self.out, text, self.dialect != Dialect::Prometheus);
        self.out.put_u8(b'\n');
    }

    /// The one line of a series that has one value.
    pub(super) fn value(&mut self, series: &Series<'_>, value: Number, exemplar: Option<&ReadyExemplar>) {
        self.value.write(&mut self.out, series.labels);
        value.push_to(&mut self.out);
        self.end_line(series.point.timestamp_ms, exemplar);
    }

    pub(super) fn sum_and_count(&mut self, series: &Series<'_>, sum: Number, count: u64) {
        self.sum.write(&mut self.out, series.labels);
        sum.push_to(&mut self.out);
        self.end_line(series.point.timestamp_ms, None);
        self.count.write(&mut self.out, series.labels);
        push_integer(&mut self.out, count);
        self.end_line(series.point.timestamp_ms, None);
    }

    /// The line that tells when counting began.
    pub(super) fn created(&mut self, series: &Series<'_>, created: SystemTime) {
        self.created.write(&mut self.out, series.labels);
        push_seconds(&mut self.out, created);
        self.out.put_u8(b'\n');
    }

    /// The lines of all buckets, the infinite one at last.
    pub(super) fn buckets(&mut self, series: &Series<'_>, classic: &Classic<'_>, exemplars: &BucketExemplars) {
        self.bounds.set(classic.bounds);
        self.start.clear();
        self.bucket.write_open(&mut self.start, series.labels, "le");
        let timestamp_ms = series.point.timestamp_ms;
        let is_plain = timestamp_ms == 0 && series.exemplars.is_empty();
        let counts = classic.cumulative.iter().chain([&classic.count]);
        let mut text_start = 0;
        for (bucket, (count, text_end)) in counts.zip(&self.bounds.ends).enumerate() {
            self.out.put_slice(&self.start);
            self.out.put_slice(&self.bounds.texts[text_start..*text_end]);
            text_start = *text_end;
            push_integer(&mut self.out, *count);
            if is_plain {
                self.out.put_u8(b'\n');
            } else {
                let exemplar = exemplars.get(bucket, series.exemplars);
                end_line(self.dialect, &mut self.out, timestamp_ms, exemplar);
            }
        }
    }

    /// Prepares the lines of quantiles.
    pub(super) fn begin_quantiles(&mut self, series: &Series<'_>) {
        self.start.clear();
        self.value.write_open(&mut self.start, series.labels, "quantile");
    }

    pub(super) fn quantile(&mut self, quantile: f64, value: f64, timestamp_ms: i64) {
        self.out.put_slice(&self.start);
        self.dialect.push_label_number(&mut self.out, quantile);
        self.out.put_slice(b"\"} ");
        push_float(&mut self.out, value);
        self.end_line(timestamp_ms, None);
    }

    fn end_line(&mut self, timestamp_ms: i64, exemplar: Option<&ReadyExemplar>) {
        end_line(self.dialect, &mut self.out, timestamp_ms, exemplar);
    }
}

/// Writes what comes after a value.
fn end_line(dialect: Dialect, out: &mut BytesMut, timestamp_ms: i64, exemplar: Option<&ReadyExemplar>) {
    if timestamp_ms != 0 {
        out.put_u8(b' ');
        if dialect == Dialect::Prometheus {
            push_integer(out, timestamp_ms);
        } else {
            push_seconds(out, time_of(timestamp_ms));
        }
    }
    if let Some(exemplar) = exemplar {
        push_exemplar(out, exemplar);
    }
    out.put_u8(b'\n');
}

fn push_exemplar(out: &mut BytesMut, exemplar: &ReadyExemplar) {
    out.put_slice(b" # {");
    for (position, (name, value)) in exemplar.labels().enumerate() {
        push_label(out, position == 0, name, value);
    }
    out.put_slice(b"} ");
    push_float(out, exemplar.value);
    out.put_u8(b' ');
    push_seconds(out, exemplar.time);
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

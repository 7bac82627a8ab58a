//! The text format of Prometheus, version 0.0.4.

use bytes::Bytes;

use super::Encoder;
use crate::family::{Family, Kind};
use crate::number::{Number, push_float};
use crate::series::{HistogramPoint, Point, SeriesRef, SummaryPoint};

#[derive(Debug)]
pub(crate) struct TextEncoder {
    out: String,
    /// The labels of the series at hand, rendered once for all of its lines.
    labels: String,
    /// The part of a line up to a value that differs from line to line.
    line_start: String,
    /// The bounds of the series before, which nearly always are the bounds of this one.
    bounds: Vec<(f64, String)>,
}

impl TextEncoder {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self { out: String::with_capacity(bytes), labels: String::new(), line_start: String::new(), bounds: Vec::new() }
    }

    pub(crate) fn finish(self) -> Bytes {
        self.out.into()
    }

    fn render_labels(&mut self, series: &SeriesRef<'_, '_>) {
        self.labels.clear();
        for (name, value) in series.labels() {
            if !self.labels.is_empty() {
                self.labels.push(',');
            }
            self.labels.push_str(name);
            self.labels.push_str("=\"");
            push_escaped(&mut self.labels, value, true);
            self.labels.push('"');
        }
    }

    fn sample(&mut self, name: &str, suffix: &str, value: Number, timestamp_ms: i64) {
        self.out.push_str(name);
        self.out.push_str(suffix);
        if !self.labels.is_empty() {
            self.out.push('{');
            self.out.push_str(&self.labels);
            self.out.push('}');
        }
        self.out.push(' ');
        value.push_to(&mut self.out);
        self.end_line(timestamp_ms);
    }

    fn end_line(&mut self, timestamp_ms: i64) {
        if timestamp_ms != 0 {
            self.out.push(' ');
            Number::I64(timestamp_ms).push_to(&mut self.out);
        }
        self.out.push('\n');
    }

    /// Begins lines that differ in the value of `label` alone.
    fn begin_lines(&mut self, name: &str, suffix: &str, label: &str) {
        self.line_start.clear();
        self.line_start.push_str(name);
        self.line_start.push_str(suffix);
        self.line_start.push('{');
        self.line_start.push_str(&self.labels);
        if !self.labels.is_empty() {
            self.line_start.push(',');
        }
        self.line_start.push_str(label);
        self.line_start.push_str("=\"");
    }

    fn histogram(&mut self, name: &str, point: &dyn HistogramPoint, timestamp_ms: i64) {
        self.begin_lines(name, "_bucket", "le");
        let mut position = 0;
        point.each_bucket(&mut |bound, count| {
            // The infinite bucket is the count of all.
            if bound < f64::INFINITY {
                self.bucket(position, bound, count, timestamp_ms);
                position += 1;
            }
        });
        self.out.push_str(&self.line_start);
        self.out.push_str("+Inf\"} ");
        Number::U64(point.count()).push_to(&mut self.out);
        self.end_line(timestamp_ms);
        self.sample(name, "_sum", point.sum(), timestamp_ms);
        self.sample(name, "_count", Number::U64(point.count()), timestamp_ms);
    }

    fn bucket(&mut self, position: usize, bound: f64, count: u64, timestamp_ms: i64) {
        let is_known = self.bounds.get(position).is_some_and(|(known, _)| known.to_bits() == bound.to_bits());
        if !is_known {
            let mut text = String::new();
            push_float(&mut text, bound);
            self.bounds.truncate(position);
            self.bounds.push((bound, text));
        }
        self.out.push_str(&self.line_start);
        self.out.push_str(&self.bounds[position].1);
        self.out.push_str("\"} ");
        Number::U64(count).push_to(&mut self.out);
        self.end_line(timestamp_ms);
    }

    fn summary(&mut self, name: &str, point: &dyn SummaryPoint, timestamp_ms: i64) {
        self.begin_lines(name, "", "quantile");
        point.each_quantile(&mut |quantile, value| {
            self.out.push_str(&self.line_start);
            push_float(&mut self.out, quantile);
            self.out.push_str("\"} ");
            push_float(&mut self.out, value);
            self.end_line(timestamp_ms);
        });
        self.sample(name, "_sum", point.sum(), timestamp_ms);
        self.sample(name, "_count", Number::U64(point.count()), timestamp_ms);
    }
}

impl<'a> Encoder<'a> for TextEncoder {
    fn family(&mut self, family: &Family<'a>) {
        if !family.help().is_empty() {
            self.out.push_str("# HELP ");
            self.out.push_str(family.name());
            self.out.push(' ');
            push_escaped(&mut self.out, family.help(), false);
            self.out.push('\n');
        }
        self.out.push_str("# TYPE ");
        self.out.push_str(family.name());
        self.out.push_str(match family.kind() {
            Kind::Counter => " counter\n",
            Kind::Gauge | Kind::Info => " gauge\n",
            Kind::Histogram => " histogram\n",
            Kind::Summary => " summary\n",
            Kind::Untyped => " untyped\n",
        });
    }

    fn series(&mut self, family: &Family<'a>, series: &SeriesRef<'_, 'a>) {
        self.render_labels(series);
        let timestamp_ms = series.timestamp_ms();
        match series.point() {
            Point::Number(value) => self.sample(family.name(), "", value, timestamp_ms),
            Point::Histogram(point) => self.histogram(family.name(), point, timestamp_ms),
            Point::Summary(point) => self.summary(family.name(), point, timestamp_ms),
        }
    }
}

/// Writes `text` with backslash and line feed escaped, and the double quote where it would end the text.
fn push_escaped(out: &mut String, text: &str, in_quotes: bool) {
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| matches!(byte, b'\\' | b'\n') || (in_quotes && byte == b'"')) {
        let (clean, special) = rest.split_at(at);
        out.push_str(clean);
        out.push_str(match special.as_bytes()[0] {
            b'\n' => "\\n",
            b'"' => "\\\"",
            _ => "\\\\",
        });
        rest = &special[1..];
    }
    out.push_str(rest);
}

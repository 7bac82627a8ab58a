//! The text formats: those of Prometheus and that of OpenMetrics.

mod bounds;
mod label;
mod lines;
mod prefix;

use bytes::Bytes;

use super::buckets::{BucketExemplars, Buckets};
use super::{Encoder, Series};
use crate::kind::Kind;
use crate::page::{Head, ReadyExemplar};
use crate::source::{Classic, PointValue, SummaryPoint};
use crate::warning::{Warning, Warnings};

use label::push_label;
use lines::Lines;

/// What is different between the text formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Versions 0.0.4 and 1.0.0, which differ only in names that the first cannot have.
    Prometheus,
    OpenMetrics {
        created_lines: bool,
    },
}

#[derive(Debug)]
pub(crate) struct TextEncoder {
    dialect: Dialect,
    lines: Lines,
    buckets: Buckets,
    exemplars: BucketExemplars,
    /// The metadata of the family has to come before the next line.
    is_pending: bool,
}

impl TextEncoder {
    pub(crate) fn new(dialect: Dialect) -> Self {
        let lines = Lines::new(dialect);
        Self { dialect, lines, buckets: Buckets::default(), exemplars: BucketExemplars::default(), is_pending: false }
    }

    /// Ends a page. The memory is used again once the bytes are dropped.
    pub(crate) fn finish(&mut self) -> Bytes {
        if self.is_open_metrics() {
            self.lines.push(b"# EOF\n");
        }
        self.lines.finish()
    }

    fn is_open_metrics(&self) -> bool {
        matches!(self.dialect, Dialect::OpenMetrics { .. })
    }

    /// Whether OpenMetrics has room for a value of this type. One bad line would spoil the page as a whole.
    fn is_legal(&self, head: &Head, value: f64, warnings: &Warnings) -> bool {
        let is_legal = !self.is_open_metrics() || head.kind != Kind::Counter || value >= 0.0;
        if !is_legal {
            warnings.report(&Warning::IllegalCounter { family: &head.name });
        }
        is_legal
    }

    fn metadata(&mut self, head: &Head) {
        if !std::mem::take(&mut self.is_pending) {
            return;
        }
        let kind = match (head.kind, self.dialect) {
            (Kind::Counter, _) => "counter",
            (Kind::Info, Dialect::OpenMetrics { .. }) => "info",
            (Kind::Gauge | Kind::Info, _) => "gauge",
            (Kind::Histogram, _) => "histogram",
            (Kind::Summary, _) => "summary",
            (Kind::Untyped, Dialect::OpenMetrics { .. }) => "unknown",
            (Kind::Untyped, Dialect::Prometheus) => "untyped",
        };
        if self.is_open_metrics() {
            self.lines.metadata("TYPE", head, kind);
            self.lines.metadata("UNIT", head, &head.unit);
            self.lines.metadata("HELP", head, &head.help);
        } else {
            self.lines.metadata("HELP", head, &head.help);
            self.lines.metadata("TYPE", head, kind);
        }
    }

    /// `is_signed` tells of negative values that the bounds do not show.
    fn histogram(&mut self, classic: &Classic<'_>, is_signed: bool, series: &Series<'_>) {
        self.exemplars.distribute(series.exemplars, classic.bounds);
        self.lines.buckets(series, classic, &self.exemplars);

        // The sum of values that may be negative could fall, which OpenMetrics forbids; the count goes with it.
        let has_room_for_negatives = is_signed || classic.bounds.first().is_some_and(|bound| *bound < 0.0);
        let is_monotonic = classic.sum.to_f64() >= 0.0 && !has_room_for_negatives;
        if is_monotonic || !self.is_open_metrics() {
            self.lines.sum_and_count(series, classic.sum, classic.count);
        }
    }

    fn summary(&mut self, summary: &dyn SummaryPoint, series: &Series<'_>) {
        let is_open_metrics = self.is_open_metrics();
        self.lines.begin_quantiles(series);
        summary.each_quantile(&mut |quantile, value| {
            if value >= 0.0 || value.is_nan() || !is_open_metrics {
                self.lines.quantile(quantile, value, series.point.timestamp_ms);
            }
        });
        if summary.sum().to_f64() >= 0.0 || !is_open_metrics {
            self.lines.sum_and_count(series, summary.sum(), summary.count());
        }
    }

    fn created(&mut self, head: &Head, series: &Series<'_>) {
        let has_created = matches!(head.kind, Kind::Counter | Kind::Histogram | Kind::Summary);
        if self.dialect == (Dialect::OpenMetrics { created_lines: true })
            && has_created
            && let Some(created) = series.created
        {
            self.lines.created(series, created);
        }
    }
}

impl Encoder for TextEncoder {
    fn push_label(labels: &mut Vec<u8>, is_first: bool, name: &str, value: &str) {
        push_label(labels, is_first, name, value);
    }

    fn start(&mut self) {
        self.is_pending = false;
        self.lines.start();
    }

    fn begin(&mut self, head: &Head) {
        self.is_pending = true;
        self.lines.begin(head);
    }

    fn series(&mut self, head: &Head, series: &Series<'_>, warnings: &Warnings) {
        match series.point.value {
            PointValue::Number(value) => {
                if !self.is_legal(head, value.to_f64(), warnings) {
                    return;
                }
                self.metadata(head);
                self.lines.value(series, value, newest(series.exemplars));
            }
            PointValue::Classic(classic) => {
                self.metadata(head);
                self.histogram(&classic, false, series);
            }
            PointValue::Exponential(point) => {
                self.metadata(head);
                let mut buckets = std::mem::take(&mut self.buckets);
                buckets.read(point);
                let is_signed = buckets.has_negative_values();
                self.histogram(&buckets.classic(&head.exponential_bounds, point.sum()), is_signed, series);
                self.buckets = buckets;
            }
            PointValue::Summary(summary) => {
                self.metadata(head);
                self.summary(summary, series);
            }
        }
        self.created(head, series);
    }

    fn end(&mut self, _: &Head) {
        self.is_pending = false;
    }
}

fn newest(exemplars: &[ReadyExemplar]) -> Option<&ReadyExemplar> {
    exemplars.iter().max_by_key(|exemplar| exemplar.time)
}

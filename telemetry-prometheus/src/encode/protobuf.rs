//! Prometheus' protobuf format: messages with their length in front.
//!
//! The frames around families and series are written here, because the labels of a series come rendered; what is in
//! them are messages that are used again and again.

use bytes::{BufMut, Bytes, BytesMut};
use prost::Message;
use prost::encoding::{self, WireType};

use super::buckets::{BucketExemplars, Buckets};
use super::proto::{self, MetricType, canonical};
use super::{Encoder, Series, finished};
use crate::kind::Kind;
use crate::native::Native;
use crate::number::Number;
use crate::page::{Head, ReadyExemplar};
use crate::source::{Classic, ExponentialPoint, PointValue, SummaryPoint};
use crate::warning::{Warning, Warnings};

/// The numbers of fields.
mod tag {
    pub(super) const FAMILY_NAME: u32 = 1;
    pub(super) const FAMILY_HELP: u32 = 2;
    pub(super) const FAMILY_TYPE: u32 = 3;
    pub(super) const FAMILY_METRIC: u32 = 4;
    pub(super) const FAMILY_UNIT: u32 = 5;
    pub(super) const METRIC_LABEL: u32 = 1;
    pub(super) const METRIC_GAUGE: u32 = 2;
    pub(super) const METRIC_COUNTER: u32 = 3;
    pub(super) const METRIC_SUMMARY: u32 = 4;
    pub(super) const METRIC_UNTYPED: u32 = 5;
    pub(super) const METRIC_TIMESTAMP: u32 = 6;
    pub(super) const METRIC_HISTOGRAM: u32 = 7;
    pub(super) const LABEL_NAME: u32 = 1;
    pub(super) const LABEL_VALUE: u32 = 2;
}

#[derive(Debug)]
pub(crate) struct ProtobufEncoder {
    has_classic_beside_native: bool,
    out: BytesMut,
    last_size: usize,
    /// The series of the family at hand: their length has to be known before the family begins.
    metrics: Vec<u8>,
    largest_family: usize,
    buckets: Buckets,
    exemplars: BucketExemplars,
    native: Native,
    counter: proto::Counter,
    summary: proto::Summary,
    histogram: proto::Histogram,
}

impl ProtobufEncoder {
    pub(crate) fn new(has_classic_beside_native: bool) -> Self {
        Self {
            has_classic_beside_native,
            out: BytesMut::new(),
            last_size: 0,
            metrics: Vec::new(),
            largest_family: 0,
            buckets: Buckets::default(),
            exemplars: BucketExemplars::default(),
            native: Native::default(),
            counter: proto::Counter::default(),
            summary: proto::Summary::default(),
            histogram: proto::Histogram::default(),
        }
    }

    /// Ends a page. The memory is used again once the bytes are dropped.
    pub(crate) fn finish(&mut self) -> Bytes {
        self.last_size = self.out.len();
        if self.metrics.capacity() > 2 * self.largest_family {
            self.metrics = Vec::new();
        }
        finished(&mut self.out)
    }

    fn fill_counter(&mut self, value: f64, series: &Series<'_>) {
        self.counter.value = Some(canonical(value));
        self.counter.exemplar = series.exemplars.iter().max_by_key(|exemplar| exemplar.time).map(Into::into);
        self.counter.start_timestamp = series.created.map(Into::into);
    }

    fn fill_summary(&mut self, point: &dyn SummaryPoint) {
        self.summary.sample_count = Some(point.count());
        self.summary.sample_sum = Some(canonical(point.sum().to_f64()));
        self.summary.quantile.clear();
        point.each_quantile(&mut |quantile, value| {
            let (quantile, value) = (Some(canonical(quantile)), Some(canonical(value)));
            self.summary.quantile.push(proto::Quantile { quantile, value });
        });
    }

    fn begin_histogram(&mut self, count: u64, sum: Number, series: &Series<'_>) {
        let histogram = &mut self.histogram;
        histogram.clear();
        histogram.sample_count = Some(count);
        histogram.sample_sum = Some(canonical(sum.to_f64()));
        histogram.start_timestamp = series.created.map(Into::into);
    }

    fn add_classic(&mut self, classic: &Classic<'_>, series: &Series<'_>) {
        self.exemplars.distribute(series.exemplars, classic.bounds);
        let Self { exemplars, histogram, .. } = self;
        let exemplar = |bucket| exemplars.get(bucket, series.exemplars).map(Into::into);
        let bucket = |(position, (bound, count)): (usize, (&f64, &u64))| proto::Bucket {
            cumulative_count: Some(*count),
            upper_bound: Some(*bound),
            exemplar: exemplar(position),
        };
        let finite = classic.bounds.iter().zip(classic.cumulative).enumerate();
        histogram.bucket.extend(finite.map(bucket));
        // The count stands in for the infinite bucket, but for its exemplar.
        let infinite = exemplar(classic.bounds.len());
        if infinite.is_some() {
            let (count, bound) = (Some(classic.count), Some(f64::INFINITY));
            let bucket = proto::Bucket { cumulative_count: count, upper_bound: bound, exemplar: infinite };
            histogram.bucket.push(bucket);
        }
    }

    /// Fills in the native buckets. Tells whether there are any for this point.
    fn fill_native(&mut self, point: &dyn ExponentialPoint, head: &Head, series: &Series<'_>) -> bool {
        self.buckets.read(point);
        if self.native.fill(&self.buckets.exponential).is_err() {
            return false;
        }
        // Prometheus refuses a page in which the buckets do not add up to the count.
        let count = self.native.count;
        self.begin_histogram(count, point.sum(), series);
        if self.has_classic_beside_native {
            let mut buckets = std::mem::take(&mut self.buckets);
            let classic = buckets.classic(&head.exponential_bounds, point.sum());
            self.add_classic(&Classic { count, ..classic }, series);
            self.buckets = buckets;
        }
        let Self { native, histogram, .. } = self;
        histogram.schema = Some(native.schema);
        histogram.zero_threshold = Some(native.zero_threshold);
        histogram.zero_count = Some(native.zero_count);
        let span = |(offset, length): &(i32, u32)| proto::BucketSpan { offset: Some(*offset), length: Some(*length) };
        histogram.positive_span.extend(native.positive.spans.iter().map(span));
        histogram.positive_delta.extend(&native.positive.deltas);
        histogram.negative_span.extend(native.negative.spans.iter().map(span));
        histogram.negative_delta.extend(&native.negative.deltas);
        histogram.exemplars.extend(series.exemplars.iter().map(proto::Exemplar::from));
        true
    }
}

/// Appends one series, whose value is `message` in the field `field`.
fn push_metric(metrics: &mut Vec<u8>, series: &Series<'_>, field: u32, message: &impl Message) {
    let length = message.encoded_len();
    let field_length = encoding::key_len(field) + encoding::encoded_len_varint(length as u64) + length;
    let timestamp_ms = series.point.timestamp_ms;
    let timestamp_length =
        if timestamp_ms == 0 { 0 } else { encoding::int64::encoded_len(tag::METRIC_TIMESTAMP, &timestamp_ms) };

    encoding::encode_key(tag::FAMILY_METRIC, WireType::LengthDelimited, metrics);
    encoding::encode_varint((series.labels.len() + field_length + timestamp_length) as u64, metrics);
    metrics.put_slice(series.labels);
    encoding::encode_key(field, WireType::LengthDelimited, metrics);
    encoding::encode_varint(length as u64, metrics);
    message.encode_raw(metrics);
    if timestamp_ms != 0 {
        encoding::int64::encode(tag::METRIC_TIMESTAMP, &timestamp_ms, metrics);
    }
}

impl Encoder for ProtobufEncoder {
    fn push_label(labels: &mut Vec<u8>, _: bool, name: &str, value: &str) {
        let texts = [(tag::LABEL_NAME, name), (tag::LABEL_VALUE, value)];
        let length = |text: &str| 1 + encoding::encoded_len_varint(text.len() as u64) + text.len();
        encoding::encode_key(tag::METRIC_LABEL, WireType::LengthDelimited, labels);
        encoding::encode_varint(texts.iter().map(|(_, text)| length(text)).sum::<usize>() as u64, labels);
        for (field, text) in texts {
            encoding::encode_key(field, WireType::LengthDelimited, labels);
            encoding::encode_varint(text.len() as u64, labels);
            labels.put_slice(text.as_bytes());
        }
    }

    fn start(&mut self) {
        self.metrics.clear();
        self.largest_family = 0;
        self.out.clear();
        self.out.reserve(self.last_size + self.last_size / 16);
    }

    fn begin(&mut self, _: &Head) {
        self.metrics.clear();
    }

    fn series(&mut self, head: &Head, series: &Series<'_>, warnings: &Warnings) {
        match series.point.value {
            PointValue::Number(value) => {
                let value = value.to_f64();
                match head.kind {
                    Kind::Counter => {
                        self.fill_counter(value, series);
                        push_metric(&mut self.metrics, series, tag::METRIC_COUNTER, &self.counter);
                    }
                    Kind::Untyped => {
                        let untyped = proto::Untyped { value: Some(canonical(value)) };
                        push_metric(&mut self.metrics, series, tag::METRIC_UNTYPED, &untyped);
                    }
                    Kind::Gauge | Kind::Info | Kind::Histogram | Kind::Summary => {
                        let gauge = proto::Gauge { value: Some(canonical(value)) };
                        push_metric(&mut self.metrics, series, tag::METRIC_GAUGE, &gauge);
                    }
                }
            }
            PointValue::Classic(classic) => {
                self.begin_histogram(classic.count, classic.sum, series);
                self.add_classic(&classic, series);
                push_metric(&mut self.metrics, series, tag::METRIC_HISTOGRAM, &self.histogram);
            }
            PointValue::Exponential(point) => {
                if self.fill_native(point, head, series) {
                    push_metric(&mut self.metrics, series, tag::METRIC_HISTOGRAM, &self.histogram);
                } else {
                    warnings.report(&Warning::NotNative { family: &head.name });
                }
            }
            PointValue::Summary(point) => {
                self.fill_summary(point);
                push_metric(&mut self.metrics, series, tag::METRIC_SUMMARY, &self.summary);
            }
        }
    }

    fn end(&mut self, head: &Head) {
        if self.metrics.is_empty() {
            return;
        }
        self.largest_family = self.largest_family.max(self.metrics.len());
        let kind = match head.kind {
            Kind::Counter => MetricType::Counter,
            Kind::Gauge | Kind::Info => MetricType::Gauge,
            Kind::Histogram => MetricType::Histogram,
            Kind::Summary => MetricType::Summary,
            Kind::Untyped => MetricType::Untyped,
        } as i32;
        let texts = [(tag::FAMILY_NAME, &head.name), (tag::FAMILY_HELP, &head.help), (tag::FAMILY_UNIT, &head.unit)];
        let texts = texts.iter().filter(|(_, text)| !text.is_empty());
        let length = texts.clone().map(|(field, text)| encoding::string::encoded_len(*field, text)).sum::<usize>()
            + encoding::int32::encoded_len(tag::FAMILY_TYPE, &kind)
            + self.metrics.len();

        encoding::encode_varint(length as u64, &mut self.out);
        for (field, text) in texts {
            encoding::string::encode(*field, text, &mut self.out);
        }
        encoding::int32::encode(tag::FAMILY_TYPE, &kind, &mut self.out);
        self.out.put_slice(&self.metrics);
    }
}

impl From<&ReadyExemplar> for proto::Exemplar {
    fn from(exemplar: &ReadyExemplar) -> Self {
        let labels = exemplar.labels();
        let labels =
            labels.map(|(name, value)| proto::LabelPair { name: Some(name.into()), value: Some(value.into()) });
        Self { label: labels.collect(), value: Some(canonical(exemplar.value)), timestamp: Some(exemplar.time.into()) }
    }
}

//! Messages as a reader sees them that knows the wire format and nothing else.

use prost::Message;

use super::super::*;
use crate::histogram::{Exponential, ExponentialBuckets};
use crate::native::Native;

#[derive(Debug, PartialEq)]
enum Field {
    Varint(u64),
    Double(f64),
    Bytes(Vec<u8>),
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..70).step_by(7) {
        let (first, rest) = bytes.split_first().unwrap();
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return value;
        }
    }
    panic!("a varint of more than 10 bytes");
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (taken, rest) = bytes.split_at(count);
    *bytes = rest;
    taken
}

fn walk(mut bytes: &[u8]) -> Vec<(u64, Field)> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let field = match key & 7 {
            0 => Field::Varint(varint(&mut bytes)),
            1 => Field::Double(f64::from_le_bytes(take(&mut bytes, 8).try_into().unwrap())),
            2 => {
                let length = varint(&mut bytes) as usize;
                Field::Bytes(take(&mut bytes, length).to_vec())
            }
            other => panic!("wire type {other}"),
        };
        fields.push((key >> 3, field));
    }
    fields
}

/// All fields with this number, which must be signed.
fn signed(fields: &[(u64, Field)], wanted: u64) -> Vec<i64> {
    let one = |field: &Field| match field {
        Field::Varint(value) => (value >> 1) as i64 ^ -((value & 1) as i64),
        other => panic!("{other:?}"),
    };
    fields.iter().filter(|(number, _)| *number == wanted).map(|(_, field)| one(field)).collect()
}

/// All fields with this number, which must be spans.
fn spans(fields: &[(u64, Field)], wanted: u64) -> Vec<(i64, u64)> {
    let one = |field: &Field| match field {
        Field::Bytes(bytes) => match &walk(bytes)[..] {
            [offset, (2, Field::Varint(length))] => (signed(std::slice::from_ref(offset), 1)[0], *length),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    fields.iter().filter(|(number, _)| *number == wanted).map(|(_, field)| one(field)).collect()
}

/// Numbers and wire types (v varint, d double, l length-delimited) as in the table of the rule.
fn table(message: &impl Message) -> String {
    let fields = walk(&message.encode_to_vec()).into_iter().map(|(number, field)| match field {
        Field::Varint(_) => format!("{number}v"),
        Field::Double(_) => format!("{number}d"),
        Field::Bytes(_) => format!("{number}l"),
    });
    fields.collect::<Vec<_>>().join(" ")
}

#[test]
fn pb03_pb18_fields_have_their_numbers_and_wire_types() {
    let (text, count, value) = (Some(String::new()), Some(0), Some(0.0));
    let timestamp = Timestamp { seconds: 1, nanos: 1 };
    let time = Some(timestamp);
    let label = vec![LabelPair { name: text.clone(), value: text.clone() }];
    let span = vec![BucketSpan { offset: Some(0), length: Some(0) }];
    let quantile = vec![Quantile { quantile: value, value }];
    let exemplar = Exemplar { label: label.clone(), value, timestamp: time };
    let bucket = Bucket { cumulative_count: count, upper_bound: value, exemplar: Some(exemplar.clone()) };
    let histogram = Histogram {
        sample_count: count,
        sample_sum: value,
        bucket: vec![bucket.clone()],
        schema: Some(0),
        zero_threshold: value,
        zero_count: count,
        negative_span: span.clone(),
        negative_delta: vec![0],
        positive_span: span.clone(),
        positive_delta: vec![0],
        start_timestamp: time,
        exemplars: vec![exemplar.clone()],
    };
    let metric = Metric {
        label: label.clone(),
        gauge: Some(Gauge { value }),
        counter: Some(Counter { value, exemplar: Some(exemplar.clone()), start_timestamp: time }),
        summary: Some(Summary { sample_count: count, sample_sum: value, quantile, start_timestamp: time }),
        untyped: Some(Untyped { value }),
        timestamp_ms: Some(0),
        histogram: Some(histogram.clone()),
    };
    let (name, help, unit) = (text.clone(), text.clone(), text);
    let family = MetricFamily { name, help, r#type: Some(0), metric: vec![metric.clone()], unit };

    assert_eq!(table(&family), "1l 2l 3v 4l 5l");
    assert_eq!(table(&metric), "1l 2l 3l 4l 5l 6v 7l");
    assert_eq!(table(&label[0]), "1l 2l");
    assert_eq!(table(&metric.gauge.unwrap()), "1d");
    assert_eq!(table(&metric.untyped.unwrap()), "1d");
    assert_eq!(table(&metric.counter.unwrap()), "1d 2l 3l");
    assert_eq!(table(&metric.summary.clone().unwrap()), "1v 2d 3l 4l");
    assert_eq!(table(&metric.summary.unwrap().quantile[0]), "1d 2d");
    assert_eq!(table(&histogram), "1v 2d 3l 5v 6d 7v 9l 10v 12l 13v 15l 16l");
    assert_eq!(table(&bucket), "1v 2d 3l");
    assert_eq!(table(&span[0]), "1v 2v");
    assert_eq!(table(&exemplar), "1l 2d 3l");
    assert_eq!(table(&timestamp), "1v 2v");
}

#[test]
fn pb17_a_zero_is_sent_and_what_is_not_set_is_not() {
    assert_eq!(walk(&Gauge { value: Some(0.0) }.encode_to_vec()), [(1, Field::Double(0.0))]);
    let family = MetricFamily { r#type: Some(MetricType::Counter.into()), ..MetricFamily::default() };
    assert_eq!(walk(&family.encode_to_vec()), [(3, Field::Varint(0))]);
    assert!(walk(&Histogram::default().encode_to_vec()).is_empty());
}

/// Indexes -2:3, -1:5, 2:1, 4:3 and 5:2, and below zero -4:1.
#[test]
fn pb09_pb10_pb12_pb16_signed_numbers_are_zig_zag_and_not_packed() {
    let from = Exponential {
        count: 16,
        zero_count: 1,
        positive: ExponentialBuckets { offset: -3, counts: vec![3, 5, 0, 0, 1, 0, 3, 2] },
        negative: ExponentialBuckets { offset: -5, counts: vec![1] },
        ..Exponential::default()
    };
    let fields = walk(&message(&from).encode_to_vec());
    assert_eq!((spans(&fields, 12), signed(&fields, 13)), (vec![(-2, 2), (2, 4)], vec![3, 2, -4, -1, 3, -1]));
    assert_eq!((spans(&fields, 9), signed(&fields, 10)), (vec![(-4, 1)], vec![1]));
    assert_eq!(signed(&fields, 5), [0]);
    assert!(fields.contains(&(1, Field::Varint(16))) && fields.contains(&(7, Field::Varint(1))));
}

fn message(from: &Exponential) -> Histogram {
    let mut native = Native::default();
    native.fill(from).unwrap();
    let span = |(offset, length): &(i32, u32)| BucketSpan { offset: Some(*offset), length: Some(*length) };
    Histogram {
        sample_count: Some(native.count),
        schema: Some(native.schema),
        zero_threshold: Some(native.zero_threshold),
        zero_count: Some(native.zero_count),
        negative_span: native.negative.spans.iter().map(span).collect(),
        negative_delta: native.negative.deltas,
        positive_span: native.positive.spans.iter().map(span).collect(),
        positive_delta: native.positive.deltas,
        ..Histogram::default()
    }
}

//! Bytes that were worked out by hand.

use prost::Message;

use super::super::*;

#[test]
fn pb01_pb03_pb17_a_gauge_of_zero() {
    let family = MetricFamily {
        name: Some("up".to_owned()),
        help: Some("Is it?".to_owned()),
        r#type: Some(MetricType::Gauge.into()),
        metric: vec![Metric {
            label: vec![LabelPair { name: Some("a".to_owned()), value: Some("b".to_owned()) }],
            gauge: Some(Gauge { value: Some(0.0) }),
            ..Metric::default()
        }],
        unit: None,
    };
    let expected = [
        // The length of all that follows.
        &b"\x23"[..],
        // 1: name, 2: help, 3: GAUGE.
        b"\x0a\x02up\x12\x06Is it?\x18\x01",
        // 4: a metric of 19 bytes.
        b"\x22\x13",
        // 1: a label; in it 1: name, 2: value.
        b"\x0a\x06\x0a\x01a\x12\x01b",
        // 2: a gauge; in it 1: eight bytes of 0.
        b"\x12\x09\x09\x00\x00\x00\x00\x00\x00\x00\x00",
    ];
    assert_eq!(family.encode_length_delimited_to_vec(), expected.concat());
}

#[test]
fn pb03_pb10_pb16_a_native_histogram() {
    let histogram = Histogram {
        sample_count: Some(300),
        sample_sum: Some(1.0),
        schema: Some(-4),
        zero_threshold: Some(0.5),
        zero_count: Some(0),
        negative_span: vec![BucketSpan { offset: Some(-1), length: Some(1) }],
        negative_delta: vec![200],
        positive_span: vec![BucketSpan { offset: Some(64), length: Some(2) }],
        positive_delta: vec![70, -40],
        ..Histogram::default()
    };
    let expected = [
        // 1: 300 = 2 * 128 + 44.
        &b"\x08\xac\x02"[..],
        // 2: 1.0.
        b"\x11\x00\x00\x00\x00\x00\x00\xf0\x3f",
        // 5: -4, zig-zag 7.
        b"\x28\x07",
        // 6: 0.5.
        b"\x31\x00\x00\x00\x00\x00\x00\xe0\x3f",
        // 7: 0.
        b"\x38\x00",
        // 9: a span; in it 1: -1, zig-zag 1, 2: 1.
        b"\x4a\x04\x08\x01\x10\x01",
        // 10: 200, zig-zag 400 = 3 * 128 + 16.
        b"\x50\x90\x03",
        // 12: a span; in it 1: 64, zig-zag 128, 2: 2.
        b"\x62\x05\x08\x80\x01\x10\x02",
        // 13: 70, zig-zag 140 = 128 + 12.
        b"\x68\x8c\x01",
        // 13 again: -40, zig-zag 79.
        b"\x68\x4f",
    ];
    assert_eq!(histogram.encode_to_vec(), expected.concat());
}

#[test]
fn pb03_a_timestamp_before_1970() {
    // The varint of a negative number has all ten bytes.
    let expected = b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x10\x80\xca\xb5\xee\x01";
    assert_eq!(Timestamp { seconds: -1, nanos: 500_000_000 }.encode_to_vec(), expected);
}

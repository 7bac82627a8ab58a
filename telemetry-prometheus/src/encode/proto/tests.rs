mod exact;
mod wire;

use std::time::Duration;

use super::*;

fn ts(time: SystemTime) -> (i64, i32) {
    let timestamp = Timestamp::from(time);
    (timestamp.seconds, timestamp.nanos)
}

#[test]
fn pb03_a_timestamp_counts_nanoseconds_forward_on_both_sides_of_1970() {
    let (whole, part) = (Duration::from_secs(5), Duration::new(5, 1));
    assert_eq!(ts(UNIX_EPOCH), (0, 0));
    assert_eq!(ts(UNIX_EPOCH + part), (5, 1));
    assert_eq!(ts(UNIX_EPOCH - whole), (-5, 0));
    assert_eq!(ts(UNIX_EPOCH - part), (-6, 999_999_999));
    assert_eq!(ts(UNIX_EPOCH - Duration::from_nanos(1)), (-1, 999_999_999));
}

#[test]
fn pb03_a_timestamp_has_the_earliest_and_latest_times_of_the_system() {
    let most = Duration::new(i64::MAX as u64, 999_999_999);
    if let Some(latest) = UNIX_EPOCH.checked_add(most) {
        assert_eq!(ts(latest), (i64::MAX, 999_999_999));
    }
    if let Some(earliest) = UNIX_EPOCH.checked_sub(most) {
        assert_eq!(ts(earliest), (i64::MIN, 1));
    }
}

#[test]
fn pb20_what_is_not_a_number_has_one_pattern() {
    for bits in [0x7ff0_0000_0000_0002, 0x7ff8_0000_0000_0000, 0xfff8_0000_0000_0000, f64::NAN.to_bits()] {
        assert_eq!(canonical(f64::from_bits(bits)).to_bits(), 0x7ff8_0000_0000_0001);
    }
    for value in [0.0, -0.0, 1.5, f64::INFINITY, f64::NEG_INFINITY, f64::MIN_POSITIVE] {
        assert_eq!(canonical(value).to_bits(), value.to_bits());
    }
}

#[test]
fn pb03_the_types_have_their_numbers() {
    use MetricType::{Counter, Gauge, GaugeHistogram, Histogram, Summary, Untyped};
    let types = [Counter, Gauge, Summary, Untyped, Histogram, GaugeHistogram];
    assert_eq!(types.map(i32::from), [0, 1, 2, 3, 4, 5]);
}

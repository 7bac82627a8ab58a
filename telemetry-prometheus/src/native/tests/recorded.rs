//! Values that the SDK has recorded.

use proptest::prelude::*;

use crate::native::Native;
use crate::recorded::{record, record_with};

/// The borders of the only bucket.
fn borders(native: &Native) -> (f64, f64) {
    assert_eq!((native.positive.spans[0].1, &native.positive.deltas[..]), (1, &[1][..]));
    let upper = f64::from(native.positive.spans[0].0);
    let width = f64::from(-native.schema).exp2();
    (((upper - 1.0) * width).exp2(), (upper * width).exp2())
}

/// PX-72: a single value is recorded with the highest scale, which Prometheus does not know.
#[test]
fn px72_px74_pb13_a_power_of_two_is_in_the_bucket_that_ends_with_it() {
    for scale in [20, 8, 3, 0] {
        for exponent in -100..100 {
            let mut native = Native::default();
            native.fill(&record(&[2_f64.powi(exponent)], scale)).unwrap();
            assert_eq!(native.schema, i32::from(scale.min(8)));
            assert_eq!(borders(&native).1, 2_f64.powi(exponent));
        }
    }
}

/// No scale has one bucket for values below and above 1. The SDK drops what comes second.
#[test]
fn px82_a_value_that_the_sdk_dropped_is_not_counted() {
    let recorded = record_with(&[3.0, 0.3, 3.0], 20, 1);
    let mut native = Native::default();
    native.fill(&recorded).unwrap();
    assert_eq!((recorded.count, native.count), (3, 2));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn px72_px74_pb13_a_value_lies_between_the_borders_of_its_bucket(
        value in prop_oneof![1e-3..1e3_f64, 1e-100..1e-90, 1e90..1e100], scale in -4..=20_i8
    ) {
        let mut native = Native::default();
        native.fill(&record(&[value], scale)).unwrap();
        let (lower, upper) = borders(&native);
        // The SDK's own logarithm may err in the last digits.
        prop_assert!(lower * (1.0 - 1e-9) < value && value <= upper * (1.0 + 1e-9), "{lower} {value} {upper}");
    }
}

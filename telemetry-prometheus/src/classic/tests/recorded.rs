//! Values that the SDK has recorded, against the same values counted one by one.

use proptest::collection::vec;
use proptest::prelude::*;

use super::{UNITS, cumulative};
use crate::classic::default_bounds;
use crate::recorded::record;

fn true_counts(values: &[f64], bounds: &[f64]) -> Vec<u64> {
    bounds.iter().map(|bound| values.iter().filter(|value| *value <= bound).count() as u64).collect()
}

fn power_and_neighbours(exponent: i32) -> [f64; 3] {
    let power = f64::from(exponent).exp2();
    [power.next_down(), power, power.next_up()]
}

/// Where a value belongs, if it is one of the bounds or the next to it.
fn on_or_near_a_bound() -> impl Strategy<Value = f64> {
    (-12..32_i32, 0..3_usize).prop_map(|(exponent, which)| power_and_neighbours(exponent)[which])
}

fn value() -> impl Strategy<Value = f64> {
    let everyday = (-4.0..9.0_f64).prop_map(|exponent| 10_f64.powf(exponent));
    prop_oneof![4 => everyday, 2 => on_or_near_a_bound(), 1 => Just(0.0), 1 => -1e3..0.0_f64]
}

/// Each power of two, and its neighbours, at every scale at which the SDK may begin.
#[test]
fn px58_the_sdk_puts_a_power_of_two_below_its_border_and_what_is_larger_above() {
    for scale in 0..=20 {
        for exponent in (-1022..1024).step_by(31).chain(-4..4) {
            let [below, power, above] = power_and_neighbours(exponent);
            // Together with the next power of two the scale has to fall, and the first value moves with it.
            for values in [&[below][..], &[power], &[above], &[above, power, below], &[power, power * 1.9]] {
                let recorded = record(values, scale);
                assert_eq!(cumulative(&recorded, &[power]), true_counts(values, &[power]), "{values:?} at {scale}");
            }
        }
    }
}

#[test]
fn px58_doubles_without_a_full_mantissa_are_counted_like_others() {
    let values: Vec<f64> = (0..52).map(|bit| f64::from_bits(1 << bit)).collect();
    let recorded = record(&values, 20);
    assert_eq!(cumulative(&recorded, &values), true_counts(&values, &values));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn px58_at_default_bounds_the_counts_are_those_of_the_values(
        values in vec(value(), 1..300), max_scale in 0..=20_i8
    ) {
        let recorded = record(&values, max_scale);
        prop_assert!(recorded.scale >= 0);
        for unit in UNITS {
            let bounds = default_bounds(unit);
            prop_assert_eq!(cumulative(&recorded, bounds), true_counts(&values, bounds));
        }
    }
}

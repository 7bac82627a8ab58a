mod model;
mod recorded;

use super::*;

const UNITS: [&str; 6] = ["s", "ms", "us", "ns", "By", ""];

fn cumulative(from: &Exponential, bounds: &[f64]) -> Vec<u64> {
    let mut cumulative = vec![77];
    fill_cumulative(from, bounds, &mut cumulative);
    cumulative
}

fn buckets_at(offset: i32, counts: &[u64]) -> ExponentialBuckets {
    ExponentialBuckets { offset, counts: counts.to_vec() }
}

fn positive(scale: i8, offset: i32, counts: &[u64]) -> Exponential {
    let positive = buckets_at(offset, counts);
    Exponential { count: counts.iter().sum(), scale, positive, ..Exponential::default() }
}

#[test]
fn px58_default_bounds_are_powers_of_two_over_the_range_of_their_unit() {
    for (unit, first, second, last) in [
        ("s", 1.0 / 1024.0, 1.0 / 512.0, 128.0),
        ("ms", 1.0, 2.0, 131_072.0),
        ("us", 1.0, 4.0, 67_108_864.0),
        ("ns", 1024.0, 4096.0, 68_719_476_736.0),
        ("By", 64.0, 256.0, 4_294_967_296.0),
        ("", 1.0 / 1024.0, 1.0 / 256.0, 1_073_741_824.0),
        ("{request}", 1.0 / 1024.0, 1.0 / 256.0, 1_073_741_824.0),
    ] {
        let bounds = default_bounds(unit);
        assert_eq!((bounds[0], bounds[1], bounds[bounds.len() - 1]), (first, second, last), "{unit}");
        assert!(are_valid_bounds(bounds));
        assert!(bounds.iter().all(|bound| bound.log2().fract() == 0.0));
    }
}

#[test]
fn px58_bounds_must_be_finite_and_ascend() {
    assert!(are_valid_bounds(&[]));
    assert!(are_valid_bounds(&[-1.0, 0.0, f64::MIN_POSITIVE, f64::MAX]));
    for bounds in [&[1.0, 1.0][..], &[2.0, 1.0], &[0.0, -0.0], &[f64::NAN], &[1.0, f64::INFINITY], &[f64::NEG_INFINITY]]
    {
        assert!(!are_valid_bounds(bounds), "{bounds:?}");
    }
}

/// Buckets (1, 2], (2, 4], (4, 8] in halves on the logarithmic axis.
#[test]
fn px58_px61_a_border_has_all_the_buckets_below_it() {
    let from = positive(1, 0, &[1, 2, 4, 8, 16, 32]);
    assert_eq!(cumulative(&from, &[0.5, 1.0, 2.0, 4.0, 8.0, 16.0]), [0, 0, 3, 15, 63, 63]);
    let from = positive(-1, -1, &[5, 7]);
    assert_eq!(cumulative(&from, &[0.25, 1.0, 4.0]), [0, 5, 12]);
}

#[test]
fn px58_a_bucket_across_a_bound_counts_by_its_share_of_the_logarithms() {
    let from = positive(-1, 0, &[100]);
    assert_eq!(cumulative(&from, &[1.0, 2_f64.sqrt(), 2.0, 8_f64.sqrt(), 4.0]), [0, 25, 50, 75, 100]);
    // 1.5 is 0.585 of the way from 1 to 2.
    assert_eq!(cumulative(&positive(0, 0, &[1000]), &[1.5]), [585]);
    assert_eq!(cumulative(&positive(3, 0, &[1000; 8]), &[1.5]), [4680]);
}

/// A border that is no power of two is no double either; the nearest one counts as the border.
#[test]
fn px58_a_bound_next_to_a_border_is_taken_for_it() {
    for scale in 0..=16_i8 {
        let width = f64::from(-i32::from(scale)).exp2();
        let from = positive(scale, 0, &[1000, 1000]);
        assert_eq!(cumulative(&from, &[width.exp2(), (2.0 * width).exp2()]), [1000, 2000], "{scale}");
    }
}

#[test]
fn px58_zero_and_negative_values_lie_below_every_positive_one() {
    let from = Exponential { count: 15, zero_count: 2, negative: buckets_at(0, &[4, 8]), ..positive(0, 0, &[1]) };
    assert_eq!(cumulative(&from, &[-0.0, 0.5, 1.0, 2.0]), [14, 14, 14, 15]);
    assert_eq!(cumulative(&from, &[0.0]), [14]);
    let from = Exponential { count: 3, zero_count: 3, zero_threshold: 0.5, ..Exponential::default() };
    assert_eq!(cumulative(&from, &[-1.0, -0.25, 0.0, 0.25, 1.0]), [0, 0, 3, 3, 3]);
}

/// PX-63: [-2, -1) has 4 values, [-4, -2) has 8.
#[test]
fn px58_px63_negative_bounds_divide_negative_values() {
    let from = Exponential { count: 12, negative: buckets_at(0, &[4, 8]), ..Exponential::default() };
    let bounds = [-8.0, -4.0, -8_f64.sqrt(), -2.0, -2_f64.sqrt(), -1.0, -0.5, 0.0];
    assert_eq!(cumulative(&from, &bounds), [0, 0, 4, 8, 10, 12, 12, 12]);
}

#[test]
fn px58_the_smallest_and_largest_doubles_are_bounds_like_others() {
    let smallest = f64::from_bits(1);
    assert_eq!(position(smallest, 0), -1074.0);
    assert_eq!(position(f64::MIN_POSITIVE, 20), -1022.0 * 1_048_576.0);
    assert_eq!(position(f64::MAX, -10), 1.0);
    assert_eq!(cumulative(&positive(0, -1075, &[1, 2, 4]), &[smallest, 2.0 * smallest, 1.0]), [1, 3, 7]);
    assert_eq!(cumulative(&positive(0, 1023, &[9]), &[1.0, f64::MAX]), [0, 9]);
    assert_eq!(cumulative(&positive(-10, -2, &[1, 2, 4]), &[smallest, 1.0, f64::MAX]), [1, 3, 7]);
}

#[test]
fn px58_counts_that_cannot_be_true_give_a_histogram_still() {
    let from = Exponential { count: 5, ..positive(0, 0, &[u64::MAX - 1, 1]) };
    assert_eq!(cumulative(&from, &[1.0, 1.5, 2.0, 4.0]), [0, 5, 5, 5]);
    let huge = buckets_at(0, &[u64::MAX, u64::MAX]);
    let from = Exponential { count: u64::MAX, zero_count: 9, negative: huge, ..Exponential::default() };
    assert_eq!(cumulative(&from, &[-4.0, -2.0, 0.0]), [0, u64::MAX, u64::MAX]);
}

#[test]
fn px58_without_bounds_or_values_there_is_nothing_to_count() {
    assert!(cumulative(&positive(0, 0, &[1]), &[]).is_empty());
    assert_eq!(cumulative(&positive(20, 0, &[]), &[-1.0, 0.0, 1.0]), [0, 0, 0]);
}

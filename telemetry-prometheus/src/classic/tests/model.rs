//! Any histogram, any bounds.

use proptest::collection::vec;
use proptest::prelude::*;

use super::{buckets_at, cumulative};
use crate::histogram::{Exponential, ExponentialBuckets};

/// The logarithm to the base 2 of a bucket's borders.
fn borders(from: &ExponentialBuckets, scale: i8) -> impl Iterator<Item = (f64, f64, u64)> {
    let width = f64::from(-i32::from(scale)).exp2();
    let border = move |index: i64| index as f64 * width;
    let counts = (i64::from(from.offset)..).zip(&from.counts);
    counts.map(move |(index, count)| (border(index), border(index + 1), *count))
}

/// The least and the most values that can be below `2^exponent`, or below its negative: whole buckets alone.
fn possible(from: &Exponential, is_negative: bool, exponent: f64) -> (u64, u64) {
    let sum = |side: &ExponentialBuckets, holds: &dyn Fn(f64, f64) -> bool| -> u64 {
        borders(side, from.scale).filter(|(lower, upper, _)| holds(*lower, *upper)).map(|(_, _, count)| count).sum()
    };
    if is_negative {
        let least = sum(&from.negative, &|lower, _| lower >= exponent);
        (least, sum(&from.negative, &|_, upper| upper > exponent))
    } else {
        let below = sum(&from.negative, &|_, _| true) + from.zero_count;
        let least = below + sum(&from.positive, &|_, upper| upper <= exponent);
        (least, below + sum(&from.positive, &|lower, _| lower < exponent))
    }
}

fn side(count: impl Strategy<Value = u64>) -> impl Strategy<Value = ExponentialBuckets> {
    let offset = prop_oneof![4 => -300..300, 1 => any::<i32>()];
    (offset, vec(count, 0..170)).prop_map(|(offset, counts)| buckets_at(offset, &counts))
}

fn histograms(count: impl Strategy<Value = u64> + Clone) -> impl Strategy<Value = Exponential> {
    let scale = prop_oneof![6 => -10..=20_i8, 1 => any::<i8>()];
    (scale, 0..9_u64, side(count.clone()), side(count)).prop_map(|(scale, zero_count, positive, negative)| {
        let counts = positive.counts.iter().chain(&negative.counts);
        let count = counts.fold(zero_count, |sum, count| sum.saturating_add(*count));
        Exponential { count, scale, zero_count, positive, negative, ..Exponential::default() }
    })
}

fn sorted(mut bounds: Vec<f64>) -> Vec<f64> {
    bounds.retain(|bound| bound.is_finite());
    bounds.sort_by(f64::total_cmp);
    bounds
}

proptest! {
    #[test]
    fn px58_every_power_of_two_has_the_buckets_below_it_and_no_bucket_above(
        from in histograms(0..1000_u64), exponents in vec(-1074..1024_i32, 0..20), is_negative: bool
    ) {
        let mut bounds: Vec<(f64, i32)> = exponents.iter().map(|&exponent| (f64::from(exponent).exp2(), exponent)).collect();
        bounds.iter_mut().for_each(|(bound, _)| if is_negative { *bound = -*bound });
        bounds.sort_by(|a, b| a.0.total_cmp(&b.0));
        let values: Vec<f64> = bounds.iter().map(|(bound, _)| *bound).collect();
        for ((_, exponent), count) in bounds.iter().zip(cumulative(&from, &values)) {
            let (least, most) = possible(&from, is_negative, f64::from(*exponent));
            prop_assert!((least..=most).contains(&count), "{least} {count} {most}");
            if from.scale >= 0 {
                prop_assert_eq!(least, most);
            }
        }
    }

    #[test]
    fn px58_px61_counts_never_descend_and_never_exceed_the_count_of_all(
        from in histograms(prop_oneof![3 => 0..10_u64, 1 => any::<u64>()]),
        bounds in vec(prop_oneof![any::<f64>(), -1e3..1e3_f64, 0.999..1.001_f64], 0..40)
    ) {
        let bounds = sorted(bounds);
        let counts = cumulative(&from, &bounds);
        prop_assert_eq!(counts.len(), bounds.len());
        prop_assert!(counts.is_sorted());
        prop_assert!(counts.last().is_none_or(|last| *last <= from.count));
    }

    /// Where a bound lies across a bucket, the share is that of the naive formula.
    #[test]
    fn px58_any_bound_has_its_share(mut from in histograms(0..1000_u64), exponent in -40.0..40.0_f64) {
        // Beyond that, the errors of the naive formula are as large as the buckets.
        from.scale = from.scale.clamp(-10, 12);
        let bound = exponent.exp2();
        let exponent = bound.log2();
        let share = |(lower, upper, count): (f64, f64, u64)| {
            ((exponent - lower) / (upper - lower)).clamp(0.0, 1.0) * count as f64
        };
        let below: u64 = from.negative.counts.iter().sum::<u64>() + from.zero_count;
        let naive = below as f64 + borders(&from.positive, from.scale).map(share).sum::<f64>();
        let count = cumulative(&from, &[bound])[0] as f64;
        prop_assert!((count - naive).abs() < 0.501, "{count} {naive}");
    }
}

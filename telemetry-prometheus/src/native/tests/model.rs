//! Any histogram against a model that knows nothing of spans.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use crate::histogram::{Exponential, ExponentialBuckets};
use crate::native::{Native, NativeBuckets, NotNative};

type Counts = BTreeMap<i64, u128>;

/// Each bucket by itself: how often the wide bucket fits below it, plus one.
fn model(from: &ExponentialBuckets, scale: i8) -> Counts {
    let merged = 2_i128.pow(u32::try_from(scale - 8).unwrap_or(0));
    let mut counts = Counts::new();
    for (position, count) in from.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let index = i128::from(from.offset) + position as i128;
        *counts.entry((index.div_euclid(merged) + 1) as i64).or_default() += u128::from(*count);
    }
    counts
}

/// Reads spans and deltas as Prometheus does, and insists on their form.
fn decoded(buckets: &NativeBuckets) -> Counts {
    let lengths: u32 = buckets.spans.iter().map(|(_, length)| length).sum();
    assert_eq!(buckets.deltas.len(), lengths as usize);
    let (mut counts, mut deltas) = (Counts::new(), buckets.deltas.iter());
    let (mut index, mut count) = (0_i64, 0_i64);
    for (number, (offset, length)) in buckets.spans.iter().enumerate() {
        assert!(*length > 0);
        assert!(number == 0 || *offset > 1);
        index += i64::from(*offset);
        for position in 0..*length {
            count += deltas.next().unwrap();
            let is_at_an_end = position == 0 || position == length - 1;
            assert!(count > 0 || (count == 0 && !is_at_an_end));
            if count > 0 {
                counts.insert(index, count as u128);
            }
            index += 1;
        }
    }
    counts
}

fn expected(from: &Exponential) -> Result<(Counts, Counts), NotNative> {
    if from.scale < -4 {
        return Err(NotNative::TooCoarse);
    }
    let sides = (model(&from.positive, from.scale), model(&from.negative, from.scale));
    let both = || sides.0.iter().chain(&sides.1);
    let total = u128::from(from.zero_count) + both().map(|(_, count)| count).sum::<u128>();
    if both().any(|(_, count)| i64::try_from(*count).is_err()) || u64::try_from(total).is_err() {
        return Err(NotNative::TooMany);
    }
    if both().any(|(index, _)| i32::try_from(*index).is_err()) {
        return Err(NotNative::OutOfRange);
    }
    Ok(sides)
}

fn buckets(count: impl Strategy<Value = u64>) -> impl Strategy<Value = ExponentialBuckets> {
    let offset = prop_oneof![4 => -300..300, 2 => any::<i32>(), 1 => (i32::MAX - 200)..=i32::MAX];
    (offset, vec(count, 0..170)).prop_map(|(offset, counts)| ExponentialBuckets { offset, counts })
}

fn histograms(count: impl Strategy<Value = u64> + Clone) -> impl Strategy<Value = Exponential> {
    let scale = prop_oneof![6 => -10..=20_i8, 1 => any::<i8>()];
    (scale, 0..9_u64, buckets(count.clone()), buckets(count)).prop_map(|(scale, zero_count, positive, negative)| {
        Exponential { scale, zero_count, positive, negative, ..Exponential::default() }
    })
}

fn check(from: &Exponential) {
    let mut native = Native::default();
    let outcome = native.fill(from);
    match expected(from) {
        Ok((positive, negative)) => {
            outcome.unwrap();
            assert_eq!((decoded(&native.positive), decoded(&native.negative)), (positive, negative));
            let total: u64 = [&from.positive, &from.negative].iter().flat_map(|side| &side.counts).sum();
            assert_eq!(native.count, from.zero_count + total);
        }
        // Which of several reasons is found first does not matter.
        Err(_) => assert!(outcome.is_err()),
    }
}

proptest! {
    #[test]
    fn px72_px74_px77_pb11_pb12_buckets_come_back_as_they_were(
        from in histograms(prop_oneof![3 => Just(0_u64), 2 => 1..1000_u64])
    ) {
        check(&from);
    }

    #[test]
    fn px83_any_count_comes_back_or_is_an_error(
        from in histograms(prop_oneof![8 => 0..3_u64, 1 => Just(i64::MAX as u64 / 4), 1 => any::<u64>()])
    ) {
        check(&from);
    }
}

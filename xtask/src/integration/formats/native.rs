//! Native histograms by their definition, from single values.

use std::collections::BTreeMap;

use super::judge::Native;

/// Up to this distance from 0 a value is in the zero bucket, unless the source sets a threshold.
const ZERO_THRESHOLD: f64 = 1e-128;

/// Which borders belong to a bucket, as Prometheus' API counts it.
const UPPER: u64 = 0;
const LOWER: u64 = 1;
const BOTH: u64 = 3;

pub(super) fn histogram(schema: i32, values: &[f64]) -> Native {
    let counts = |values: &mut dyn Iterator<Item = f64>| {
        let mut counts = BTreeMap::<i64, f64>::new();
        values.for_each(|value| *counts.entry(index(schema, value)).or_default() += 1.0);
        counts
    };
    let negative = counts(&mut values.iter().filter(|value| **value < 0.0).map(|value| -value));
    let positive = counts(&mut values.iter().copied().filter(|value| *value > 0.0));
    let zeros = values.iter().filter(|value| **value == 0.0).count();

    let mirrored = negative.into_iter().rev().map(|(index, count)| {
        let (low, high) = borders(schema, index);
        (LOWER, -high, -low, count)
    });
    let zero = (zeros > 0).then_some((BOTH, -ZERO_THRESHOLD, ZERO_THRESHOLD, zeros as f64));
    let positive = positive.into_iter().map(|(index, count)| {
        let (low, high) = borders(schema, index);
        (UPPER, low, high, count)
    });
    let buckets = mirrored.chain(zero).chain(positive).collect();
    Native { count: values.len() as f64, sum: values.iter().sum(), buckets }
}

/// The borders of the bucket that a value is in, for quantiles.
pub(super) fn around(schema: i32, value: f64) -> (f64, f64) {
    if value == 0.0 {
        return (-ZERO_THRESHOLD, ZERO_THRESHOLD);
    }
    let (low, high) = borders(schema, index(schema, value.abs()));
    if value > 0.0 { (low, high) } else { (-high, -low) }
}

/// The bucket `(base^(index-1), base^index]` that a value above 0 is in.
fn index(schema: i32, value: f64) -> i64 {
    (value.log2() * f64::from(schema).exp2()).ceil() as i64
}

fn borders(schema: i32, index: i64) -> (f64, f64) {
    let border = |index: i64| (index as f64 * f64::from(-schema).exp2()).exp2();
    (border(index - 1), border(index))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_in_their_buckets() {
        let native = histogram(0, &[4.0, 3.0, 4.5, 0.0, -3.0, -0.75]);
        assert_eq!((native.count, native.sum), (6.0, 7.75));
        assert_eq!(
            native.buckets,
            [
                (LOWER, -4.0, -2.0, 1.0),
                (LOWER, -1.0, -0.5, 1.0),
                (BOTH, -1e-128, 1e-128, 1.0),
                (UPPER, 2.0, 4.0, 2.0),
                (UPPER, 4.0, 8.0, 1.0),
            ]
        );
        assert_eq!(around(0, -3.0), (-4.0, -2.0));
    }
}

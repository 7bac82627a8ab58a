//! Exponential histograms as cumulative counts at fixed bounds, for formats without native histograms.
//!
//! A power of two is a border between buckets of every exponential histogram whose scale is not negative, and a power
//! of four of those with scale -1 as well. At such bounds the counts are exact; at others they are estimates.

use std::iter::Peekable;

use crate::histogram::{Exponential, ExponentialBuckets};

const MANTISSA_BITS: u32 = f64::MANTISSA_DIGITS - 1;
const EXPONENT_BIAS: i32 = f64::MAX_EXP - 1;

/// 1 ms to 2 min in powers of two. The SDK's finest buckets would allow more, but each bound is a series of its own.
static SECONDS: [f64; 18] = powers_of_two(-10, 1);
static MILLISECONDS: [f64; 18] = powers_of_two(0, 1);
/// 1 µs to 1 min in powers of four: who measures in these units expects short times.
static MICROSECONDS: [f64; 14] = powers_of_two(0, 2);
static NANOSECONDS: [f64; 14] = powers_of_two(10, 2);
/// 64 B to 4 GiB in powers of four.
static BYTES: [f64; 14] = powers_of_two(6, 2);
/// A thousandth to a thousand million, because nothing is known: ratios, numbers of things, hours.
static ANYTHING: [f64; 21] = powers_of_two(-10, 2);

/// The bounds for exponential histograms of this unit (a UCUM symbol), unless the user gives others.
pub(crate) fn default_bounds(unit: &str) -> &'static [f64] {
    match unit {
        "s" => &SECONDS,
        "ms" => &MILLISECONDS,
        "us" => &MICROSECONDS,
        "ns" => &NANOSECONDS,
        "By" => &BYTES,
        _ => &ANYTHING,
    }
}

/// Whether `bounds` are finite and ascending. There may be none: the infinite bucket is enough for a histogram.
pub(crate) fn are_valid_bounds(bounds: &[f64]) -> bool {
    bounds.iter().all(|bound| bound.is_finite()) && bounds.is_sorted_by(|a, b| a < b)
}

/// Replaces `cumulative` by the number of values up to each of `bounds`.
///
/// A bucket that lies across a bound counts by the share that is below the bound, as if its values were spread evenly
/// over the logarithms; Prometheus 3 interpolates native histograms like that too. The zero bucket counts as 0. A value
/// that equals a negative bound counts as above it, because negative buckets leave out their border nearest to 0. The
/// counts never descend and are never above the count of all.
pub(crate) fn fill_cumulative(from: &Exponential, bounds: &[f64], cumulative: &mut Vec<u64>) {
    // On a logarithmic axis with the buckets as its unit, negative values run backwards.
    let mut negative = Sweep::new(buckets(&from.negative).rev().map(|(lower, count)| (-lower - 1.0, count)));
    let mut positive = Sweep::new(buckets(&from.positive));
    let mut highest = 0;
    cumulative.clear();
    cumulative.extend(bounds.iter().map(|&bound| {
        let count = if bound < 0.0 {
            negative.count_up_to(-position(-bound, from.scale))
        } else {
            let up_to_zero = negative.count_up_to(f64::INFINITY).saturating_add(from.zero_count);
            let above = if bound > 0.0 { positive.count_up_to(position(bound, from.scale)) } else { 0 };
            up_to_zero.saturating_add(above)
        };
        // No error of a logarithm may make a histogram that Prometheus rejects.
        highest = count.max(highest).min(from.count);
        highest
    }));
}

/// The lower border of each bucket, as the power of the base, and its count.
fn buckets(from: &ExponentialBuckets) -> impl DoubleEndedIterator<Item = (f64, u64)> {
    let counts = from.counts.iter().enumerate();
    counts.map(|(position, count)| (f64::from(from.offset) + position as f64, *count))
}

/// Counts what lies below positions that ascend, in one pass over buckets of width 1 that ascend.
struct Sweep<I: Iterator<Item = (f64, u64)>> {
    buckets: Peekable<I>,
    below: u64,
}

impl<I: Iterator<Item = (f64, u64)>> Sweep<I> {
    fn new(buckets: I) -> Self {
        Self { buckets: buckets.peekable(), below: 0 }
    }

    fn count_up_to(&mut self, position: f64) -> u64 {
        while let Some((_, count)) = self.buckets.next_if(|(lower, _)| lower + 1.0 <= position) {
            self.below = self.below.saturating_add(count);
        }
        let share = match self.buckets.peek() {
            Some((lower, count)) if *lower < position => ((position - lower) * *count as f64).round() as u64,
            _ => 0,
        };
        self.below.saturating_add(share)
    }
}

/// The power to which the base must be raised to give `bound`, which is above 0. It is exact if `bound` is a power of
/// two, because the exponent is then read and not computed.
fn position(bound: f64, scale: i8) -> f64 {
    // The smallest doubles keep their exponent elsewhere, until they are made larger.
    let (bound, raised) = if bound < f64::MIN_POSITIVE { (bound * power_of_two(64), 64) } else { (bound, 0) };
    let bits = bound.to_bits();
    let exponent = (bits >> MANTISSA_BITS) as i32 - EXPONENT_BIAS - raised;
    let mantissa = f64::from_bits(bits & ((1 << MANTISSA_BITS) - 1) | 1_f64.to_bits());
    (f64::from(exponent) + mantissa.log2()) * power_of_two(scale.into())
}

/// `2^exponent`, for an `exponent` from -1022 to 1023.
const fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((exponent + EXPONENT_BIAS) as u64) << MANTISSA_BITS)
}

/// `2^first`, and each `2^step` times the one before.
const fn powers_of_two<const N: usize>(first: i32, step: i32) -> [f64; N] {
    let mut powers = [0.0; N];
    let mut i = 0;
    while i < N {
        powers[i] = power_of_two(first + step * i as i32);
        i += 1;
    }
    powers
}

#[cfg(test)]
mod tests;

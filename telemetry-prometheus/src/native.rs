//! From OpenTelemetry's exponential histograms to Prometheus' native ones.
//!
//! Both count in buckets whose borders are powers of `2^(2^-n)`. OpenTelemetry calls `n` the scale and names a bucket
//! by its lower border; Prometheus calls it the schema, and names the same bucket by its upper border: one more.

use std::iter::repeat_n;

use crate::histogram::{Exponential, ExponentialBuckets};

/// The coarsest and the finest buckets that Prometheus knows.
const MIN_SCHEMA: i8 = -4;
const MAX_SCHEMA: i8 = 8;

/// What the specification puts where no threshold is set. A threshold above 0 also tells Prometheus that a histogram
/// without observations is a native one: there is never a need for the empty span that would tell it otherwise.
const DEFAULT_ZERO_THRESHOLD: f64 = 1e-128;

/// So many empty buckets between two others are written as zeros, more begin a new span: the most with which the
/// specification's own example comes out as it is printed.
const BRIDGED: i64 = 1;

/// The part of a native histogram that is in its buckets, as Prometheus' protobuf format has it.
#[derive(Debug, Default)]
pub(crate) struct Native {
    /// All observations that are in a bucket, the zero bucket included: the count to send. The source may claim more,
    /// because the SDK counts a value before it finds that its few buckets cannot hold it. Prometheus 3 rejects a
    /// count that the buckets do not add up to, and with it the whole scrape.
    pub(crate) count: u64,
    pub(crate) schema: i32,
    pub(crate) zero_threshold: f64,
    pub(crate) zero_count: u64,
    pub(crate) positive: NativeBuckets,
    pub(crate) negative: NativeBuckets,
}

#[derive(Debug, Default)]
pub(crate) struct NativeBuckets {
    /// Runs of buckets: the buckets skipped since the run before (the index of the first bucket, if there is none
    /// before), and the length.
    pub(crate) spans: Vec<(i32, u32)>,
    /// For each bucket of all spans how its count differs from the one before, the first from 0.
    pub(crate) deltas: Vec<i64>,
}

/// Why an exponential histogram cannot be a native one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotNative {
    /// Buckets that are wider than the widest of Prometheus cannot be split.
    TooCoarse,
    /// A count has no place in the signed numbers of the format. A smaller one would be wrong without a trace.
    TooMany,
    /// A bucket index has no place in 32 bits. No double is that large or that small.
    OutOfRange,
}

impl Native {
    /// Replaces the content by that of `from`, in the memory that is there. After an error the content is of no use.
    pub(crate) fn fill(&mut self, from: &Exponential) -> Result<(), NotNative> {
        if from.scale < MIN_SCHEMA {
            return Err(NotNative::TooCoarse);
        }
        let schema = from.scale.min(MAX_SCHEMA);
        // The type holds scales for which the shift would overflow. Far below that, every index is 0 or -1 already.
        let shift = u32::from(from.scale.abs_diff(schema)).min(i64::BITS - 1);

        self.schema = schema.into();
        self.zero_threshold = if from.zero_threshold > 0.0 { from.zero_threshold } else { DEFAULT_ZERO_THRESHOLD };
        self.zero_count = from.zero_count;
        let in_buckets = [self.positive.fill(&from.positive, shift)?, self.negative.fill(&from.negative, shift)?];
        let count = in_buckets.into_iter().try_fold(from.zero_count, u64::checked_add);
        self.count = count.ok_or(NotNative::TooMany)?;
        Ok(())
    }
}

impl NativeBuckets {
    /// Merges `2^shift` neighbours into one and returns the count of all.
    fn fill(&mut self, from: &ExponentialBuckets, shift: u32) -> Result<u64, NotNative> {
        self.spans.clear();
        self.deltas.clear();
        let mut total = 0_u64;
        let mut next = 0;
        // The deltas are plain counts until all are there.
        for (position, count) in (0_i64..).zip(&from.counts).filter(|(_, count)| **count > 0) {
            total = total.checked_add(*count).ok_or(NotNative::TooMany)?;
            let count = i64::try_from(*count).map_err(|_| NotNative::TooMany)?;
            let index = ((i64::from(from.offset) + position) >> shift) + 1;
            let index = i32::try_from(index).map_err(|_| NotNative::OutOfRange)?;
            let gap = i64::from(index) - next;
            match (self.deltas.last_mut(), self.spans.last_mut()) {
                (Some(merged), _) if gap < 0 => *merged = merged.checked_add(count).ok_or(NotNative::TooMany)?,
                (Some(_), Some((_, length))) if gap <= BRIDGED => {
                    self.deltas.extend(repeat_n(0, gap as usize));
                    self.deltas.push(count);
                    *length += gap as u32 + 1;
                }
                _ => {
                    self.spans.push((i32::try_from(gap).map_err(|_| NotNative::OutOfRange)?, 1));
                    self.deltas.push(count);
                }
            }
            next = i64::from(index) + 1;
        }

        let mut before = 0;
        for delta in &mut self.deltas {
            let count = *delta;
            *delta = count - before;
            before = count;
        }
        Ok(total)
    }
}

#[cfg(test)]
mod tests;

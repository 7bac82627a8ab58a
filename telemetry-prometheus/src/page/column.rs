//! The values of a source's points, copied in the order in which they lie in memory.

use std::ops::Range;

use crate::number::Number;
use crate::source::{Classic, Point, PointValue, Points};

/// Values of one source, in memory that is used for one source after the other.
#[derive(Debug, Default)]
pub(crate) struct Column {
    /// Values of numbers, or sums of histograms.
    numbers: Vec<Number>,
    histograms: Vec<Histogram>,
    /// Bounds of the histograms; those that are equal to the ones before are not repeated.
    bounds: Vec<f64>,
    /// Cumulative counts, for each histogram as many as it has bounds.
    cumulative: Vec<u64>,
    /// The times that the source insists on, in milliseconds, or nothing if it never does.
    timestamps_ms: Vec<i64>,
}

#[derive(Debug)]
struct Histogram {
    bounds: Range<usize>,
    first_count: usize,
    count: u64,
}

impl Column {
    pub(super) fn clear(&mut self) {
        self.numbers.clear();
        self.histograms.clear();
        self.bounds.clear();
        self.cumulative.clear();
        self.timestamps_ms.clear();
    }

    /// How many points have a value here; complex ones do not.
    pub(super) fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Gives up memory that is far too large for so many points.
    pub(super) fn shrink(&mut self, points: usize) {
        if self.numbers.capacity() > super::MUCH.max(4 * points) {
            *self = Self::default();
        }
    }

    pub(crate) fn push_number(&mut self, number: Number) {
        self.numbers.push(number);
    }

    pub(crate) fn push_histogram<B: Iterator<Item = f64>>(
        &mut self,
        sum: Number,
        count: u64,
        bounds: impl Fn() -> B,
        cumulative: impl Iterator<Item = u64>,
    ) {
        let bits = |bound: f64| bound.to_bits();
        let last = self.histograms.last().map(|last| last.bounds.clone());
        // Zero and negative zero are equal, but not in writing.
        let is_known =
            |known: &Range<usize>| self.bounds[known.clone()].iter().copied().map(bits).eq(bounds().map(bits));
        let bounds = last.filter(is_known).unwrap_or_else(|| {
            let start = self.bounds.len();
            self.bounds.extend(bounds());
            start..self.bounds.len()
        });
        let first_count = self.cumulative.len();
        self.cumulative.extend(cumulative);
        // Whatever the source says, there is a count for each bound.
        self.cumulative.resize(first_count + bounds.len(), count);
        self.numbers.push(sum);
        self.histograms.push(Histogram { bounds, first_count, count });
    }

    pub(crate) fn push_timestamp(&mut self, timestamp_ms: i64) {
        self.timestamps_ms.push(timestamp_ms);
    }

    /// The point at `position` of `points`, from which the column was read.
    pub(super) fn point<'a>(&'a self, position: usize, points: &'a dyn Points) -> Option<Point<'a>> {
        let value = match (self.numbers.get(position), self.histograms.get(position)) {
            (Some(sum), Some(Histogram { bounds, first_count, count })) => PointValue::Classic(Classic {
                bounds: &self.bounds[bounds.clone()],
                cumulative: &self.cumulative[*first_count..][..bounds.len()],
                count: *count,
                sum: *sum,
            }),
            (Some(number), None) => PointValue::Number(*number),
            (None, _) => points.complex(position)?,
        };
        let timestamp_ms = self.timestamps_ms.get(position).copied().unwrap_or(0);
        Some(Point { value, timestamp_ms })
    }
}

//! Classic buckets of any histogram, in memory that is used again and again.

use crate::classic;
use crate::histogram::{ClassicBuckets, Exponential};
use crate::number::Number;
use crate::page::ReadyExemplar;
use crate::source::{ExponentialPoint, HistogramPoint};

#[derive(Debug, Default)]
pub(super) struct Buckets {
    pub(super) classic: ClassicBuckets,
    pub(super) exponential: Exponential,
    pub(super) sum: Number,
    pub(super) count: u64,
    /// Whether there are negative values, or room for them: then the sum may fall.
    pub(super) is_signed: bool,
    /// For each bucket, the infinite one included, the newest exemplar in it.
    exemplars: Vec<Option<usize>>,
}

impl Buckets {
    pub(super) fn fill_classic(&mut self, point: &dyn HistogramPoint) {
        point.fill(&mut self.classic);
        self.sum = point.sum();
        self.count = point.count();
        self.is_signed = self.classic.bounds.first().is_some_and(|bound| *bound < 0.0);
    }

    /// Fills the exponential buckets, and the classic ones with the counts below `bounds`.
    pub(super) fn fill_exponential(&mut self, point: &dyn ExponentialPoint, bounds: &[f64]) {
        point.fill(&mut self.exponential);
        self.sum = point.sum();
        self.count = self.exponential.count;
        let is_negative = self.exponential.negative.counts.iter().any(|count| *count > 0);
        self.is_signed = is_negative || bounds.first().is_some_and(|bound| *bound < 0.0);
        self.classic.bounds.clear();
        self.classic.bounds.extend(bounds);
        classic::fill_cumulative(&self.exponential, bounds, &mut self.classic.cumulative);
    }

    pub(super) fn distribute(&mut self, exemplars: &[ReadyExemplar]) {
        self.exemplars.clear();
        if exemplars.is_empty() {
            return;
        }
        let bounds = &self.classic.bounds;
        self.exemplars.resize(bounds.len() + 1, None);
        for (index, exemplar) in exemplars.iter().enumerate() {
            let bucket = bounds.partition_point(|bound| *bound < exemplar.value);
            let slot = &mut self.exemplars[bucket];
            if slot.is_none_or(|other| exemplars[other].time <= exemplar.time) {
                *slot = Some(index);
            }
        }
    }

    /// The exemplar of a bucket, after [`distribute`](Self::distribute).
    pub(super) fn exemplar<'e>(&self, bucket: usize, exemplars: &'e [ReadyExemplar]) -> Option<&'e ReadyExemplar> {
        exemplars.get((*self.exemplars.get(bucket)?)?)
    }
}

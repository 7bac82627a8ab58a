//! Classic buckets of any histogram, in memory that is used again and again.

use crate::classic;
use crate::histogram::Exponential;
use crate::number::Number;
use crate::page::ReadyExemplar;
use crate::source::{Classic, ExponentialPoint};

#[derive(Debug, Default)]
pub(super) struct Buckets {
    pub(super) exponential: Exponential,
    cumulative: Vec<u64>,
}

impl Buckets {
    pub(super) fn read(&mut self, point: &dyn ExponentialPoint) {
        point.fill(&mut self.exponential);
    }

    /// The histogram that was read last, with the classic buckets that `bounds` make.
    pub(super) fn classic<'a>(&'a mut self, bounds: &'a [f64], sum: Number) -> Classic<'a> {
        classic::fill_cumulative(&self.exponential, bounds, &mut self.cumulative);
        Classic { bounds, cumulative: &self.cumulative, count: self.exponential.count, sum }
    }

    /// Whether there are negative values, so that the sum may fall.
    pub(super) fn has_negative_values(&self) -> bool {
        !self.exponential.negative.counts.is_empty()
    }
}

/// For each bucket, the infinite one included, the newest exemplar in it.
#[derive(Debug, Default)]
pub(super) struct BucketExemplars {
    newest: Vec<Option<usize>>,
}

impl BucketExemplars {
    pub(super) fn distribute(&mut self, exemplars: &[ReadyExemplar], bounds: &[f64]) {
        self.newest.clear();
        if exemplars.is_empty() {
            return;
        }
        self.newest.resize(bounds.len() + 1, None);
        for (index, exemplar) in exemplars.iter().enumerate() {
            let bucket = bounds.partition_point(|bound| *bound < exemplar.value);
            let slot = &mut self.newest[bucket];
            if slot.is_none_or(|other| exemplars[other].time <= exemplar.time) {
                *slot = Some(index);
            }
        }
    }

    /// The exemplar of a bucket, after [`distribute`](Self::distribute).
    pub(super) fn get<'e>(&self, bucket: usize, exemplars: &'e [ReadyExemplar]) -> Option<&'e ReadyExemplar> {
        exemplars.get((*self.newest.get(bucket)?)?)
    }
}

//! What is recorded of requests that have ended, and its way to the instruments.

use telemetry_core::bound::{Local, Sink, Stripe};

use crate::metrics::Metrics;
use crate::overflow::OVERFLOW;

/// A request that has ended, and the place of its series.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record {
    pub(crate) series: u32,
    /// The place of the head that was counted as active until now.
    pub(crate) started: u32,
    pub(crate) what: What,
    pub(crate) seconds: f64,
    pub(crate) request_bytes: u64,
    pub(crate) response_bytes: u64,
}

/// What a record tells of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// All of it.
    Answered,
    /// All of it; there was no response head, and so no response to have a size.
    Unanswered,
    /// Only the time until the head was there.
    HeadDuration,
    /// Only the duration of a gRPC call, whose series are in a table of their own.
    Call,
}

impl What {
    /// Whether the record tells that a request has ended: others go with such a one.
    #[inline]
    pub(crate) fn is_request(self) -> bool {
        matches!(self, Self::Answered | Self::Unanswered)
    }
}

/// Records nothing but a time.
#[cold]
pub(crate) fn record_time(metrics: &Local<Metrics>, what: What, series: u32, seconds: f64) {
    metrics.record(Record { series, started: OVERFLOW, what, seconds, request_bytes: 0, response_bytes: 0 });
}

/// Requests with the same head that are active no more.
struct Left {
    head: u32,
    requests: i64,
}

impl Metrics {
    #[inline(always)]
    fn record_values(&self, record: &Record) {
        if let (What::Call, Some(calls)) = (record.what, &self.calls) {
            return calls.record(record);
        }
        self.series.get(record.series).unwrap_or(&self.overflow).record(record);
    }

    fn leave(&self, left: &Left, stripe: Stripe) {
        if left.requests > 0
            && let Some(active) = self.active(self.head_at(left.head))
        {
            active.add_later(-left.requests, stripe);
        }
    }
}

impl Sink for Metrics {
    type Record = Record;
    type Ongoing = ();

    fn record(&self, record: Record) {
        self.record_values(&record);
        if record.what.is_request()
            && let Some(active) = self.active(self.head_at(record.started))
        {
            active.add_now(-1);
        }
    }

    fn record_all(&self, records: impl Iterator<Item = Record>, stripe: Stripe) {
        // Most requests have the head of the one before.
        let mut left = Left { head: OVERFLOW, requests: 0 };
        for record in records {
            self.record_values(&record);
            if record.what.is_request() {
                if left.head != record.started {
                    self.leave(&left, stripe);
                    left = Left { head: record.started, requests: 0 };
                }
                left.requests += 1;
            }
        }
        self.leave(&left, stripe);
    }

    fn drain(&self) {
        self.counts().iter().for_each(|count| count.drain());
    }
}

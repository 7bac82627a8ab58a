//! How a request ends: the series that it belongs to, and its record.

use std::num::NonZeroU64;
use std::time::Duration;

use telemetry_core::ErrorType;

use super::{Asides, Ending, InFlight};
use crate::bytes::ByteCount;
use crate::grpc::{self, Ended};
use crate::series::{NO_EXTRAS, Record, SeriesKey, What};
use crate::side::Side;

impl InFlight {
    /// What went wrong, apart from what the status says.
    #[inline]
    fn error(&self) -> Option<ErrorType> {
        match self.ending {
            Ending::Complete => None,
            Ending::Failed(error) => Some(error),
            // A client's caller did that on purpose.
            Ending::Cancelled if self.metrics.options.side == Side::Client => None,
            Ending::Cancelled => (self.response_bytes < self.announced_bytes).then_some(ErrorType::Cancelled),
        }
    }

    /// No route was known at first.
    #[cold]
    fn without_route(&self) {
        let metrics = &self.metrics;
        let found = || metrics.head_at(self.head).is_some_and(|head| head.route.is_some());
        if let Some(status) = self.status
            && !found()
        {
            metrics.missing_route.check(&metrics.options, status);
        }
    }

    /// The place of the series that the request belongs to.
    #[inline]
    fn series(&mut self, seconds: f64) -> u32 {
        let asides = self.asides.take();
        match (self.status, self.error(), &asides) {
            (Some(status), None, None) => {
                self.end_call(None, Some(NO_EXTRAS), None, seconds);
                self.metrics.plain_series(self.head, self.metrics.head_at(self.head), status)
            }
            (_, error, _) => self.special_series(error, asides, seconds),
        }
    }

    #[cold]
    fn special_series(&mut self, error: Option<ErrorType>, asides: Option<Box<Asides>>, seconds: f64) -> u32 {
        let mut asides = asides.map(|asides| *asides).unwrap_or_default();
        // What the handler has set while it ran.
        let (attributes, route) = asides.labels.map(|labels| labels.take()).unwrap_or_default();
        asides.extras.extend(attributes);
        if let Some(route) = route {
            self.head = self.metrics.head_with_route(self.head, route.as_str());
        }
        let extras = self.metrics.extras(&asides.extras);
        self.end_call(error, extras, asides.unproven.as_deref(), seconds);
        let error = error.or_else(|| self.metrics.status_error(self.status?));
        let key = extras.map(|extras| SeriesKey { head: self.head, extras, status: self.status, error });
        self.metrics.series(key)
    }

    #[cold]
    fn record_head_duration(&self, series: u32, nanos: NonZeroU64) {
        let seconds = Duration::from_nanos(nanos.get()).as_secs_f64();
        self.metrics.record(Record::of_time(What::HeadDuration, series, seconds));
    }

    /// If the request is a gRPC call, records that it has ended with `error`, or else with its status.
    #[inline]
    fn end_call(&self, error: Option<ErrorType>, extras: Option<u32>, unproven: Option<&str>, seconds: f64) {
        if self.call.is_some() {
            // On a client the status of HTTP alone does not say how the call would have ended.
            let left = self.metrics.options.side == Side::Client && self.ending == Ending::Cancelled;
            let outcome = self.call.outcome(error.map_or(Ok(self.status.filter(|_| !left)), Err));
            let head = self.started.unwrap_or(self.head);
            let ended = Ended { call: self.call, unproven, outcome, head, extras, seconds };
            grpc::record(&self.metrics, &ended);
        }
    }
}

impl Drop for InFlight {
    #[inline]
    fn drop(&mut self) {
        let seconds = self.start.elapsed().as_secs_f64();
        let series = self.series(seconds);
        let metrics = &self.metrics;
        if let Some(nanos) = self.head_nanos {
            self.record_head_duration(series, nanos);
        }
        metrics.record(Record {
            series,
            what: if self.status.is_some() { What::Answered } else { What::Unanswered },
            seconds,
            request_bytes: self.request_bytes.as_ref().map_or(0, ByteCount::get),
            response_bytes: self.response_bytes,
        });
        // A function of the caller's may have panicked before.
        let started = self.started.unwrap_or_else(|| self.count_as_active());
        let metrics = &self.metrics;
        let head = metrics.head_at(started);
        if let Some(active) = metrics.active(head) {
            active.add(-1, metrics);
        }
        if head.is_some_and(|head| head.route.is_none()) {
            self.without_route();
        }
    }
}

//! How a request ends: the series that it belongs to, and its record.

use std::time::Duration;

use telemetry_core::ErrorType;

use super::{Asides, Measured};
use crate::grpc::{self, Ended};
use crate::lifecycle::Ending;
use crate::record::{Record, What, record_time};
use crate::series::{NO_EXTRAS, SeriesKey};
use crate::side::Side;

impl Measured {
    /// Records the request, and leaves nothing behind that the next one would find.
    #[inline]
    pub(super) fn record(&mut self) {
        let took = self.state.tie.took();
        let seconds = took.as_secs_f64();
        // A function of the caller's may have panicked before.
        let started = self.state.started.unwrap_or_else(|| self.count_as_active());
        let series = self.series(seconds);
        let (metrics, state) = (&self.metrics, &mut *self.state);
        state.tie.offer(metrics, series, took);
        state.tie.undo();
        if let Some(nanos) = state.head_nanos {
            let seconds = Duration::from_nanos(nanos.get()).as_secs_f64();
            record_time(metrics, What::HeadDuration, series, seconds);
        }
        metrics.record(Record {
            series,
            started,
            what: if state.progress.status.is_some() { What::Answered } else { What::Unanswered },
            seconds,
            request_bytes: std::mem::take(&mut state.request_bytes).get(),
            response_bytes: state.progress.response_bytes,
        });
        #[cfg(feature = "client")]
        drop(state.connection.take());
    }

    /// The place of the series that the request belongs to.
    #[inline]
    fn series(&mut self, seconds: f64) -> u32 {
        let asides = self.state.asides.take();
        match (self.state.progress.status, self.state.progress.error(self.metrics.options.common.side), &asides) {
            (Some(status), None, None) => {
                if self.state.call.is_some() {
                    self.end_call(None, Some(NO_EXTRAS), None, seconds);
                }
                self.metrics.plain_series(self.state.head, status)
            }
            (_, error, _) => self.special_series(error, asides, seconds),
        }
    }

    #[cold]
    fn special_series(&mut self, error: Option<ErrorType>, asides: Option<Box<Asides>>, seconds: f64) -> u32 {
        let mut asides = asides.map(|asides| *asides).unwrap_or_default();
        // What the handler has set while it ran.
        let (attributes, route) = asides.labels.map(|labels| labels.content()).unwrap_or_default();
        asides.extras.extend(attributes);
        if let Some(route) = route {
            self.state.head = self.metrics.head_with_route(self.state.head, route.as_str());
        }
        if let Some(status) = self.state.progress.status {
            self.metrics.check_route(self.metrics.head_at(self.state.head), status);
        }
        let extras = self.metrics.extras(&asides.extras);
        if self.state.call.is_some() {
            self.end_call(error, extras, asides.unproven.as_deref(), seconds);
        }
        let status = self.state.progress.status;
        let error = error.or_else(|| self.metrics.options.common.status_error(status?));
        let key = extras.map(|extras| SeriesKey { head: self.state.head, extras, status, error });
        self.metrics.series(key)
    }

    /// The request is a gRPC call: records that it has ended with `error`, or else with its status.
    fn end_call(&self, error: Option<ErrorType>, extras: Option<u32>, unproven: Option<&str>, seconds: f64) {
        let (metrics, state) = (&self.metrics, &*self.state);
        // On a client the status of HTTP alone does not say how the call would have ended.
        let left = metrics.options.common.side == Side::Client && state.progress.ending == Ending::Cancelled;
        let outcome = state.call.outcome(error.map_or(Ok(state.progress.status.filter(|_| !left)), Err));
        let head = state.started.unwrap_or(state.head);
        grpc::record(metrics, &Ended { call: state.call, unproven, outcome, head, extras, seconds });
    }
}

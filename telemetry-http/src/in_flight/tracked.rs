use std::mem::{ManuallyDrop, forget};
use std::time::Instant;

use bytes::Buf;
use http::request::Parts;
use http::response;
use http_body::{Body, Frame};
use telemetry_core::ErrorType;
use telemetry_core::bound::Local;

use super::{Ending, InFlight, State};
use crate::bytes::ByteCount;
use crate::metrics::Metrics;
use crate::spare::{Depot, Spare};

/// The one owner of a request on its way, first in the future and then in the body; or of none, if the request is not
/// observed or has ended. It is recorded when this is dropped, whoever drops it: that is the one place where a request
/// ends.
///
/// It is small, since whatever stands around the layer moves it along. What it points to is left to the next request, and
/// it is dropped by hand: the compiler would look once more at what is not there any longer.
#[derive(Debug, Default)]
pub(crate) struct Tracked(ManuallyDrop<Option<InFlight>>);

static DEPOT: Depot<Box<State>> = Depot::new();

thread_local! {
    static SPARE: Spare<Box<State>> = const { Spare::new(&DEPOT) };
}

impl Tracked {
    /// Starts the clock, and counts the request as active.
    #[inline]
    pub(crate) fn start<B: Body>(metrics: &Local<Metrics>, parts: &mut Parts, body: &B) -> (Self, ByteCount) {
        let start = Instant::now();
        let head = metrics.head_of(parts);
        let state = match Spare::take(&SPARE) {
            Some(mut spare) => {
                *spare = State::new(start, head, &parts.method);
                spare
            }
            None => Box::new(State::new(start, head, &parts.method)),
        };
        let mut tracked = Self(ManuallyDrop::new(Some(InFlight { metrics: metrics.clone(), state })));
        let bytes = tracked.with(|in_flight| in_flight.look_further(parts, body)).unwrap_or_default();
        (tracked, bytes)
    }

    /// Runs a step of the service. If it panics, the request ends with that.
    #[inline]
    pub(crate) fn step<T>(&mut self, run: impl FnOnce() -> T) -> T {
        let step = self.0.as_mut().map(Step);
        let result = run();
        forget(step);
        result
    }

    /// The head of the response is there. A body follows, unless the request has ended with that.
    #[inline]
    pub(crate) fn answered<B: Body>(&mut self, head: &response::Parts, body: &B) {
        if self.with(|in_flight| in_flight.answered(head, body)) == Some(true) {
            self.completed();
        }
    }

    /// A frame of the response's body is there; `is_end` says whether it was the last one.
    #[inline]
    pub(crate) fn frame<D: Buf>(&mut self, frame: &Frame<D>, is_end: impl FnOnce() -> bool) {
        if self.with(|in_flight| in_flight.frame(frame) || is_end()) == Some(true) {
            self.completed();
        }
    }

    /// The request has ended well; a status may be an error nevertheless.
    #[inline]
    pub(crate) fn completed(&mut self) {
        self.with(|in_flight| in_flight.state.ending = Ending::Complete);
        *self = Self::default();
    }

    /// The request has ended with an error of the service or of the response's body.
    pub(crate) fn failed<E: 'static>(&mut self, error: &E) {
        self.with(|in_flight| in_flight.failed(error));
        *self = Self::default();
    }

    /// Does something with the request, if there is one. Functions of the caller's may panic, and then the request ends
    /// with that.
    #[inline]
    fn with<T>(&mut self, act: impl FnOnce(&mut InFlight) -> T) -> Option<T> {
        let step = Step(self.0.as_mut()?);
        let result = act(step.0);
        forget(step);
        Some(result)
    }
}

/// Dropped while something unwinds, and at no other time: so a step that goes well costs nothing.
struct Step<'a>(&'a mut InFlight);

impl Drop for Step<'_> {
    fn drop(&mut self) {
        self.0.state.ending = Ending::Failed(ErrorType::Panic);
    }
}

impl Drop for Tracked {
    #[inline]
    fn drop(&mut self) {
        if let Some(in_flight) = self.0.take() {
            end(in_flight);
        }
    }
}

#[inline(never)]
fn end(mut in_flight: InFlight) {
    in_flight.end();
    Spare::leave(&SPARE, in_flight.state);
}

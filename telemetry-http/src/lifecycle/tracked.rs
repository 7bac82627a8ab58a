use std::mem::{ManuallyDrop, forget};
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Buf;
use http::Response;
use http_body::{Body, Frame};
use telemetry_core::ErrorType;

use super::{Ending, Observer, Progress};

/// The one owner of a request on its way, first in the future and then in the body; or of none, if the request is not
/// observed or has ended. The request ends when this is dropped, whoever drops it: that is the one place where it does.
///
/// It is small, since whatever stands around the layer moves it along. It is dropped by hand: the compiler would look once
/// more at what is not there any longer.
#[derive(Debug)]
pub(crate) struct Tracked<O: Observer>(ManuallyDrop<Option<O>>);

impl<O: Observer> Tracked<O> {
    /// Owns a request from here on.
    #[inline]
    pub(crate) fn new(observer: O) -> Self {
        Self(ManuallyDrop::new(Some(observer)))
    }

    /// Runs a step of the service in the observer's scope. If it panics, the request ends with that.
    #[inline]
    pub(crate) fn step<T>(&mut self, run: impl FnOnce() -> T) -> T {
        let entered = self.0.as_mut().map(|observer| {
            let (scope, progress) = observer.enter();
            (scope, Step(progress))
        });
        Self::run_in(entered, run)
    }

    /// The same for the last step, in which what the layer surrounds is dropped.
    #[inline]
    pub(crate) fn last_step(&mut self, run: impl FnOnce()) {
        match self.0.as_mut() {
            Some(observer) => Self::cancel(observer, run),
            None => run(),
        }
    }

    /// A thread that is ending may have no scope any more, and tells that by a panic, which must not go on from here.
    #[cold]
    fn cancel(observer: &mut O, run: impl FnOnce()) {
        let enter = |observer| catch_unwind(AssertUnwindSafe(|| O::enter(observer))).ok();
        Self::run_in(enter(observer).map(|(scope, progress)| (scope, Step(progress))), run);
    }

    #[inline(always)]
    fn run_in<T>(entered: Option<(O::Scope<'_>, Step<'_>)>, run: impl FnOnce() -> T) -> T {
        let result = run();
        // While something unwinds the scope is left first as well: it stands before the step.
        if let Some((scope, step)) = entered {
            drop(scope);
            forget(step);
        }
        result
    }

    /// The head of the response is there. A body follows, unless the request has ended with that.
    #[inline]
    pub(crate) fn answered<B: Body>(&mut self, response: &mut Response<B>) {
        let ended = self.with(|observer| {
            observer.progress().status = Some(response.status());
            observer.answered(response);
            observer.progress().answered(response)
        });
        if ended == Some(true) {
            self.completed();
        }
    }

    /// A frame of the response's body is there; `is_end` says whether it was the last one.
    #[inline]
    pub(crate) fn frame<D: Buf>(&mut self, frame: &Frame<D>, is_end: impl FnOnce() -> bool) {
        let ended = self.with(|observer| {
            if let Some(trailers) = frame.trailers_ref() {
                observer.trailers(trailers);
            }
            observer.progress().frame(frame) || is_end()
        });
        if ended == Some(true) {
            self.completed();
        }
    }

    /// The request has ended well; a status may be an error nevertheless.
    #[inline]
    pub(crate) fn completed(&mut self) {
        self.with(|observer| observer.progress().ending = Ending::Complete);
        *self = Self::default();
    }

    /// The request has ended with an error of the service or of the response's body.
    pub(crate) fn failed<E: 'static>(&mut self, error: &E) {
        self.with(|observer| observer.progress().ending = Ending::Failed(observer.failed(error)));
        *self = Self::default();
    }

    /// Does something with the request, if there is one. Functions of the caller's may panic, and then the request ends
    /// with that.
    #[inline]
    pub(crate) fn with<T>(&mut self, act: impl FnOnce(&mut O) -> T) -> Option<T> {
        let acting = Acting(self.0.as_mut()?);
        let result = act(acting.0);
        forget(acting);
        Some(result)
    }
}

impl<O: Observer> Default for Tracked<O> {
    fn default() -> Self {
        Self(ManuallyDrop::new(None))
    }
}

/// Dropped while something unwinds, and at no other time: so a step that goes well costs nothing.
struct Step<'a>(&'a mut Progress);

impl Drop for Step<'_> {
    fn drop(&mut self) {
        self.0.ending = Ending::Failed(ErrorType::Panic);
    }
}

/// The same, where the observer itself is at work.
struct Acting<'a, O: Observer>(&'a mut O);

impl<O: Observer> Drop for Acting<'_, O> {
    fn drop(&mut self) {
        drop(Step(self.0.progress()));
    }
}

impl<O: Observer> Drop for Tracked<O> {
    #[inline]
    fn drop(&mut self) {
        if let Some(observer) = self.0.take() {
            observer.end();
        }
    }
}

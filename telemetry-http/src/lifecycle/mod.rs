//! A request on its way, whoever observes it: what happens to it, and that it ends once.

mod progress;
mod slot;
mod tracked;

use std::fmt;

use http::{HeaderMap, Response};
use telemetry_core::ErrorType;

pub(crate) use progress::{Ending, Progress};
#[cfg(feature = "trace")]
pub(crate) use slot::Emptied;
pub(crate) use slot::{Kept, Slot};
pub(crate) use tracked::Tracked;

/// What a layer keeps of a request on its way.
pub trait Observer: fmt::Debug {
    /// Where the future and the body are kept: whether they are dropped in the scope, too.
    type Slot<T>: Slot<T>;

    /// What surrounds each step of the service: it is made before the step and dropped after it, whatever happens.
    type Scope<'a>
    where
        Self: 'a;

    /// Surrounds a step of the service, and gives access to what is known meanwhile.
    fn enter(&mut self) -> (Self::Scope<'_>, &mut Progress);

    /// What is known of the request so far.
    fn progress(&mut self) -> &mut Progress;

    /// The head of the response is there. Functions of the caller's may be asked, which may panic.
    fn answered<B>(&mut self, response: &mut Response<B>);

    /// The trailers of the response are there.
    fn trailers(&mut self, trailers: &HeaderMap);

    /// What kind an error is, of the service or of the response's body. That may be for a function of the caller's to say,
    /// which may panic.
    fn failed<E: 'static>(&mut self, error: &E) -> ErrorType;

    /// The request has ended.
    fn end(self);
}

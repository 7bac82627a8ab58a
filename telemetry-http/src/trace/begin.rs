//! How a span begins, also where the caller is asked for what it is to show.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use http::request::Parts;

use super::options::TraceOptions;
use super::shared::{Ready, Start, Started, TraceShared};

type Begun = Option<(Started, Start)>;
type Panic = Box<dyn Any + Send>;

impl TraceShared {
    /// Starts a span; absent if nobody wants it. A function of the caller's may panic: the request is one by then, and gets
    /// a span that knows nothing of the functions. The panic has to go on.
    #[inline]
    pub(super) fn begin(&self, ready: &Ready, parts: &Parts, start: impl Fn() -> Start) -> (Begun, Option<Panic>) {
        if !self.asks_caller {
            return (self.ask_and_begin(ready, parts, start), None);
        }
        match catch_unwind(AssertUnwindSafe(|| self.ask_and_begin(ready, parts, &start))) {
            Ok(begun) => (begun, None),
            Err(panic) => (self.with(TraceOptions::ask_nobody).ask_and_begin(ready, parts, start), Some(panic)),
        }
    }

    #[inline]
    fn ask_and_begin(&self, ready: &Ready, parts: &Parts, start: impl Fn() -> Start) -> Begun {
        if let Some(tracer) = &ready.tracer {
            let start = start();
            return Some((self.start_on_api(ready, tracer, start, parts), start));
        }
        // A span that nobody wants does not look at the clock.
        let started = self.start_on_tracing(ready, parts)?;
        Some((started, start()))
    }
}

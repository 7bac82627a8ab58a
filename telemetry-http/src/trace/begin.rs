//! How a span begins, also where the caller is asked for what it is to show.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use http::request::Parts;
use http_body::Body;

use super::observer::Traced;
use super::options::TraceOptions;
use super::shared::{Start, Started, TraceShared};
use crate::bytes::ByteCount;
use crate::joint::{Joint, Kind};
use crate::lifecycle::Tracked;

type SharedJoint = Option<Arc<Joint>>;

impl TraceShared {
    pub(super) fn start<B: Body>(self: &Arc<Self>, parts: &mut Parts, body: &B) -> (Tracked<Traced>, ByteCount) {
        if self.options.way.is_off() {
            return self.skip(parts);
        }
        let joint = Joint::meet(self.options.common.side, Kind::Spans, &mut parts.extensions);
        if self.asks_caller {
            return self.start_and_catch(joint, parts, body);
        }
        match self.begin(&joint, parts) {
            Some(begun) => self.own(begun, joint, parts, body),
            None => self.skip(parts),
        }
    }

    /// A function of the caller's may panic: the request is one by then, and gets a span that knows nothing of the functions.
    fn start_and_catch<B: Body>(
        self: &Arc<Self>,
        joint: SharedJoint,
        parts: &mut Parts,
        body: &B,
    ) -> (Tracked<Traced>, ByteCount) {
        let (begun, panic) = match catch_unwind(AssertUnwindSafe(|| self.begin(&joint, parts))) {
            Ok(begun) => (begun, None),
            Err(panic) => (self.with(TraceOptions::ask_nobody).begin(&joint, parts), Some(panic)),
        };
        let (mut tracked, bytes) = match begun {
            Some(begun) => self.own(begun, joint, parts, body),
            None => self.skip(parts),
        };
        if let Some(panic) = panic {
            tracked.step(|| resume_unwind(panic));
        }
        (tracked, bytes)
    }

    /// Starts a span; absent if nobody wants it.
    #[inline]
    fn begin(&self, joint: &SharedJoint, parts: &Parts) -> Option<(Started, Start)> {
        let start = || match joint {
            Some(joint) => Start { instant: joint.start, time: joint.time },
            None => Start { instant: Instant::now(), time: SystemTime::now() },
        };
        let ready = self.ready();
        if let Some(tracer) = &ready.tracer {
            let start = start();
            return Some((self.start_on_api(ready, tracer, start, parts), start));
        }
        // A span that nobody wants does not look at the clock.
        let started = self.start_on_tracing(ready, parts)?;
        Some((started, start()))
    }

    /// Owns a request whose span has begun.
    #[inline]
    fn own<B: Body>(
        self: &Arc<Self>,
        (started, start): (Started, Start),
        joint: SharedJoint,
        parts: &mut Parts,
        body: &B,
    ) -> (Tracked<Traced>, ByteCount) {
        self.pass_on(started.span.context(), parts);
        if let (Some(joint), Some(identity)) = (&joint, started.span.identity()) {
            let _ = joint.span.set(identity);
        }
        Traced::start(self, started, (start, joint), parts, body)
    }
}

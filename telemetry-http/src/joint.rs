//! What the metrics and the span of one request have in common, so that they agree.
//!
//! Whichever layer stands outside leaves it in the extensions of the request, and the other one takes it from there. It
//! costs an allocation or two, so it is left only in a process that has layers of both kinds.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use http::Extensions;
use telemetry_core::exemplar::SpanIdentity;

use crate::labels::RequestLabels;
use crate::side::Side;

/// The kinds of layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    Metrics = 1,
    Spans = 2,
}

static KINDS: AtomicU8 = AtomicU8::new(0);

impl Kind {
    /// There is a layer of this kind from now on.
    pub(crate) fn exists(self) {
        KINDS.fetch_or(self as u8, Ordering::Relaxed);
    }

    /// Whether there may be somebody to agree with.
    #[inline]
    fn is_not_alone(self) -> bool {
        KINDS.load(Ordering::Relaxed) & !(self as u8) != 0
    }
}

/// The moments of one request, and its span.
#[derive(Debug)]
pub(crate) struct Joint {
    side: Side,
    by: Kind,
    /// Whether a layer inside has taken it. A copy of the request, sent once more by a layer between them, still holds it.
    is_taken: AtomicBool,
    pub(crate) start: Instant,
    pub(crate) time: SystemTime,
    /// Nanoseconds after the start; zero until one of the layers has ended the request.
    ended: AtomicU64,
    pub(crate) span: OnceLock<SpanIdentity>,
    /// What the handler may add to both, if the layer outside has asked for it.
    pub(crate) labels: OnceLock<RequestLabels>,
}

/// A request's extensions hold it until the inner layer takes it.
#[derive(Clone, Debug)]
struct Left(Arc<Joint>);

impl Joint {
    /// What the layer outside has left, or else what is left for one inside; absent if there is none of the other kind.
    #[inline]
    pub(crate) fn meet(side: Side, kind: Kind, extensions: &mut Extensions) -> Option<Arc<Self>> {
        if kind.is_not_alone() { Some(Self::take_or_leave(side, kind, extensions)) } else { None }
    }

    fn take_or_leave(side: Side, kind: Kind, extensions: &mut Extensions) -> Arc<Self> {
        if let Some(Left(joint)) = extensions.get()
            && joint.side == side
            && joint.by != kind
            && !joint.is_taken.swap(true, Ordering::Relaxed)
        {
            let joint = Arc::clone(joint);
            // A request within the request is another one.
            extensions.remove::<Left>();
            return joint;
        }
        let (start, time) = (Instant::now(), SystemTime::now());
        let joint = Arc::new(Self {
            side,
            by: kind,
            is_taken: AtomicBool::new(false),
            start,
            time,
            ended: AtomicU64::new(0),
            span: OnceLock::new(),
            labels: OnceLock::new(),
        });
        extensions.insert(Left(Arc::clone(&joint)));
        joint
    }

    /// To be called before each step: an end of the layer inside counts for the layer outside only if both end in the same
    /// step. A layer between them may keep what the inner one has long finished.
    #[inline]
    pub(crate) fn step(&self) {
        self.ended.store(0, Ordering::Relaxed);
    }

    /// How long the request took, if it ends now or has just ended for the other layer.
    pub(crate) fn end(&self) -> Duration {
        let ended = match self.ended.load(Ordering::Relaxed) {
            0 => (self.start.elapsed().as_nanos() as u64).max(1),
            ended => ended,
        };
        self.ended.store(ended, Ordering::Relaxed);
        Duration::from_nanos(ended)
    }
}

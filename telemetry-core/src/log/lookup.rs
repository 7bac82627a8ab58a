use std::cell::Cell;
use std::num::NonZeroU64;
use std::sync::OnceLock;

use tracing::Dispatch;
use tracing::dispatcher::{self, WeakDispatch};
use tracing::span::Id;
use tracing_opentelemetry::get_otel_context;
use tracing_subscriber::Registry;
use tracing_subscriber::registry::LookupSpan;

use super::subject::Subject;
use crate::exemplar::SpanIdentity;

/// Finds the OpenTelemetry span that a line belongs to.
#[derive(Debug, Default)]
pub(super) struct Lookup {
    /// Where the spans of `tracing` are. While an event is handled, `tracing` itself does not always tell.
    dispatch: OnceLock<WeakDispatch>,
}

thread_local! {
    static IS_STARTING: Cell<bool> = const { Cell::new(false) };
}

impl Lookup {
    pub(super) fn register(&self, dispatch: &Dispatch) {
        // The first is as good as any: all that come here have the same layers and spans.
        let _ = self.dispatch.set(dispatch.downgrade());
    }

    pub(super) fn find(&self, subject: Subject) -> Option<SpanIdentity> {
        match subject {
            Subject::Nothing => None,
            Subject::Here { entered } => entered.and_then(|id| self.nearest(id)).or_else(SpanIdentity::current),
            Subject::In(id) => self.nearest(id),
            Subject::Span(id) => self.with_dispatch(|dispatch| exactly(&Id::from_non_zero_u64(id), dispatch)),
        }
    }

    /// The span or the nearest one around it that OpenTelemetry knows.
    fn nearest(&self, id: NonZeroU64) -> Option<SpanIdentity> {
        self.with_dispatch(|dispatch| {
            let span = dispatch.downcast_ref::<Registry>()?.span(&Id::from_non_zero_u64(id))?;
            span.scope().find_map(|span| exactly(&span.id(), dispatch))
        })
    }

    fn with_dispatch<T>(&self, find: impl FnOnce(&Dispatch) -> Option<T>) -> Option<T> {
        if let Some(dispatch) = self.dispatch.get().and_then(WeakDispatch::upgrade) {
            return find(&dispatch);
        }
        let mut find = Some(find);
        dispatcher::get_default(|dispatch| find.take()?(dispatch))
    }
}

/// This very span, which is started if it was not: without that it has no ids.
fn exactly(id: &Id, dispatch: &Dispatch) -> Option<SpanIdentity> {
    // The span is locked while it is started: what samples it may log, but cannot have its ids.
    struct Started;
    impl Drop for Started {
        fn drop(&mut self) {
            IS_STARTING.set(false);
        }
    }
    if IS_STARTING.replace(true) {
        return None;
    }
    let _started = Started;
    SpanIdentity::of(&get_otel_context(id, dispatch)?)
}

use std::cell::Cell;
use std::num::NonZeroU64;

use tracing::Event;
use tracing::span::Id;

/// What the line that is being formatted on this thread is about.
#[derive(Clone, Copy, Debug)]
pub(super) enum Subject {
    /// No span at all.
    Nothing,
    /// What happened here.
    Here {
        /// The span of `tracing` that is entered, if the current OpenTelemetry context does not tell.
        entered: Option<NonZeroU64>,
    },
    /// What happened in a span of `tracing`, whichever is entered.
    In(NonZeroU64),
    /// The span of `tracing` itself: it is entered, left or closed.
    Span(NonZeroU64),
}

thread_local! {
    static SUBJECT: Cell<Subject> = const { Cell::new(Subject::Nothing) };
}

impl Subject {
    pub(super) fn event(event: &Event<'_>, entered: impl FnOnce() -> Option<Id>) -> Self {
        match event.parent() {
            Some(parent) => Self::In(parent.into_non_zero_u64()),
            None if event.is_root() => Self::Nothing,
            None => Self::Here { entered: entered().as_ref().map(Id::into_non_zero_u64) },
        }
    }

    pub(super) fn span(id: &Id) -> Self {
        Self::Span(id.into_non_zero_u64())
    }

    /// The subject of the line that is written now.
    pub(super) fn current() -> Self {
        SUBJECT.get()
    }

    /// Makes this the subject of lines that are written meanwhile, and then the former one again: what formats a line
    /// may write another one.
    pub(super) fn during<T>(self, write: impl FnOnce() -> T) -> T {
        struct Former(Subject);
        impl Drop for Former {
            fn drop(&mut self) {
                SUBJECT.set(self.0);
            }
        }
        let _former = Former(SUBJECT.replace(self));
        write()
    }
}

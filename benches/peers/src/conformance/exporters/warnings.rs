//! Counts what libraries warn of.

use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

static COUNT: AtomicUsize = AtomicUsize::new(0);
static INSTALLED: Once = Once::new();

/// How many warnings and errors were logged while `work` was done.
pub(super) fn during<T>(work: impl FnOnce() -> T) -> (T, usize) {
    // It fails where somebody else has one. Then nobody is told of warnings, and none are counted.
    INSTALLED.call_once(|| drop(tracing::subscriber::set_global_default(Counter)));
    let before = COUNT.load(Ordering::Relaxed);
    let output = work();
    (output, COUNT.load(Ordering::Relaxed) - before)
}

struct Counter;

impl Subscriber for Counter {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && *metadata.level() <= Level::WARN
    }

    fn event(&self, _: &Event<'_>) {
        COUNT.fetch_add(1, Ordering::Relaxed);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

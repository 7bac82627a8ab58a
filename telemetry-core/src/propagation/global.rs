use std::cell::Cell;
use std::sync::OnceLock;

use opentelemetry::global;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::propagation::text_map_propagator::FieldIter;

use super::formats::Formats;

thread_local! {
    static ASKING: Cell<bool> = const { Cell::new(false) };
}

/// What the process's propagator was when it was first looked at.
#[derive(Debug, Default)]
pub(super) struct Global(OnceLock<Seen>);

#[derive(Debug)]
enum Seen {
    /// Our own formats do all that it does.
    Formats(Formats),
    /// It has to be asked. Its fields.
    Other(Vec<String>),
}

impl Global {
    /// Our own formats, unless the global propagator has to be asked.
    pub(super) fn formats(&self) -> Option<Formats> {
        match self.look() {
            Some(Seen::Formats(formats)) => Some(*formats),
            Some(Seen::Other(_)) => None,
            None => Some(Formats::default()),
        }
    }

    pub(super) fn fields(&self) -> FieldIter<'_> {
        match self.look() {
            Some(Seen::Formats(formats)) => formats.field_names(),
            Some(Seen::Other(fields)) => FieldIter::new(fields),
            None => FieldIter::new(&[]),
        }
    }

    /// Nothing while the global propagator is being asked and this one is a part of it.
    fn look(&self) -> Option<&Seen> {
        if let Some(seen) = self.0.get() {
            return Some(seen);
        }
        let seen = ask(|global| match Formats::of(global.fields()) {
            Some(formats) => Seen::Formats(formats),
            None => Seen::Other(global.fields().map(str::to_owned).collect()),
        })?;
        Some(self.0.get_or_init(|| seen))
    }
}

/// Asks the process's propagator, unless it is being asked already: it may hold one of ours that would ask it again,
/// and so on without end.
pub(super) fn ask<T>(question: impl FnMut(&dyn TextMapPropagator) -> T) -> Option<T> {
    struct Asked;

    impl Drop for Asked {
        fn drop(&mut self) {
            ASKING.set(false);
        }
    }

    if ASKING.replace(true) {
        return None;
    }
    let _asked = Asked;
    Some(global::get_text_map_propagator(question))
}

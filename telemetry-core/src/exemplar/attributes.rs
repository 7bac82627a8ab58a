//! Attributes as a set: in the order of their keys, each key once.

use std::fmt::{self, Write};
use std::sync::Arc;

use opentelemetry::KeyValue;

/// What OpenMetrics allows over all names and values of an exemplar, in Unicode code points.
const MOST_CODE_POINTS: usize = 128;

/// Sorts by key; of equal keys the first one stays, as in the SDK.
pub(super) fn set<'a>(attributes: impl IntoIterator<Item = &'a KeyValue>) -> Vec<&'a KeyValue> {
    let mut set: Vec<_> = attributes.into_iter().collect();
    set.sort_by(|a, b| a.key.cmp(&b.key));
    set.dedup_by(|later, kept| later.key == kept.key);
    set
}

/// The attributes that an exemplar keeps: whole ones, in the order of their keys, as long as they fit.
///
/// `None` stands for none at all, as that needs no allocation.
pub(super) fn bounded(attributes: &[KeyValue]) -> Option<Arc<[KeyValue]>> {
    if attributes.is_empty() {
        return None;
    }
    let mut left = MOST_CODE_POINTS;
    let fits = |attribute: &&KeyValue| match left.checked_sub(code_points(attribute)) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    };
    let kept: Arc<[KeyValue]> = set(attributes).into_iter().take_while(fits).cloned().collect();
    if kept.is_empty() { None } else { Some(kept) }
}

fn code_points(attribute: &KeyValue) -> usize {
    let mut counter = CodePoints(attribute.key.as_str().chars().count());
    match write!(counter, "{}", attribute.value) {
        Ok(()) => counter.0,
        Err(fmt::Error) => usize::MAX,
    }
}

/// Counts what is written to it, until it is more than can be kept.
struct CodePoints(usize);

impl Write for CodePoints {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.chars().count();
        if self.0 > MOST_CODE_POINTS { Err(fmt::Error) } else { Ok(()) }
    }
}

use std::fmt::Debug;

use opentelemetry::Key;

/// The one item that is looked for. A failure tells of all the others as well: one of them is often the one that was meant.
#[track_caller]
#[allow(clippy::expect_used)] // The length was just looked at.
pub(super) fn one<T: Debug>(items: Vec<T>, what: &str, is_it: impl Fn(&T) -> bool) -> T {
    let (mut found, others): (Vec<T>, Vec<T>) = items.into_iter().partition(is_it);
    assert!(found.len() == 1, "there is not one {what}, but {}: {found:#?}, and beside: {others:#?}", found.len());
    found.pop().expect("there is one")
}

/// The value of an attribute that is there once or not at all.
#[track_caller]
pub(super) fn attribute<'a, V: Debug>(attributes: impl Iterator<Item = (&'a Key, &'a V)>, name: &str) -> Option<&'a V> {
    let values: Vec<_> = attributes.filter(|(key, _)| key.as_str() == name).map(|(_, value)| value).collect();
    assert!(values.len() < 2, "{name} is there more than once: {values:?}");
    values.first().copied()
}

/// Attributes as `name=value`, by name.
pub(super) fn attributes<'a>(attributes: impl Iterator<Item = (&'a Key, String)>) -> Vec<String> {
    let mut attributes: Vec<_> = attributes.map(|(key, value)| format!("{key}={value}")).collect();
    attributes.sort();
    attributes
}

//! Label names: from the key of an attribute to what a scraper sees.

use std::borrow::Cow;

use super::Origin;
use crate::escape::{escape_label_name, is_legal_label_name, without_nul};
use crate::exposition::Escaping;
use crate::strategy::TranslationStrategy;

/// The label that holds the name of the metric.
const METRIC_NAME: &str = "__name__";

/// The label name for an attribute's key: translated, escaped, and out of the way of Prometheus' own.
///
/// `reserved` is the label that belongs to the family's type: an attribute of that name would corrupt the series, as
/// would `__name__`. Other names that begin with `__` do no harm, so a strategy that keeps names keeps them. Two keys
/// can still come to the same name.
///
/// The flag tells whether the name was in the way.
pub(crate) fn label_name(
    key: &str,
    origin: Origin,
    reserved: Option<&str>,
    strategy: TranslationStrategy,
    escaping: Escaping,
) -> (String, bool) {
    let is_owned = |name: &str| name == METRIC_NAME || reserved == Some(name);
    // Before the escaping: `Dots` would hide the name, and a scraper that undoes it would find it again.
    if key == METRIC_NAME {
        return (exported(key, escaping), true);
    }
    let name = translated(key, origin, strategy);
    let name = escape_label_name(&name, escaping);
    // And after it, because other keys can become `__name__` then: `._name_.` does, and `_name_` with `Dots`.
    if is_owned(&name) { (exported(&name, escaping), true) } else { (name.into_owned(), false) }
}

fn translated(key: &str, origin: Origin, strategy: TranslationStrategy) -> Cow<'_, str> {
    let stays = match origin {
        Origin::Prometheus => is_legal_label_name(key),
        // No format has a label without a name.
        Origin::OpenTelemetry => strategy.keeps_utf8() && !key.is_empty(),
    };
    if !stays {
        return legal_name(key).into();
    }
    without_nul(key)
}

fn exported(name: &str, escaping: Escaping) -> String {
    let exported = format!("exported_{}", name.trim_matches('_'));
    escape_label_name(&exported, escaping).into_owned()
}

fn legal_name(key: &str) -> String {
    let mut name = String::with_capacity(key.len() + 4);
    for c in key.chars() {
        if c.is_ascii_alphanumeric() {
            name.push(c);
        } else if !name.ends_with('_') {
            name.push('_');
        }
    }
    // Names with underscores in front are Prometheus' own, and a digit in front is illegal.
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        name.insert_str(0, "key_");
    } else if name.starts_with('_') {
        name.insert_str(0, "key");
    }
    name
}

#[cfg(test)]
mod tests;

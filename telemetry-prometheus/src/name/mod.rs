//! Metric names: from an instrument's name and unit to the name of a family.

use std::borrow::Cow;

use crate::escape::{is_legal_metric_name, is_metric_char, without_nul};
use crate::strategy::TranslationStrategy;
use crate::unit;

/// The name of a family before its escaping, and the unit's word.
#[derive(Debug, PartialEq)]
pub(crate) struct FamilyName {
    pub(crate) name: String,
    /// Also where it was not added to the name.
    pub(crate) unit: Cow<'static, str>,
}

/// Translates an instrument's name: characters, then the unit's word, then `_total` for a counter, as far as the
/// strategy wants each of them.
///
/// `namespace` is one that [`namespace`] made. Gives nothing for a name of which nothing is left.
pub(crate) fn family_name(
    instrument: &str,
    unit: &str,
    is_counter: bool,
    namespace: Option<&str>,
    strategy: TranslationStrategy,
) -> Option<FamilyName> {
    let mut name = String::with_capacity(instrument.len() + 32);
    if let Some(namespace) = namespace {
        name.push_str(namespace);
        if !namespace.ends_with('_') {
            name.push('_');
        }
    }
    push_translated(&mut name, instrument, strategy)?;

    let unit = unit::word(unit);
    if strategy.adds_suffixes() {
        add_suffixes(&mut name, &unit, is_counter);
    }
    Some(FamilyName { name, unit })
}

/// A prefix for names, with the same replacements as in names. Nothing is left of a prefix without usable characters.
pub(crate) fn namespace(namespace: &str, strategy: TranslationStrategy) -> Option<String> {
    let mut translated = String::new();
    push_translated(&mut translated, namespace, strategy)?;
    Some(translated)
}

/// A name that was meant for Prometheus from the start: only what would break the output is replaced.
pub(crate) fn repaired(name: &str) -> Cow<'_, str> {
    if is_legal_metric_name(name) {
        return name.into();
    }
    let mut legal = String::with_capacity(name.len() + 1);
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        legal.push('_');
    }
    legal.extend(name.chars().map(|c| if is_metric_char(c) { c } else { '_' }));
    legal.into()
}

fn push_translated(out: &mut String, text: &str, strategy: TranslationStrategy) -> Option<()> {
    if !strategy.keeps_utf8() {
        return push_legal(out, text);
    }
    out.push_str(&without_nul(text));
    (!text.is_empty()).then_some(())
}

/// Appends `text` with every run of illegal characters and underscores as one underscore, and none at the end.
fn push_legal(out: &mut String, text: &str) -> Option<()> {
    let start = out.len();
    if start == 0 && text.starts_with(|c: char| c.is_ascii_digit()) {
        out.push('_');
    }
    let mut after_underscore = out.ends_with('_');
    for c in text.chars() {
        let c = if is_metric_char(c) { c } else { '_' };
        if c != '_' || !after_underscore {
            out.push(c);
        }
        after_underscore = c == '_';
    }
    let kept = out.trim_end_matches('_').len().max(start);
    out.truncate(kept);
    (kept > start).then_some(())
}

/// Underscores alone divide words here, in names with dots too: formats want `_total` and `_seconds` at the end, not
/// `.total`.
fn add_suffixes(name: &mut String, unit: &str, is_counter: bool) {
    // The unit stands before the type's suffix, also when the instrument's name brought that suffix along.
    if is_counter {
        trim_total(name);
    }
    if !unit.is_empty() && !ends_with_word(name, unit) {
        name.push('_');
        name.push_str(unit);
    }
    if is_counter {
        // The unit can be a "total" of something too.
        trim_total(name);
        name.push_str("_total");
    }
}

fn trim_total(name: &mut String) {
    name.truncate(name.trim_end_matches("_total").len());
}

fn ends_with_word(name: &str, word: &str) -> bool {
    name.strip_suffix(word).is_some_and(|rest| rest.is_empty() || rest.ends_with('_'))
}

#[cfg(test)]
mod tests;

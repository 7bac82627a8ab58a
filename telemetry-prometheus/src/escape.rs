//! Escaping: names of any characters in the ones that every scraper understands.
//!
//! Only [`Escaping::Values`] can be undone. Two names that differ still differ after it, with one exception: a legal
//! name that itself begins with `U__` can look like another, escaped one (`U__a_2e_b` and `a.b`). All other ways can
//! make one name of several.

use std::borrow::Cow;
use std::fmt::Write;

use crate::exposition::Escaping;

/// The name of a metric, after its translation, as a scraper wants to see it.
pub(crate) fn escape_metric_name(name: &str, escaping: Escaping) -> Cow<'_, str> {
    escape(name, escaping, is_metric_char)
}

/// The name of a label, after its translation, as a scraper wants to see it. A colon is for metrics alone.
pub(crate) fn escape_label_name(name: &str, escaping: Escaping) -> Cow<'_, str> {
    escape(name, escaping, is_label_char)
}

/// Whether a metric may have this name everywhere, without quotes.
pub(crate) fn is_legal_metric_name(name: &str) -> bool {
    is_legal(name, is_metric_char)
}

/// Whether a label may have this name everywhere, without quotes.
pub(crate) fn is_legal_label_name(name: &str) -> bool {
    is_legal(name, is_label_char)
}

/// A name that is kept as it is, but for the one character for which Prometheus 3 refuses a whole page.
pub(crate) fn without_nul(name: &str) -> Cow<'_, str> {
    if name.contains('\0') { name.replace('\0', "_").into() } else { name.into() }
}

/// Whether names of metrics may have this character, digits not in front.
pub(crate) fn is_metric_char(c: char) -> bool {
    is_label_char(c) || c == ':'
}

fn is_label_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn is_legal(name: &str, is_allowed: fn(char) -> bool) -> bool {
    !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()) && name.chars().all(is_allowed)
}

fn escape(name: &str, escaping: Escaping, is_allowed: fn(char) -> bool) -> Cow<'_, str> {
    match escaping {
        Escaping::AllowUtf8 => name.into(),
        Escaping::Underscores | Escaping::Values if is_legal(name, is_allowed) => name.into(),
        Escaping::Underscores => rewrite("", name, is_allowed, |out, _| out.push('_')),
        // Legal names too: who reads `__` in a name shall know that it was an underscore.
        Escaping::Dots => rewrite("", name, is_plain(is_allowed), |out, c| {
            out.push_str(if c == '.' { "_dot_" } else { "__" });
        }),
        Escaping::Values => rewrite("U__", name, is_plain(is_allowed), |out, c| {
            if c == '_' {
                out.push_str("__");
            } else {
                // Writing to a string cannot fail.
                let _ = write!(out, "_{:x}_", u32::from(c));
            }
        }),
    }
}

/// The characters that stand for themselves where underscores begin an escape.
fn is_plain(is_allowed: fn(char) -> bool) -> impl Fn(char) -> bool {
    move |c| c != '_' && is_allowed(c)
}

fn rewrite(
    prefix: &str,
    name: &str,
    is_kept: impl Fn(char) -> bool,
    replace: impl Fn(&mut String, char),
) -> Cow<'static, str> {
    let mut out = String::with_capacity(prefix.len() + 2 * name.len());
    out.push_str(prefix);
    for (position, c) in name.char_indices() {
        // Also behind a prefix: whether a digit is replaced depends on the name alone.
        let is_digit_in_front = position == 0 && c.is_ascii_digit();
        if is_kept(c) && !is_digit_in_front {
            out.push(c);
        } else {
            replace(&mut out, c);
        }
    }
    if out.is_empty() {
        out.push('_');
    }
    out.into()
}

#[cfg(test)]
mod tests;

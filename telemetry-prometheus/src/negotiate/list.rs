//! The syntax that `Accept` and `Accept-Encoding` share: clauses between commas, with parameters after semicolons.
//!
//! Everything is borrowed from the header, and each byte read a fixed number of times: the work grows with the header's
//! length and no faster. How long headers get is for the server to say; how many clauses count is limited here.

use http::HeaderValue;

/// In all headers of one name together, and empty ones count. Prometheus sends six clauses, browsers up to ten.
pub(super) const MAX_CLAUSES: usize = 64;

/// The clauses of several headers in order, as if they stood in one. Those that are not understood are left out.
pub(super) fn clauses<'a>(headers: impl IntoIterator<Item = &'a HeaderValue>) -> impl Iterator<Item = Clause<'a>> {
    let texts = headers.into_iter().flat_map(|header| split(header.as_bytes(), b','));
    texts.take(MAX_CLAUSES).filter_map(Clause::parse)
}

/// One thing that a client accepts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clause<'a> {
    /// What stands before the parameters.
    pub(super) name: &'a [u8],
    pub(super) quality: Quality,
    text: &'a [u8],
}

impl<'a> Clause<'a> {
    fn parse(text: &'a [u8]) -> Option<Self> {
        // A quote that is not closed has swallowed what may have been the next clauses.
        if !Quotes::are_closed(text) {
            return None;
        }
        let name = split(text, b';').next()?.trim_ascii();
        let mut clause = Self { name, quality: Quality::FULL, text };
        if let Some(value) = clause.parameter("q") {
            clause.quality = Quality::parse(value)?;
        }
        Some(clause)
    }

    /// The first parameter of that name. Parameters after `q` count as much as those before.
    pub(super) fn parameter(&self, name: &str) -> Option<Value<'a>> {
        split(self.text, b';').skip(1).find_map(|parameter| {
            let mut sides = parameter.splitn(2, |&byte| byte == b'=');
            let key = sides.next()?.trim_ascii();
            key.eq_ignore_ascii_case(name.as_bytes()).then(|| Value::parse(sides.next().unwrap_or_default()))
        })
    }
}

/// The value of a parameter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Value<'a> {
    text: &'a [u8],
    is_quoted: bool,
}

impl<'a> Value<'a> {
    fn parse(text: &'a [u8]) -> Self {
        let text = text.trim_ascii();
        match text.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\"")) {
            Some(text) => Self { text, is_quoted: true },
            None => Self { text, is_quoted: false },
        }
    }

    pub(super) fn is(self, expected: &str) -> bool {
        let mut is_escaped = false;
        let without_backslashes = self.text.iter().filter(|&&byte| {
            is_escaped = self.is_quoted && byte == b'\\' && !is_escaped;
            !is_escaped
        });
        without_backslashes.eq(expected.as_bytes())
    }
}

/// How much a client wants something, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(super) struct Quality(f32);

impl Quality {
    pub(super) const REFUSED: Self = Self(0.0);
    pub(super) const FULL: Self = Self(1.0);

    /// Reads whatever Rust takes for a number, also with more than the three decimals that are allowed. What is above 1
    /// is 1.
    fn parse(value: Value<'_>) -> Option<Self> {
        let quality: f32 = std::str::from_utf8(value.text).ok()?.parse().ok()?;
        (quality.is_finite() && !quality.is_sign_negative()).then(|| Self(quality.min(1.0)))
    }

    pub(super) fn is_refused(self) -> bool {
        self == Self::REFUSED
    }
}

/// Follows quoted text, byte for byte.
#[derive(Default)]
struct Quotes {
    are_open: bool,
    is_escaped: bool,
}

impl Quotes {
    /// Goes past `byte`, and tells whether it stands outside of quotes.
    fn is_outside(&mut self, byte: u8) -> bool {
        let was_open = self.are_open;
        if self.is_escaped {
            self.is_escaped = false;
        } else if byte == b'"' {
            self.are_open = !was_open;
        } else {
            self.is_escaped = was_open && byte == b'\\';
        }
        !was_open
    }

    fn are_closed(text: &[u8]) -> bool {
        let mut quotes = Self::default();
        for &byte in text {
            quotes.is_outside(byte);
        }
        !quotes.are_open
    }
}

/// The parts of `text` between separators that are not in quotes.
fn split(text: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut quotes = Quotes::default();
    text.split(move |&byte| quotes.is_outside(byte) && byte == separator)
}

#[cfg(test)]
mod tests;

//! What the proxy nearest to the client tells of the request that it got: `Forwarded` (RFC 7239), or `X-Forwarded-*`.
//!
//! Anyone can write these headers. They are to be read only where the user says that a proxy of theirs sets them.
//!
//! - The first element of the list counts, over all lines of the header. Empty elements are no elements.
//! - `Forwarded` decides if its first element has the parameter, else `X-Forwarded-*` does.
//! - An element that cannot be read, or that has the parameter twice, decides too: nothing is known then. What others
//!   tell is no better than what a broken proxy does.
//! - A bare value may hold any visible character but `"`, `,` and `;`: RFC 7239 wants `"example.com:8080"` in quotes,
//!   and many proxies write none. Blanks around `=` and `;` are skipped for the same reason.

#[cfg(feature = "trace")]
pub(crate) mod client;

use std::borrow::Cow;

use http::header::{FORWARDED, HeaderMap, HeaderName};

use super::scheme_named;
use crate::connection::Scheme;

const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Longer than any host with its port. A longer value is not looked at, nor copied.
const LONGEST: usize = 512;

/// The header is there, and cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// The scheme that the client used; absent if nothing is told or if it is neither `http` nor `https`.
pub(crate) fn scheme(headers: &HeaderMap) -> Option<Scheme> {
    scheme_named(&told(headers, b"proto", &X_FORWARDED_PROTO).ok()??)
}

/// The host that the client asked for, as it was written: perhaps with a port, perhaps no host at all. It allocates only
/// to remove backslashes.
pub(crate) fn host(headers: &HeaderMap) -> Result<Option<Cow<'_, str>>, Malformed> {
    told(headers, b"host", &X_FORWARDED_HOST)
}

fn told<'a>(headers: &'a HeaderMap, parameter: &[u8], older: &HeaderName) -> Result<Option<Cow<'a, str>>, Malformed> {
    match forwarded(headers, parameter)? {
        Some(value) => value.text().map(Some),
        None => first_item(headers, older),
    }
}

/// The first of a list without quotes.
fn first_item<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<Cow<'a, str>>, Malformed> {
    let items = headers.get_all(name).iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    let first = items.map(<[u8]>::trim_ascii).find(|item| !item.is_empty());
    first.map(|item| Value { written: item, escaped: false }.text()).transpose()
}

/// A parameter of the first element of `Forwarded`.
fn forwarded<'a>(headers: &'a HeaderMap, wanted: &[u8]) -> Result<Option<Value<'a>>, Malformed> {
    let mut lines = headers.get_all(FORWARDED).iter().map(|line| Cursor(line.as_bytes()));
    let first = lines.find_map(|mut line| {
        line.take_while(|byte| matches!(byte, b',' | b' ' | b'\t'));
        (!line.0.is_empty()).then_some(line)
    });
    let Some(mut element) = first else { return Ok(None) };

    let mut found = None;
    loop {
        element.skip_blanks();
        let name = element.take_while(is_token);
        if !name.is_empty() {
            element.skip_blanks();
            if !element.eat(b'=') {
                return Err(Malformed);
            }
            element.skip_blanks();
            let value = element.value()?;
            if name.eq_ignore_ascii_case(wanted) && found.replace(value).is_some() {
                return Err(Malformed);
            }
            element.skip_blanks();
        }
        if !element.eat(b';') {
            break;
        }
    }
    if element.0.is_empty() || element.eat(b',') { Ok(found) } else { Err(Malformed) }
}

/// The characters of a token of RFC 9110.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// A value without its quotes.
#[derive(Clone, Copy)]
struct Value<'a> {
    written: &'a [u8],
    /// Whether backslashes stand before other characters.
    escaped: bool,
}

impl<'a> Value<'a> {
    fn text(self) -> Result<Cow<'a, str>, Malformed> {
        if self.written.len() > LONGEST || !self.written.is_ascii() {
            return Err(Malformed);
        }
        let text = std::str::from_utf8(self.written).map_err(|_| Malformed)?;
        if !self.escaped {
            return Ok(Cow::Borrowed(text));
        }
        let mut plain = String::with_capacity(text.len());
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            plain.extend(if c == '\\' { rest.next() } else { Some(c) });
        }
        Ok(Cow::Owned(plain))
    }
}

/// What is left to read of a line.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take_while(&mut self, accept: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self.0.iter().position(|byte| !accept(*byte)).unwrap_or(self.0.len());
        let (taken, rest) = self.0.split_at(end);
        self.0 = rest;
        taken
    }

    fn skip_blanks(&mut self) {
        self.take_while(|byte| matches!(byte, b' ' | b'\t'));
    }

    fn eat(&mut self, byte: u8) -> bool {
        let rest = self.0.strip_prefix(&[byte]);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn value(&mut self) -> Result<Value<'a>, Malformed> {
        if self.eat(b'"') {
            return self.quoted();
        }
        let written = self.take_while(|byte| byte.is_ascii_graphic() && !b"\",;".contains(&byte));
        if written.is_empty() { Err(Malformed) } else { Ok(Value { written, escaped: false }) }
    }

    /// The rest of a quoted string, whose opening quote has been eaten.
    fn quoted(&mut self) -> Result<Value<'a>, Malformed> {
        let mut escaped = false;
        let mut bytes = self.0.iter().enumerate();
        while let Some((index, byte)) = bytes.next() {
            match byte {
                b'"' => {
                    let (written, rest) = self.0.split_at(index);
                    self.0 = rest;
                    self.eat(b'"');
                    return Ok(Value { written, escaped });
                }
                b'\\' => {
                    escaped = true;
                    bytes.next();
                }
                _ => {}
            }
        }
        Err(Malformed)
    }
}

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::str;

use crate::propagation::trim;

pub(super) struct Member<'a> {
    pub(super) name: &'a str,
    pub(super) value: Cow<'a, str>,
    pub(super) metadata: &'a str,
}

/// `name = value; metadata`, or nothing when that is not what it is.
pub(super) fn parse(text: &[u8]) -> Option<Member<'_>> {
    let text = str::from_utf8(trim(text)).ok()?;
    let (pair, metadata) = text.split_once(';').unwrap_or((text, ""));
    let (name, value) = pair.split_once('=')?;
    let (name, value) = (name.trim_end_matches(BLANKS), value.trim_matches(BLANKS));
    let is_valid = is_name(name) && value.bytes().all(is_octet) && is_metadata(metadata);
    is_valid.then(|| Member { name, value: decode(value), metadata })
}

const BLANKS: [char; 2] = [' ', '\t'];

/// A token of HTTP.
fn is_name(name: &str) -> bool {
    let in_name = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(in_name)
}

fn is_octet(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b',' | b';' | b'\\')
}

fn is_metadata(metadata: &str) -> bool {
    metadata.bytes().all(|byte| is_octet(byte) || matches!(byte, b';' | b' ' | b'\t'))
}

fn decode(value: &str) -> Cow<'_, str> {
    if !value.contains('%') {
        return Cow::Borrowed(value);
    }
    let mut decoded = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let [first, after @ ..] = rest {
        let octet = match rest {
            [b'%', high, low, ..] => digit(*high).zip(digit(*low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        decoded.push(octet.unwrap_or(*first));
        rest = if octet.is_some() { &after[2..] } else { after };
    }
    Cow::Owned(
        String::from_utf8(decoded).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
    )
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

pub(super) fn write(name: &str, value: &str, metadata: &str, header: &mut String) {
    header.push_str(name);
    header.push('=');
    for byte in value.bytes() {
        if is_octet(byte) && !matches!(byte, b'%' | b'+') {
            header.push(char::from(byte));
        } else {
            header.push('%');
            header.extend([byte >> 4, byte & 0xf].map(|digit| char::from(b"0123456789ABCDEF"[usize::from(digit)])));
        }
    }
    if !metadata.is_empty() && is_metadata(metadata) {
        header.push(';');
        header.push_str(metadata);
    }
}

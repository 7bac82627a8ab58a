use std::io::{self, Write};

use crate::exemplar::SpanIdentity;

/// Where the ids stand on a line, and how they are written there.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    /// At the end of the first line of text.
    Text,
    /// As the last members of the object.
    Json,
}

impl Form {
    /// Writes the line with the ids, or as it is where they have no place.
    pub(super) fn write(self, line: &[u8], span: &SpanIdentity, out: &mut Vec<u8>) -> io::Result<()> {
        let place = match self {
            Self::Text => end_of_first(line),
            Self::Json => end_of_members(line),
        };
        let Some(place) = place else { return out.write_all(line) };
        let (before, after) = line.split_at(place);
        let (trace_id, span_id) = (span.trace_id(), span.span_id());
        out.extend_from_slice(before);
        match self {
            Self::Text => write!(out, " trace_id={trace_id} span_id={span_id}")?,
            Self::Json => {
                let comma = if before.trim_ascii() == b"{" { "" } else { "," };
                write!(out, r#"{comma}"trace_id":"{trace_id}","span_id":"{span_id}""#)?;
            }
        }
        out.write_all(after)
    }
}

/// The end of the first line that is not empty.
fn end_of_first(text: &[u8]) -> Option<usize> {
    let start = text.iter().position(|byte| !matches!(byte, b'\n' | b'\r'))?;
    let end = text[start..].iter().position(|&byte| byte == b'\n').map_or(text.len(), |length| start + length);
    Some(if text[..end].ends_with(b"\r") { end - 1 } else { end })
}

/// The end of the last member, if this is an object without any of the ids.
fn end_of_members(json: &[u8]) -> Option<usize> {
    let members = json.trim_ascii().strip_prefix(b"{")?.strip_suffix(b"}")?;
    let end = json.trim_ascii_end().len() - 1;
    (!has_ids(members)).then_some(end)
}

/// Whether a member of the object has the name of an id; what is within members does not count.
fn has_ids(members: &[u8]) -> bool {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(&byte) = members.get(at) {
        match byte {
            b'"' => {
                let (string, rest) = split_string(&members[at + 1..]);
                let is_name = rest.trim_ascii_start().starts_with(b":");
                if depth == 0 && is_name && matches!(string, b"trace_id" | b"span_id") {
                    return true;
                }
                at = members.len() - rest.len();
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    false
}

/// A string and what comes after its closing quote; what is before has its opening quote as the last byte.
fn split_string(json: &[u8]) -> (&[u8], &[u8]) {
    let mut escaped = false;
    for (at, &byte) in json.iter().enumerate() {
        match byte {
            b'"' if !escaped => return (&json[..at], &json[at + 1..]),
            b'\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    (json, &[])
}

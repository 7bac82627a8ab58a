//! Labels and escapes, which are the same in all text formats.

use bytes::BufMut;

use crate::escape::is_legal_label_name;

pub(super) fn push_label(out: &mut impl BufMut, is_first: bool, name: &str, value: &str) {
    if !is_first {
        out.put_u8(b',');
    }
    if is_legal_label_name(name) {
        out.put_slice(name.as_bytes());
    } else {
        out.put_u8(b'"');
        push_escaped(out, name, true);
        out.put_u8(b'"');
    }
    out.put_slice(b"=\"");
    push_escaped(out, value, true);
    out.put_u8(b'"');
}

/// Writes `text` with backslash and line feed escaped, and the double quote where that would end the text.
pub(super) fn push_escaped(out: &mut impl BufMut, text: &str, with_quotes: bool) {
    let mut rest = text.as_bytes();
    let is_special = |byte: &u8| matches!(byte, b'\\' | b'\n') || (with_quotes && *byte == b'"');
    while let Some(at) = rest.iter().position(is_special) {
        out.put_slice(&rest[..at]);
        out.put_slice(match rest[at] {
            b'\n' => b"\\n",
            b'"' => b"\\\"",
            _ => b"\\\\",
        });
        rest = &rest[at + 1..];
    }
    out.put_slice(rest);
}

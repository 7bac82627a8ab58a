use std::str;

use opentelemetry::trace::TraceState;

use crate::propagation::trim;

const MAX_MEMBERS: usize = 32;
const MAX_KEY: usize = 256;
const MAX_VALUE: usize = 256;
/// The longest list that is valid: nobody has to read on after that.
const MAX_BYTES: usize = MAX_MEMBERS * (MAX_KEY + "=".len() + MAX_VALUE + ",".len()) - ",".len();

/// The list in all `lines`, or an empty one when it is invalid.
pub(super) fn parse<'a>(lines: impl Iterator<Item = &'a [u8]>) -> TraceState {
    let mut members = [("", ""); MAX_MEMBERS];
    match collect(lines, &mut members) {
        Some(count @ 1..) => TraceState::from_key_value(members[..count].iter().copied()).unwrap_or_default(),
        _ => TraceState::NONE,
    }
}

fn collect<'a>(
    lines: impl Iterator<Item = &'a [u8]>,
    members: &mut [(&'a str, &'a str); MAX_MEMBERS],
) -> Option<usize> {
    let mut count = 0;
    let mut room = MAX_BYTES + ",".len();
    for line in lines {
        room = room.checked_sub(line.len() + ",".len())?;
        for text in line.split(|byte| *byte == b',').map(trim).filter(|text| !text.is_empty()) {
            let (key, value) = member(text)?;
            if members[..count].iter().any(|(other, _)| *other == key) {
                return None;
            }
            *members.get_mut(count)? = (key, value);
            count += 1;
        }
    }
    Some(count)
}

fn member(text: &[u8]) -> Option<(&str, &str)> {
    let (key, value) = str::from_utf8(text).ok()?.split_once('=')?;
    is_member(key, value).then_some((key, value))
}

fn is_member(key: &str, value: &str) -> bool {
    let in_key = |byte: &u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'*' | b'/' | b'@');
    let in_value = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b',' | b'=');
    (1..=MAX_KEY).contains(&key.len())
        && key.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit())
        && key.as_bytes().iter().all(in_key)
        && (1..=MAX_VALUE).contains(&value.len())
        && value.as_bytes().iter().all(in_value)
        && !value.ends_with(' ')
}

/// The list as one line, unless it is empty. What an application has put in and no header can carry is left out.
pub(super) fn write(state: &TraceState) -> Option<String> {
    let members = || state.into_iter().filter(|(key, value)| is_member(key, value));
    let length: usize = members().map(|(key, value)| key.len() + value.len() + "=,".len()).sum();
    // Exactly as long as the line, so that a header takes the memory over.
    let mut line = String::with_capacity(length.checked_sub(",".len())?);
    for (key, value) in members() {
        if !line.is_empty() {
            line.push(',');
        }
        line.push_str(key);
        line.push('=');
        line.push_str(value);
    }
    Some(line)
}

use opentelemetry::trace::{SpanContext, TraceState};
use opentelemetry::{SpanId, TraceFlags, TraceId};

/// Of `00-<trace id>-<span id>-<flags>`; later versions may have more behind it.
const LENGTH: usize = 55;
const DASHES: [usize; 3] = [2, 35, 52];

/// Sampled, and random: the flags that level 2 knows.
const KNOWN_FLAGS: TraceFlags = TraceFlags::new(0b11);

const NO_DIGIT: u8 = 0xf0;
const VALUES: [u8; 256] = {
    let mut values = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 16 {
        values[b"0123456789abcdef"[value] as usize] = value as u8;
        value += 1;
    }
    values
};

pub(super) fn parse(text: &[u8], tracestate: impl FnOnce() -> TraceState) -> Option<SpanContext> {
    let (head, rest) = text.split_first_chunk::<LENGTH>()?;
    if DASHES.iter().any(|&at| head[at] != b'-') {
        return None;
    }
    let version = number(&head[..2])?;
    let fits = match version {
        0 => rest.is_empty(),
        0xff => false,
        _ => matches!(rest, [] | [b'-', ..]),
    };
    if !fits {
        return None;
    }
    let trace_id = number(&head[3..19])? << 64 | number(&head[19..35])?;
    let span_id = number(&head[36..52])? as u64;
    let flags = TraceFlags::new(number(&head[53..])? as u8) & KNOWN_FLAGS;
    if trace_id == 0 || span_id == 0 {
        return None;
    }
    Some(SpanContext::new(TraceId::from(trace_id), SpanId::from(span_id), flags, true, tracestate()))
}

fn number(digits: &[u8]) -> Option<u128> {
    let mut number = 0_u64;
    let mut seen = 0;
    for digit in digits {
        let value = VALUES[usize::from(*digit)];
        seen |= value;
        number = number << 4 | u64::from(value);
    }
    (seen & NO_DIGIT == 0).then_some(u128::from(number))
}

pub(super) fn write(span: &SpanContext) -> [u8; LENGTH] {
    let mut text = [b'-'; LENGTH];
    let flags = span.trace_flags() & KNOWN_FLAGS;
    digits(&mut text[..2], &[0]);
    digits(&mut text[3..35], &span.trace_id().to_bytes());
    digits(&mut text[36..52], &span.span_id().to_bytes());
    digits(&mut text[53..], &[flags.to_u8()]);
    text
}

fn digits(text: &mut [u8], bytes: &[u8]) {
    for (digits, byte) in text.chunks_exact_mut(2).zip(bytes) {
        digits[0] = b"0123456789abcdef"[usize::from(byte >> 4)];
        digits[1] = b"0123456789abcdef"[usize::from(byte & 0xf)];
    }
}

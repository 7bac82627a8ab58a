use opentelemetry::trace::SpanContext;
use opentelemetry::{SpanId, TraceFlags, TraceId};

/// Of `00-<trace id>-<span id>-<flags>`; later versions may have more behind it.
const LENGTH: usize = 55;
const DASHES: [usize; 3] = [2, 35, 52];

/// Sampled, and random: the flags that level 2 knows.
const KNOWN_FLAGS: TraceFlags = TraceFlags::new(0b11);

pub(super) fn parse(text: &[u8]) -> Option<(TraceId, SpanId, TraceFlags)> {
    let (head, rest) = text.split_first_chunk::<LENGTH>()?;
    if DASHES.iter().any(|&at| head[at] != b'-') {
        return None;
    }
    let ends = number([head[0], head[1], head[53], head[54], b'0', b'0', b'0', b'0'])?;
    let [version, flags, ..] = ends.to_be_bytes();
    let fits = match version {
        0 => rest.is_empty(),
        0xff => false,
        _ => matches!(rest, [] | [b'-', ..]),
    };
    let part = |at: usize| head[at..].first_chunk().and_then(|digits| number(*digits)).map(u64::from);
    let pair = |at| Some(part(at)? << 32 | part(at + 8)?);
    let trace_id = u128::from(pair(3)?) << 64 | u128::from(pair(19)?);
    let span_id = pair(36)?;
    let is_valid = fits && trace_id != 0 && span_id != 0;
    is_valid.then(|| (TraceId::from(trace_id), SpanId::from(span_id), TraceFlags::new(flags) & KNOWN_FLAGS))
}

/// Of eight lowercase digits, all of which are worked on at once: each in its own byte of a number.
fn number(digits: [u8; 8]) -> Option<u32> {
    const fn each(byte: u8) -> u64 {
        u64::from_ne_bytes([byte; 8])
    }
    let text = u64::from_be_bytes(digits);
    let letter = text >> 6 & each(1);
    let values = (text & each(0x0f)) + letter * 9;
    // Whatever was no lowercase digit does not come back, or is no value of one.
    let above_nine = (values + each(6)) >> 4 & each(1);
    let back = values + each(b'0') + above_nine * u64::from(b'a' - 10 - b'0');
    if back != text || values & each(0xf0) != 0 {
        return None;
    }
    // Each step puts neighbours together: digits, bytes, pairs of them.
    let bytes = (values | values >> 4) & 0x00ff_00ff_00ff_00ff;
    let pairs = (bytes | bytes >> 8) & 0x0000_ffff_0000_ffff;
    Some((pairs | pairs >> 16) as u32)
}

/// All bytes side by side in whole vector registers, so that the compiler converts many at once.
const BYTES: usize = 32;

pub(super) fn write(span: &SpanContext) -> [u8; LENGTH] {
    let mut bytes = [0; BYTES];
    bytes[..16].copy_from_slice(&span.trace_id().to_bytes());
    bytes[16..24].copy_from_slice(&span.span_id().to_bytes());
    bytes[24] = (span.trace_flags() & KNOWN_FLAGS).to_u8();
    let mut digits = [0; 2 * BYTES];
    for (digits, byte) in digits.as_chunks_mut::<2>().0.iter_mut().zip(bytes) {
        *digits = [digit(byte >> 4), digit(byte & 0xf)];
    }
    let mut text = [b'-'; LENGTH];
    text[..2].fill(b'0');
    text[3..35].copy_from_slice(&digits[..32]);
    text[36..52].copy_from_slice(&digits[32..48]);
    text[53..].copy_from_slice(&digits[48..50]);
    text
}

fn digit(value: u8) -> u8 {
    value + if value < 10 { b'0' } else { b'a' - 10 }
}

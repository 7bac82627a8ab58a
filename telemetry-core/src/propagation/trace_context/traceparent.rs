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
    let mut digits = Digits::default();
    let mut eight = |at: usize| head[at..].first_chunk().map_or(0, |eight| digits.read(*eight));
    let trace_id = [eight(3), eight(11), eight(19), eight(27)];
    let span_id = [eight(36), eight(44)];
    let [version, flags, ..] =
        digits.read([head[0], head[1], head[53], head[54], b'0', b'0', b'0', b'0']).to_be_bytes();
    let fits = match version {
        0 => rest.is_empty(),
        0xff => false,
        _ => matches!(rest, [] | [b'-', ..]),
    };
    let trace_id = trace_id.into_iter().fold(0, |id, part| id << 32 | u128::from(part));
    let span_id = span_id.into_iter().fold(0, |id, part| id << 32 | u64::from(part));
    let is_valid = digits.wrong == 0 && fits && trace_id != 0 && span_id != 0;
    is_valid.then(|| (TraceId::from(trace_id), SpanId::from(span_id), TraceFlags::new(flags) & KNOWN_FLAGS))
}

/// Reads eight digits at once, a byte of a number for each, and remembers whether all of them were lowercase hex.
#[derive(Default)]
struct Digits {
    /// Zero as long as they were.
    wrong: u64,
}

const fn each(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

impl Digits {
    fn read(&mut self, digits: [u8; 8]) -> u32 {
        let digits = u64::from_be_bytes(digits);
        // `0` to `9` are 0x30 to 0x39, `a` to `f` are 0x61 to 0x66.
        let letter = digits >> 6 & each(1);
        let low = digits & each(0x0f);
        let column = (digits & each(0xf0)) ^ (each(0x30) + letter * 0x30);
        let too_high = (low + each(6) + letter * 3) & each(0x10);
        let too_low = letter & !((low + each(0x0f)) >> 4);
        self.wrong |= column | too_high | too_low;
        // Each step puts neighbours together: digits, bytes, pairs of them.
        let values = low + letter * 9;
        let values = (values | values >> 4) & 0x00ff_00ff_00ff_00ff;
        let values = (values | values >> 8) & 0x0000_ffff_0000_ffff;
        (values | values >> 16) as u32
    }
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

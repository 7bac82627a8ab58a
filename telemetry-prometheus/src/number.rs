//! Numbers as the text formats spell them.

use std::time::{Duration, SystemTime};

use bytes::BufMut;

/// A measured value, in the type in which it was recorded: integers stay exact.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    U64(u64),
    I64(i64),
    F64(f64),
}

impl Default for Number {
    fn default() -> Self {
        Self::U64(0)
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        Self::U64(value)
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self::I64(value)
    }
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        Self::F64(value)
    }
}

impl Number {
    /// The nearest double: all that protocol buffers can hold.
    pub(crate) fn to_f64(self) -> f64 {
        match self {
            Self::U64(value) => value as f64,
            Self::I64(value) => value as f64,
            Self::F64(value) => value,
        }
    }

    pub(crate) fn push_to(self, out: &mut impl BufMut) {
        match self {
            Self::U64(value) => push_integer(out, value),
            Self::I64(value) => push_integer(out, value),
            Self::F64(value) => push_float(out, value),
        }
    }
}

pub(crate) fn push_integer(out: &mut impl BufMut, value: impl itoa::Integer) {
    out.put_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Writes a double like Go's `%g` at its shortest, which is what Prometheus' own libraries write:
/// `1`, `0.005`, `1e+06`, `+Inf`. Another spelling of `le` would begin another series.
pub(crate) fn push_float(out: &mut impl BufMut, value: f64) {
    if value.is_nan() {
        out.put_slice(b"NaN");
    } else if value.is_infinite() {
        out.put_slice(if value > 0.0 { b"+Inf" } else { b"-Inf" });
    } else if value == 0.0 {
        out.put_slice(if value.is_sign_negative() { b"-0" } else { b"0".as_slice() });
    } else if value.abs() < 1e6 && value.trunc() == value {
        push_integer(out, value as i32);
    } else {
        let mut buffer = zmij::Buffer::new();
        let shortest = buffer.format_finite(value);
        if (1e-4..1e6).contains(&value.abs()) {
            out.put_slice(shortest.as_bytes());
        } else {
            push_with_exponent(out, shortest);
        }
    }
}

/// Turns the shortest digits, which may come as `1234567.5`, `0.00001` or `1.5e-7`, into the form with an exponent
/// that has a sign and at least two digits.
fn push_with_exponent(out: &mut impl BufMut, shortest: &str) {
    let digits = match shortest.strip_prefix('-') {
        Some(digits) => {
            out.put_u8(b'-');
            digits
        }
        None => shortest,
    };
    let (mantissa, exponent) = digits.split_once('e').unwrap_or((digits, "0"));
    // The writer of `shortest` spells no exponent that does not fit.
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fraction = fraction.trim_end_matches('0');

    let (head, middle, tail, exponent) = if whole == "0" {
        let significant = fraction.trim_start_matches('0');
        let (head, rest) = significant.split_at(1);
        let zeros = fraction.len() - significant.len();
        (head, rest, "", exponent - 1 - zeros as i32)
    } else {
        let (head, rest) = whole.split_at(1);
        let exponent = exponent + rest.len() as i32;
        let rest = if fraction.is_empty() { rest.trim_end_matches('0') } else { rest };
        (head, rest, fraction, exponent)
    };

    out.put_slice(head.as_bytes());
    if !middle.is_empty() || !tail.is_empty() {
        out.put_u8(b'.');
        out.put_slice(middle.as_bytes());
        out.put_slice(tail.as_bytes());
    }
    out.put_u8(b'e');
    out.put_u8(if exponent < 0 { b'-' } else { b'+' });
    let exponent = exponent.unsigned_abs();
    if exponent < 10 {
        out.put_u8(b'0');
    }
    push_integer(out, exponent);
}

/// Writes a double in the form that OpenMetrics calls canonical, for values of labels: never without `.` or exponent.
pub(crate) fn push_canonical(out: &mut impl BufMut, value: f64) {
    push_float(out, value);
    // From a million on there is an exponent.
    if value.abs() < 1e6 && value.trunc() == value {
        out.put_slice(b".0");
    }
}

/// Writes a time as OpenMetrics wants it: seconds since the epoch, without an exponent, to the nanosecond.
pub(crate) fn push_seconds(out: &mut impl BufMut, time: SystemTime) {
    let (sign, since): (&[u8], Duration) = match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => (b"", since),
        Err(before) => (b"-", before.duration()),
    };
    out.put_slice(sign);
    push_integer(out, since.as_secs());
    let mut nanos = since.subsec_nanos();
    if nanos == 0 {
        return;
    }
    let mut digits = [b'0'; 10];
    digits[0] = b'.';
    for digit in digits[1..].iter_mut().rev() {
        *digit = b'0' + (nanos % 10) as u8;
        nanos /= 10;
    }
    let kept = digits.iter().rposition(|digit| *digit != b'0').map_or(0, |last| last + 1);
    out.put_slice(&digits[..kept]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(number: impl Into<Number>) -> String {
        let mut out = Vec::new();
        number.into().push_to(&mut out);
        String::from_utf8(out).unwrap()
    }

    /// T-12, T-09, PX-64: the expectations come from Go's `strconv.FormatFloat(x, 'g', -1, 64)`.
    #[test]
    fn t12_doubles_are_spelled_like_go() {
        for (value, expected) in [
            (1.0, "1"),
            (-1.0, "-1"),
            (0.0, "0"),
            (0.005, "0.005"),
            (0.1 + 0.2, "0.30000000000000004"),
            (2.5, "2.5"),
            (100_000.0, "100000"),
            (999_999.5, "999999.5"),
            (1_000_000.0, "1e+06"),
            (-1_000_000.0, "-1e+06"),
            (1_234_567.0, "1.234567e+06"),
            (1_234_567.25, "1.23456725e+06"),
            (10_203_000.0, "1.0203e+07"),
            (1e15, "1e+15"),
            (1e16, "1e+16"),
            (123_456_789_012_345_680.0, "1.2345678901234568e+17"),
            (1e21, "1e+21"),
            (1e100, "1e+100"),
            (0.0001, "0.0001"),
            (0.00012, "0.00012"),
            (0.000_099, "9.9e-05"),
            (0.00001, "1e-05"),
            (0.000_012_34, "1.234e-05"),
            (1.5e-7, "1.5e-07"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::MIN_POSITIVE, "2.2250738585072014e-308"),
            (5e-324, "5e-324"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
        ] {
            assert_eq!(text(value), expected);
        }
    }

    #[test]
    fn px65_integers_above_the_doubles_stay_exact() {
        assert_eq!(text(u64::MAX), "18446744073709551615");
        assert_eq!(text(9_007_199_254_740_993_u64), "9007199254740993");
        assert_eq!(text(i64::MIN), "-9223372036854775808");
        assert_eq!(text(1_000_000_u64), "1000000");
    }

    #[test]
    fn px66_negative_zero_keeps_its_sign() {
        assert_eq!(text(-0.0), "-0");
    }

    #[test]
    fn om37_values_of_labels_have_a_point_or_an_exponent() {
        for (value, expected) in [
            (0.0, "0.0"),
            (0.005, "0.005"),
            (0.25, "0.25"),
            (1.0, "1.0"),
            (10.0, "10.0"),
            (100_000.0, "100000.0"),
            (1e6, "1e+06"),
            (1.5e6, "1.5e+06"),
            (1e10, "1e+10"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (1e-10, "1e-10"),
            (1e23, "1e+23"),
            (1.1e23, "1.1e+23"),
            (-1.0, "-1.0"),
            (f64::INFINITY, "+Inf"),
        ] {
            let mut out = Vec::new();
            push_canonical(&mut out, value);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }

    #[test]
    fn om39_times_are_seconds_without_an_exponent() {
        for (seconds, nanos, expected) in [
            (1_604_676_851, 123_456_789, "1604676851.123456789"),
            (1_604_676_851, 120_000_000, "1604676851.12"),
            (1_604_676_851, 1, "1604676851.000000001"),
            (0, 0, "0"),
            (253_402_300_799, 0, "253402300799"),
        ] {
            let mut out = Vec::new();
            push_seconds(&mut out, SystemTime::UNIX_EPOCH + Duration::new(seconds, nanos));
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
        let mut out = Vec::new();
        push_seconds(&mut out, SystemTime::UNIX_EPOCH - Duration::from_millis(1500));
        assert_eq!(out, b"-1.5");
    }

    proptest! {
        #[test]
        fn px66_every_double_comes_back_bit_for_bit(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            prop_assume!(!value.is_nan());
            let parsed: f64 = text(value).parse().unwrap();
            prop_assert_eq!(parsed.to_bits(), bits);
        }

        /// Random bits hardly ever give the magnitudes that people measure.
        #[test]
        fn px66_everyday_doubles_come_back(value in -1e9..1e9_f64, scale in -9..9_i32) {
            let value = value * 10_f64.powi(scale);
            let parsed: f64 = text(value).parse().unwrap();
            prop_assert_eq!(parsed.to_bits(), value.to_bits());
        }
    }
}

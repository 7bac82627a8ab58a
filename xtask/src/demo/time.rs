//! Lengths of time as people write them.

use std::time::Duration;

use anyhow::{Context, Result, ensure};

/// In milliseconds.
const UNITS: [(&str, u64); 4] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)];

/// A whole number and a unit: `500ms`, `60s`, `2m`, `1h`.
pub(super) fn parse(text: &str) -> Result<Duration> {
    let expected = || format!("`{text}` is no length of time such as 60s, 2m or 500ms");
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().with_context(expected)?;
    let (_, milliseconds) = UNITS.iter().find(|(name, _)| *name == unit).with_context(expected)?;
    let length = number.checked_mul(*milliseconds).with_context(expected)?;
    ensure!(length > 0, "`{text}` is no time at all");
    Ok(Duration::from_millis(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read() {
        for (text, milliseconds) in [("60s", 60_000), ("2m", 120_000), ("500ms", 500), ("1h", 3_600_000)] {
            assert_eq!(parse(text).unwrap(), Duration::from_millis(milliseconds), "{text}");
        }
    }

    #[test]
    fn anything_else_is_told() {
        for text in
            ["", "60", "s", "1.5s", "-1s", "60 s", "60S", "60sec", "0s", "99999999999999999999s", "5124095576030432h"]
        {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(&format!("`{text}` is no ")), "{error}");
        }
    }
}

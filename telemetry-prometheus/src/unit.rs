//! UCUM units as the words that Prometheus puts into names.

use std::borrow::Cow;

/// The units of the OpenTelemetry specification, "Prometheus and OpenMetrics Compatibility", by their case-sensitive
/// UCUM symbol.
const WORDS: &[(&str, &str)] = &[
    ("d", "days"),
    ("h", "hours"),
    ("min", "minutes"),
    ("s", "seconds"),
    ("ms", "milliseconds"),
    ("us", "microseconds"),
    ("ns", "nanoseconds"),
    ("By", "bytes"),
    ("KiBy", "kibibytes"),
    ("MiBy", "mebibytes"),
    ("GiBy", "gibibytes"),
    ("TiBy", "tebibytes"),
    ("kBy", "kilobytes"),
    ("MBy", "megabytes"),
    ("GBy", "gigabytes"),
    ("TBy", "terabytes"),
    ("m", "meters"),
    ("V", "volts"),
    ("A", "amperes"),
    ("J", "joules"),
    ("W", "watts"),
    ("g", "grams"),
    ("Cel", "celsius"),
    ("Hz", "hertz"),
    ("%", "percent"),
];

/// What only a rate may have below its line; `m` is a minute there, and a meter above it.
const BELOW_THE_LINE: &[(&str, &str)] = &[("m", "minute"), ("w", "week"), ("mo", "month"), ("y", "year")];

/// The word for a unit, or nothing for a unit that adds nothing to a name (`""`, `1`, `{request}`).
///
/// A unit that is in no table is kept, with everything but ASCII letters and digits replaced.
pub(crate) fn word(unit: &str) -> Cow<'static, str> {
    let unit = without_annotations(unit);
    let unit = unit.trim();
    match unit.split_once('/') {
        None => plural(unit),
        Some((above, below)) => {
            let (above, below) = (plural(above.trim()), singular(below.trim()));
            match (above.is_empty(), below.is_empty()) {
                (_, true) => above,
                (true, false) => format!("per_{below}").into(),
                (false, false) => format!("{above}_per_{below}").into(),
            }
        }
    }
}

fn plural(unit: &str) -> Cow<'static, str> {
    match lookup(WORDS, unit) {
        Some(word) => word.into(),
        None if unit == "1" => "".into(),
        None => cleaned(unit).into(),
    }
}

fn singular(unit: &str) -> Cow<'static, str> {
    if let Some(word) = lookup(BELOW_THE_LINE, unit) {
        return word.into();
    }
    match plural(unit) {
        Cow::Borrowed(word) if word != "celsius" => word.strip_suffix('s').unwrap_or(word).into(),
        word => word,
    }
}

fn lookup(table: &[(&str, &'static str)], unit: &str) -> Option<&'static str> {
    let (_, word) = table.iter().find(|(symbol, _)| *symbol == unit)?;
    Some(word)
}

/// Removes the parts in braces, nested ones included; an open brace takes the rest with it.
fn without_annotations(unit: &str) -> Cow<'_, str> {
    if !unit.contains('{') {
        return unit.into();
    }
    let mut depth = 0_usize;
    let kept = unit.chars().filter(|&c| match c {
        '{' => {
            depth += 1;
            false
        }
        '}' if depth > 0 => {
            depth -= 1;
            false
        }
        _ => depth == 0,
    });
    kept.collect::<String>().into()
}

fn cleaned(unit: &str) -> String {
    let mut words = unit.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut cleaned = words.next().unwrap_or_default().to_owned();
    for word in words {
        cleaned.push('_');
        cleaned.push_str(word);
    }
    cleaned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn px26_every_known_unit_becomes_its_word() {
        assert_eq!(WORDS.len(), 25);
        for (symbol, expected) in WORDS {
            assert_eq!(word(symbol), *expected);
        }
        assert_eq!(word("kBy"), "kilobytes");
        assert_eq!(word("TiBy"), "tebibytes");
    }

    #[test]
    fn px26_symbols_are_case_sensitive() {
        for unit in ["KBy", "B", "KB", "MB", "S", "hz"] {
            assert_eq!(word(unit), unit);
        }
    }

    #[test]
    fn px27_annotations_vanish() {
        for (unit, expected) in [
            ("{request}", ""),
            ("By{raw}", "bytes"),
            ("{raw}By", "bytes"),
            ("{packet}/s", "per_second"),
            ("By/{request}", "bytes"),
            ("{a{b}c}", ""),
            ("{open", ""),
            ("shut}", "shut"),
            ("{", ""),
            ("}", ""),
            ("{request}/{connection}", ""),
        ] {
            assert_eq!(word(unit), expected, "{unit}");
        }
    }

    #[test]
    fn px28_one_has_no_word() {
        assert_eq!(word("1"), "");
        assert_eq!(word(""), "");
        assert_eq!(word("  "), "");
    }

    #[test]
    fn px29_rates_name_the_single_unit_below_the_line() {
        for (unit, expected) in [
            ("m/s", "meters_per_second"),
            ("By/s", "bytes_per_second"),
            ("1/s", "per_second"),
            ("/s", "per_second"),
            ("m/m", "meters_per_minute"),
            ("By/min", "bytes_per_minute"),
            ("By/h", "bytes_per_hour"),
            ("By/d", "bytes_per_day"),
            ("By/w", "bytes_per_week"),
            ("By/mo", "bytes_per_month"),
            ("By/y", "bytes_per_year"),
            ("J/Cel", "joules_per_celsius"),
            ("m/s2", "meters_per_s2"),
            ("By/", "bytes"),
            ("By/1", "bytes"),
            ("foo/bar", "foo_per_bar"),
        ] {
            assert_eq!(word(unit), expected, "{unit}");
        }
    }

    #[test]
    fn px30_unknown_units_are_kept_without_their_odd_characters() {
        for (unit, expected) in
            [("foo", "foo"), ("kg", "kg"), ("kg.m2", "kg_m2"), ("°C", "C"), ("²", ""), ("__x__", "x"), ("--", "")]
        {
            assert_eq!(word(unit), expected, "{unit}");
        }
    }
}

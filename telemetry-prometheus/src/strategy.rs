//! How much of OpenTelemetry's names Prometheus gets to see.

use std::error::Error as StdError;
use std::fmt;
use std::str::FromStr;

/// How the names of instruments and attributes become the names of metrics and labels.
///
/// What a scraper then sees depends on the escaping that it asks for as well, which comes after the translation. Most
/// scrapers ask for `underscores` or say nothing; Prometheus from version 3 on asks for `allow-utf-8`. A counter
/// `foo.bar` in bytes (unit `By`) is:
///
/// | Strategy | `underscores` or nothing | `allow-utf-8` |
/// |---|---|---|
/// | `UnderscoreEscapingWithSuffixes` | `foo_bar_bytes_total` | `foo_bar_bytes_total` |
/// | `UnderscoreEscapingWithoutSuffixes` | `foo_bar` | `foo_bar` |
/// | `NoUTF8EscapingWithSuffixes` | `foo_bar_bytes_total` | `foo.bar_bytes_total` |
/// | `NoTranslation` | `foo_bar` | `foo.bar` |
///
/// Names that differ before the translation can be the same after it. With suffixes, `foo` in seconds and `foo` in
/// bytes stay apart; without them they are one metric.
///
/// As text, each strategy has the name of its variant:
///
/// ```
/// use telemetry_prometheus::TranslationStrategy;
///
/// let strategy: TranslationStrategy = "NoTranslation".parse()?;
/// assert_eq!(strategy, TranslationStrategy::NoTranslation);
/// assert_eq!(TranslationStrategy::default().to_string(), "UnderscoreEscapingWithSuffixes");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TranslationStrategy {
    /// Characters that Prometheus did not allow before its version 3 become underscores, and the unit and a counter's
    /// `_total` are added.
    #[default]
    UnderscoreEscapingWithSuffixes,
    /// The same characters become underscores, and nothing is added.
    UnderscoreEscapingWithoutSuffixes,
    /// All characters stay, and the unit and a counter's `_total` are added.
    NoUTF8EscapingWithSuffixes,
    /// Names stay as they are.
    NoTranslation,
}

impl TranslationStrategy {
    pub(crate) const ALL: [Self; 4] = [
        Self::UnderscoreEscapingWithSuffixes,
        Self::UnderscoreEscapingWithoutSuffixes,
        Self::NoUTF8EscapingWithSuffixes,
        Self::NoTranslation,
    ];

    /// Whether the unit and `_total` are added to the names of metrics.
    pub(crate) fn adds_suffixes(self) -> bool {
        matches!(self, Self::UnderscoreEscapingWithSuffixes | Self::NoUTF8EscapingWithSuffixes)
    }

    /// Whether names keep characters that need quotes or escaping.
    pub(crate) fn keeps_utf8(self) -> bool {
        matches!(self, Self::NoUTF8EscapingWithSuffixes | Self::NoTranslation)
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::UnderscoreEscapingWithSuffixes => "UnderscoreEscapingWithSuffixes",
            Self::UnderscoreEscapingWithoutSuffixes => "UnderscoreEscapingWithoutSuffixes",
            Self::NoUTF8EscapingWithSuffixes => "NoUTF8EscapingWithSuffixes",
            Self::NoTranslation => "NoTranslation",
        }
    }
}

impl fmt::Display for TranslationStrategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for TranslationStrategy {
    type Err = ParseTranslationStrategyError;

    /// Takes the exact name of a variant.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let strategy = Self::ALL.into_iter().find(|strategy| strategy.as_str() == text);
        strategy.ok_or_else(|| ParseTranslationStrategyError { text: text.into() })
    }
}

/// A text that is not the name of a [`TranslationStrategy`]. Displayed, it lists the names that are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseTranslationStrategyError {
    text: Box<str>,
}

impl fmt::Display for ParseTranslationStrategyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = TranslationStrategy::ALL.map(TranslationStrategy::as_str).join(", ");
        write!(f, "{:?} is no translation strategy: use one of {names}", self.text)
    }
}

impl StdError for ParseTranslationStrategyError {}

#[cfg(test)]
mod tests {
    use super::TranslationStrategy::*;
    use super::*;
    use crate::escape::escape_metric_name;
    use crate::exposition::Escaping;
    use crate::name::family_name;

    #[test]
    fn px40_the_names_are_exact_and_the_first_is_the_default() {
        for (name, strategy) in [
            ("UnderscoreEscapingWithSuffixes", TranslationStrategy::default()),
            ("UnderscoreEscapingWithoutSuffixes", UnderscoreEscapingWithoutSuffixes),
            ("NoUTF8EscapingWithSuffixes", NoUTF8EscapingWithSuffixes),
            ("NoTranslation", NoTranslation),
        ] {
            assert_eq!(name.parse(), Ok(strategy));
            assert_eq!(strategy.to_string(), name);
        }
    }

    #[test]
    fn px40_other_names_are_answered_with_the_list() {
        for name in ["", "notranslation", " NoTranslation", "no_translation"] {
            let error = name.parse::<TranslationStrategy>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("{name:?} is no")), "{error}");
            assert!(TranslationStrategy::ALL.iter().all(|strategy| error.contains(strategy.as_str())), "{error}");
        }
    }

    #[test]
    fn px44_px45_the_strategy_comes_first_and_escaping_after_it() {
        let escapings = [Escaping::Underscores, Escaping::AllowUtf8, Escaping::Dots, Escaping::Values];
        let table = [
            (
                UnderscoreEscapingWithSuffixes,
                ["foo_bar_bytes_total", "foo_bar_bytes_total", "foo__bar__bytes__total", "foo_bar_bytes_total"],
            ),
            (UnderscoreEscapingWithoutSuffixes, ["foo_bar", "foo_bar", "foo__bar", "foo_bar"]),
            (
                NoUTF8EscapingWithSuffixes,
                [
                    "foo_bar_bytes_total",
                    "foo.bar_bytes_total",
                    "foo_dot_bar__bytes__total",
                    "U__foo_2e_bar__bytes__total",
                ],
            ),
            (NoTranslation, ["foo_bar", "foo.bar", "foo_dot_bar", "U__foo_2e_bar"]),
        ];
        for (strategy, expected) in table {
            let translated = family_name("foo.bar", "By", true, None, strategy).unwrap().name;
            assert_eq!(escapings.map(|escaping| escape_metric_name(&translated, escaping)), expected, "{strategy}");
        }
        assert_eq!(table.map(|(strategy, _)| strategy), TranslationStrategy::ALL);
    }
}

//! Kinds of values that only an export has.

use std::time::Duration;

use super::Settings;

/// The largest number of milliseconds that every implementation has to know.
const MOST_MILLIS: u64 = 0x7fff_ffff;

/// Longer than any process waits, and short enough that nothing overflows by it.
const NO_LIMIT: Duration = Duration::from_secs(100 * 365 * 86_400);

impl Settings {
    /// A time to wait at most, in milliseconds. Zero is no limit, which is as long as anybody can wait.
    pub(crate) fn timeout(&self, name: &str) -> Option<Duration> {
        let millis = self.number(name, 0..=MOST_MILLIS)?;
        Some(if millis == 0 { NO_LIMIT } else { Duration::from_millis(millis) })
    }

    /// A time between two things that happen again and again, in milliseconds.
    pub(crate) fn interval(&self, name: &str) -> Option<Duration> {
        self.number(name, 1..=MOST_MILLIS).map(Duration::from_millis)
    }

    /// As `parsed`, for a value that is a secret, or may hold one: it is not for the log.
    pub(crate) fn parsed_secret<T>(
        &self,
        name: &str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let parsed = parse(&self.text(name)?);
        if parsed.is_none() {
            self.object(name, "is ignored", format!("it is not {expected}"));
        }
        parsed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::tests::environment;

    #[test]
    fn co_03_times_are_milliseconds_and_a_timeout_of_zero_is_no_limit() {
        let settings = environment(&[("A", "2147483647"), ("ZERO", "0")]);
        assert_eq!(settings.timeout("A"), Some(Duration::from_millis(2_147_483_647)));
        assert!(settings.timeout("ZERO").unwrap() > Duration::from_secs(86_400 * 365));
        assert_eq!(settings.interval("ZERO"), None);
        assert_eq!(settings.take_warnings().len(), 1);
    }

    #[test]
    fn a_secret_is_never_shown() {
        let settings = environment(&[("A", "password")]);
        assert_eq!(settings.parsed_secret("A", "a list", |_| None::<()>), None);
        assert!(!settings.take_warnings()[0].contains("password"));
    }
}

//! Settings from code and from the environment, under the names of the `OTEL_*` variables.
//!
//! What is set in code wins. A variable that is empty is not set. One whose value cannot be used is told of once and
//! then treated as not set, whereas such a value in code is an error.

#[cfg(feature = "otlp")]
mod export;
mod value;

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::ops::RangeInclusive;

/// Where settings come from, and what was found wrong with them.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    code: BTreeMap<String, String>,
    environment: Environment,
    warnings: RefCell<Vec<String>>,
    wrong: RefCell<Option<Wrong>>,
}

#[derive(Debug, Default)]
enum Environment {
    #[default]
    Process,
    Given(BTreeMap<String, OsString>),
}

/// A setting in code that cannot be used.
#[derive(Debug)]
pub(crate) struct Wrong {
    pub(crate) name: String,
    pub(crate) expected: String,
}

impl Settings {
    pub(crate) fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.code.insert(name.into(), value.into());
    }

    pub(crate) fn replace_environment(&mut self, variables: BTreeMap<String, OsString>) {
        self.environment = Environment::Given(variables);
    }

    /// The value, without blanks around it.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.find(name).map(|found| found.value)
    }

    pub(crate) fn is_set(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// What `parse` makes of the value, if it is `expected`.
    pub(crate) fn parsed<T>(&self, name: &str, expected: &str, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let found = self.find(name)?;
        let parsed = parse(&found.value);
        if parsed.is_none() {
            self.refuse(name, &found, expected);
        }
        parsed
    }

    /// One of a list of words, in any case.
    pub(crate) fn choice<T: Copy>(&self, name: &str, known: &[(&str, T)]) -> Option<T> {
        let found = self.find(name)?;
        let chosen = known.iter().find(|(word, _)| word.eq_ignore_ascii_case(&found.value));
        if chosen.is_none() {
            let words: Vec<_> = known.iter().map(|(word, _)| *word).collect();
            self.refuse(name, &found, &format!("one of {}", words.join(", ")));
        }
        chosen.map(|(_, choice)| *choice)
    }

    /// `true` in any case; all else is false.
    pub(crate) fn is_true(&self, name: &str) -> bool {
        self.parsed(name, "true or false", value::boolean).unwrap_or(false)
    }

    pub(crate) fn number(&self, name: &str, range: RangeInclusive<u64>) -> Option<u64> {
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        self.parsed(name, &expected, |text| value::number(text, &range))
    }

    /// Tells the user once, when there is a log.
    pub(crate) fn warn(&self, warning: impl Into<String>) {
        let (mut warnings, warning) = (self.warnings.borrow_mut(), warning.into());
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }

    /// What was wrong in the environment, for the log.
    pub(crate) fn take_warnings(&self) -> Vec<String> {
        self.warnings.take()
    }

    /// What was wrong in code.
    pub(crate) fn take_wrong(&self) -> Option<Wrong> {
        self.wrong.take()
    }

    fn refuse(&self, name: &str, found: &Found, expected: &str) {
        if found.in_code {
            self.refuse_code(name, expected);
        } else {
            let value = value::shortened(&found.value);
            self.warn(format!("{name} is ignored: {value:?} is not {expected}"));
        }
    }

    fn refuse_code(&self, name: &str, expected: &str) {
        let wrong = Wrong { name: name.to_owned(), expected: expected.to_owned() };
        self.wrong.borrow_mut().get_or_insert(wrong);
    }

    fn find(&self, name: &str) -> Option<Found> {
        let found = |value: Cow<'_, str>, in_code| {
            let value = value.trim();
            (!value.is_empty()).then(|| Found { value: value.to_owned(), in_code })
        };
        if let Some(value) = self.code.get(name) {
            return found(Cow::Borrowed(value), true);
        }
        // What is no Unicode is no value that anybody expects, and not a missing one.
        match &self.environment {
            Environment::Process => found(std::env::var_os(name)?.to_string_lossy(), false),
            Environment::Given(variables) => found(variables.get(name)?.to_string_lossy(), false),
        }
    }
}

#[derive(Debug)]
struct Found {
    value: String,
    in_code: bool,
}

#[cfg(test)]
pub(crate) mod tests;

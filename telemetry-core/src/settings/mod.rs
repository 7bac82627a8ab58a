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
    pub(crate) problem: String,
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
        let trimmed = |value: Cow<'_, str>| {
            let value = value.trim();
            (!value.is_empty()).then(|| value.to_owned())
        };
        if let Some(value) = self.code.get(name) {
            return trimmed(Cow::Borrowed(value));
        }
        // What is no Unicode is no value that anybody expects, and not a missing one.
        match &self.environment {
            Environment::Process => trimmed(std::env::var_os(name)?.to_string_lossy()),
            Environment::Given(variables) => trimmed(variables.get(name)?.to_string_lossy()),
        }
    }

    pub(crate) fn is_set(&self, name: &str) -> bool {
        self.text(name).is_some()
    }

    /// The first answer to `ask`, of the more particular name and the more general one. The particular one goes first,
    /// unless only the general one is set in code: code wins over the environment.
    pub(crate) fn first<T>(&self, [particular, general]: [&str; 2], ask: impl Fn(&str) -> Option<T>) -> Option<T> {
        let general_first = self.is_general_first([particular, general]);
        let (first, second) = if general_first { (general, particular) } else { (particular, general) };
        ask(first).or_else(|| ask(second))
    }

    pub(crate) fn is_general_first(&self, [particular, general]: [&str; 2]) -> bool {
        self.code.contains_key(general) && !self.code.contains_key(particular)
    }

    /// What `parse` makes of the value, if it is `expected`.
    pub(crate) fn parsed<T>(&self, name: &str, expected: &str, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let value = self.text(name)?;
        let parsed = parse(&value);
        if parsed.is_none() {
            self.refuse(name, &value, expected);
        }
        parsed
    }

    /// One of a list of words, in any case.
    pub(crate) fn choice<T: Copy>(&self, name: &str, known: &[(&str, T)]) -> Option<T> {
        let value = self.text(name)?;
        let chosen = known.iter().find(|(word, _)| word.eq_ignore_ascii_case(&value));
        if chosen.is_none() {
            let words: Vec<_> = known.iter().map(|(word, _)| *word).collect();
            self.refuse(name, &value, &format!("one of {}", words.join(", ")));
        }
        chosen.map(|(_, choice)| *choice)
    }

    /// `true` in any case; all else is false.
    pub(crate) fn is_true(&self, name: &str) -> bool {
        self.boolean(name).unwrap_or(false)
    }

    pub(crate) fn boolean(&self, name: &str) -> Option<bool> {
        self.parsed(name, "true or false", value::boolean)
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

    /// Tells of a value with a `problem`: an error in code, and otherwise a warning that says how much of it `is_ignored`.
    pub(crate) fn object(&self, name: &str, is_ignored: &str, problem: impl Into<String>) {
        if self.code.contains_key(name) {
            let wrong = Wrong { name: name.to_owned(), problem: problem.into() };
            self.wrong.borrow_mut().get_or_insert(wrong);
        } else {
            self.warn(format!("{name} {is_ignored}: {}", problem.into()));
        }
    }

    fn refuse(&self, name: &str, value: &str, expected: &str) {
        let value = value::shortened(value);
        self.object(name, "is ignored", format!("{value:?} is not {expected}"));
    }
}

#[cfg(test)]
pub(crate) mod tests;

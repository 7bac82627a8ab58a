//! What every variable has in common.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use telemetry_core::{Telemetry, TelemetryBuilder};

/// A variable, and what it is to do.
pub(crate) struct Row {
    pub(crate) variable: String,
    /// What has to be set as well before it does anything.
    with: Vec<(String, String)>,
    /// A value, and what is seen with it; absent if no value has an effect.
    value: Option<(String, String)>,
    /// What is seen without it, and how many warnings belong to that.
    default: (String, usize),
    wrong: Vec<String>,
    observe: Box<dyn Fn(&Case) -> Outcome + Send + Sync>,
}

/// How a telemetry is set up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Case {
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) code: BTreeMap<String, String>,
    /// How long to wait for what will not happen, or has to.
    pub(crate) patience: Duration,
}

/// What was seen, or the error of the setup.
pub(crate) type Outcome = Result<Seen, String>;

#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) effect: String,
    pub(crate) warnings: Vec<String>,
}

impl Case {
    /// In this environment.
    pub(crate) fn of<N: Into<String>, V: Into<String>>(variables: impl IntoIterator<Item = (N, V)>) -> Self {
        let environment = variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { environment, patience: Duration::from_secs(20), ..Self::default() }
    }

    pub(crate) fn and(mut self, variable: &str, value: impl Into<String>) -> Self {
        self.environment.insert(variable.to_owned(), value.into());
        self
    }

    /// Unless the case is about that variable.
    pub(crate) fn or(self, variable: &str, value: impl Into<String>) -> Self {
        let known = self.environment.contains_key(variable) || self.code.contains_key(variable);
        if known { self } else { self.and(variable, value) }
    }

    pub(crate) fn in_code(mut self, variable: &str, value: impl Into<String>) -> Self {
        self.code.insert(variable.to_owned(), value.into());
        self
    }

    pub(crate) fn builder(&self) -> TelemetryBuilder {
        let builder = Telemetry::builder().without_global().with_environment(self.environment.clone());
        self.code.iter().fold(builder, |builder, (name, value)| builder.with_setting(name, value))
    }
}

impl Row {
    pub(crate) fn new(
        variable: impl Into<String>,
        default: impl Into<String>,
        observe: impl Fn(&Case) -> Outcome + Send + Sync + 'static,
    ) -> Self {
        let (with, wrong) = (Vec::new(), Vec::new());
        let (variable, default) = (variable.into(), (default.into(), 0));
        Self { variable, with, value: None, default, wrong, observe: Box::new(observe) }
    }

    pub(crate) fn value(mut self, value: impl Into<String>, effect: impl Into<String>) -> Self {
        self.value = Some((value.into(), effect.into()));
        self
    }

    pub(crate) fn wrong<V: Into<String>>(mut self, values: impl IntoIterator<Item = V>) -> Self {
        self.wrong.extend(values.into_iter().map(Into::into));
        self
    }

    pub(crate) fn with(mut self, variable: impl Into<String>, value: impl Into<String>) -> Self {
        self.with.push((variable.into(), value.into()));
        self
    }

    /// Without the variable there is a warning, as another one waits for it.
    pub(crate) fn missed(mut self) -> Self {
        self.default.1 = 1;
        self
    }

    /// Looks at all that is to be so for every variable.
    fn check(&self) {
        let name = self.variable.as_str();
        let default = || {
            let case = Case::of(self.with.clone());
            Case { patience: Duration::from_millis(300), ..case }
        };
        self.expect_default(&default(), "not set");
        self.expect_default(&default().and(name, ""), "empty");
        self.expect_default(&default().and(name, " \t"), "blank");
        for wrong in &self.wrong {
            let case = default().and(name, wrong);
            let seen = self.observe(&case, wrong);
            assert_eq!(seen.effect, self.default.0, "{name}={wrong}");
            assert_eq!(seen.warnings.len(), 1, "{name}={wrong}: {:?}", seen.warnings);
            assert!(seen.warnings[0].contains(name), "{name}={wrong}: {:?}", seen.warnings);

            let case = default().in_code(name, wrong);
            let error = (self.observe)(&case).expect_err(&format!("{name}={wrong} in code"));
            assert!(error.contains(name), "{name}={wrong} in code: {error}");
        }
        let Some((value, effect)) = &self.value else { return };
        let with = || Case::of(self.with.clone());
        self.expect(&with().and(name, value), effect, "set");
        // Code wins, over a wrong value too.
        let other = self.wrong.first().map_or("another", String::as_str);
        self.expect(&with().and(name, other).in_code(name, value), effect, "set in code");
        self.expect_default(&default().and(name, value).in_code(name, ""), "empty in code");
    }

    fn observe(&self, case: &Case, what: &str) -> Seen {
        (self.observe)(case).unwrap_or_else(|error| panic!("{}, {what}: {error}", self.variable))
    }

    fn expect(&self, case: &Case, effect: &str, what: &str) {
        let seen = self.observe(case, what);
        assert_eq!(seen.effect, effect, "{}, {what}", self.variable);
        assert!(seen.warnings.is_empty(), "{}, {what}: {:?}", self.variable, seen.warnings);
    }

    fn expect_default(&self, case: &Case, what: &str) {
        let (seen, (effect, warnings)) = (self.observe(case, what), &self.default);
        assert_eq!(seen.effect, *effect, "{}, {what}", self.variable);
        assert_eq!(seen.warnings.len(), *warnings, "{}, {what}: {:?}", self.variable, seen.warnings);
    }
}

/// Checks rows side by side, as some of them wait.
pub(crate) fn check_all(rows: &[Row]) {
    assert!(!rows.is_empty());
    thread::scope(|scope| {
        for row in rows {
            scope.spawn(|| row.check());
        }
    });
}

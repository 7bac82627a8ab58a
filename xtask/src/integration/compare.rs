//! What is expected against what Prometheus answers, series by series.

use std::fmt;

pub(super) use crate::stage::prometheus::{Labels, Sample};

#[derive(Debug, Clone, Copy)]
pub(super) enum Expected {
    Exactly(f64),
    AtLeast(f64),
}

/// A query with all the series that its answer has to hold, and no other.
#[derive(Debug)]
pub(super) struct Check {
    pub(super) query: String,
    pub(super) series: Vec<(Labels, Expected)>,
}

#[derive(Debug, PartialEq)]
pub(super) struct Row {
    pub(super) query: String,
    pub(super) expected: String,
    pub(super) got: String,
    pub(super) passed: bool,
}

const NOTHING: &str = "no series";

impl Check {
    /// A query whose answer is one value without labels.
    pub(super) fn one(query: impl Into<String>, expected: Expected) -> Self {
        Self { query: query.into(), series: vec![(Labels::new(), expected)] }
    }

    pub(super) fn compare(&self, answer: &[Sample]) -> Vec<Row> {
        let mut left: Vec<(Labels, f64)> = answer.iter().map(|sample| (own(&sample.labels), sample.value)).collect();
        let mut rows = Vec::new();
        for (labels, expected) in &self.series {
            let found = left.iter().position(|(got, _)| got == labels).map(|index| left.swap_remove(index).1);
            let got = found.map_or_else(|| NOTHING.to_owned(), |value| value.to_string());
            let passed = found.is_some_and(|value| expected.holds(value));
            rows.push(Row { query: self.shown(labels), expected: expected.to_string(), got, passed });
        }
        // What nobody drove, or one series twice.
        for (labels, value) in left {
            let (query, got) = (self.shown(&labels), value.to_string());
            rows.push(Row { query, expected: NOTHING.to_owned(), got, passed: false });
        }
        rows
    }

    fn shown(&self, labels: &Labels) -> String {
        let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
        if labels.is_empty() { self.query.clone() } else { format!("{} {{{}}}", self.query, labels.join(",")) }
    }
}

/// The labels that tell what was driven, without those that tell where it was scraped and which library measured.
pub(super) fn own(labels: &Labels) -> Labels {
    let foreign = |name: &str| matches!(name, "__name__" | "job" | "instance") || name.starts_with("otel_scope_");
    labels.iter().filter(|(name, _)| !foreign(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

impl Expected {
    pub(super) fn count(value: u64) -> Self {
        // Exact: nobody drives more than 2^53 of anything.
        Self::Exactly(value as f64)
    }

    fn holds(self, got: f64) -> bool {
        match self {
            Self::Exactly(expected) => got == expected,
            Self::AtLeast(least) => got >= least,
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(value) => write!(f, "{value}"),
            Self::AtLeast(value) => write!(f, ">= {value}"),
        }
    }
}

/// The rows as a table: query, expected, got.
pub(super) fn table<'a>(rows: impl IntoIterator<Item = &'a Row> + Clone) -> String {
    let width = |cell: fn(&Row) -> usize| rows.clone().into_iter().map(cell).max().unwrap_or_default().max(8);
    let (query, expected, got) = (width(|r| r.query.len()), width(|r| r.expected.len()), width(|r| r.got.len()));
    let mut text = format!("{:query$}  {:>expected$}  {:>got$}\n", "query", "expected", "got");
    for row in rows {
        let mark = if row.passed { "" } else { "  WRONG" };
        text.push_str(&format!("{:query$}  {:>expected$}  {:>got$}{mark}\n", row.query, row.expected, row.got));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn sample(pairs: &[(&str, &str)], value: f64) -> Sample {
        Sample { labels: labels(pairs), value }
    }

    fn check() -> Check {
        let series = [("GET", 3), ("POST", 1)];
        let series = series.map(|(method, count)| (labels(&[("method", method)]), Expected::count(count)));
        Check { query: "requests_count".to_owned(), series: series.into() }
    }

    fn wrong(answer: &[Sample]) -> Vec<(String, String, String)> {
        let rows = check().compare(answer).into_iter().filter(|row| !row.passed);
        rows.map(|row| (row.query, row.expected, row.got)).collect()
    }

    fn right() -> Vec<Sample> {
        let scope = [("__name__", "requests_count"), ("job", "j"), ("instance", "i"), ("otel_scope_name", "http")];
        let get = [&scope[..], &[("method", "GET")]].concat();
        let post = [&scope[..], &[("method", "POST")]].concat();
        vec![sample(&post, 1.0), sample(&get, 3.0)]
    }

    fn one_row(query: &str, expected: &str, got: &str) -> Vec<(String, String, String)> {
        vec![(query.to_owned(), expected.to_owned(), got.to_owned())]
    }

    #[test]
    fn what_was_driven_passes() {
        assert_eq!(wrong(&right()), []);
        assert_eq!(check().compare(&right()).len(), 2);
    }

    #[test]
    fn a_wrong_count_fails() {
        let mut answer = right();
        answer[1].value = 4.0;
        assert_eq!(wrong(&answer), one_row("requests_count {method=\"GET\"}", "3", "4"));
    }

    #[test]
    fn a_missing_series_fails() {
        let mut answer = right();
        answer.remove(0);
        assert_eq!(wrong(&answer), one_row("requests_count {method=\"POST\"}", "1", NOTHING));
        assert_eq!(wrong(&[]).len(), 2);
    }

    #[test]
    fn an_extra_series_fails() {
        let mut answer = right();
        answer.push(sample(&[("method", "PUT")], 1.0));
        assert_eq!(wrong(&answer), one_row("requests_count {method=\"PUT\"}", NOTHING, "1"));
    }

    #[test]
    fn a_series_given_twice_fails() {
        let mut answer = right();
        answer.push(sample(&[("method", "GET"), ("otel_scope_name", "another")], 3.0));
        assert_eq!(wrong(&answer), one_row("requests_count {method=\"GET\"}", NOTHING, "3"));
    }

    #[test]
    fn an_unknown_label_fails() {
        let mut answer = right();
        answer[1].labels.insert("server_address".to_owned(), "localhost".to_owned());
        assert_eq!(wrong(&answer).len(), 2);
    }

    #[test]
    fn no_number_is_no_answer() {
        assert!(!Expected::count(0).holds(f64::NAN));
        assert!(!Expected::AtLeast(0.0).holds(f64::NAN));
        assert!(!Expected::AtLeast(2.0).holds(1.9));
        assert!(Expected::AtLeast(2.0).holds(2.1));
    }
}

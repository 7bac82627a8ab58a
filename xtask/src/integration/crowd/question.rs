//! What is asked of a page and of Prometheus, with the answers that the playground's own counts give.

use super::counts::Counts;
use super::page::Page;
use crate::integration::compare::{Check, Expected, Labels, Row, Sample};

const ACTIVE: &str = "http_server_active_requests";
pub(super) const REQUESTS: &str = "http_server_request_duration_seconds_count";
pub(super) const OPEN: &str = "transport_server_active_connections";

const STATUS: &str = "http_response_status_code";
const ERROR: &str = "error_type";
const CANCELLED: &str = "cancelled";

/// A number from all series of a metric that have these labels.
#[derive(Debug)]
pub(super) struct Question {
    number: Number,
    metric: &'static str,
    labels: Vec<Matcher>,
    expected: u64,
}

#[derive(Debug, Clone, Copy)]
enum Number {
    Sum,
    /// How many series there are.
    Series,
    /// How many of them are not zero.
    NotZero,
}

/// An empty value stands for an absent label.
#[derive(Debug)]
enum Matcher {
    Is(&'static str, &'static str),
    Not(&'static str, &'static str),
}

pub(super) fn questions(counts: &Counts) -> Vec<Question> {
    use Matcher::{Is, Not};
    use Number::{NotZero, Series, Sum};

    let ask = |number, metric, labels: Vec<Matcher>, expected| Question { number, metric, labels, expected };
    let &Counts { connections, begun, unanswered, cut_off, failed, answered, received, sent } = counts;
    vec![
        ask(Sum, REQUESTS, vec![], begun),
        ask(Sum, "http_server_request_duration_seconds_bucket", vec![Is("le", "+Inf")], begun),
        ask(Sum, REQUESTS, vec![Is(STATUS, "200"), Is(ERROR, "")], answered),
        ask(Sum, REQUESTS, vec![Is(STATUS, "200"), Is(ERROR, CANCELLED)], cut_off),
        ask(Sum, REQUESTS, vec![Is(STATUS, ""), Is(ERROR, CANCELLED)], unanswered),
        ask(Sum, REQUESTS, vec![Is(STATUS, "200"), Not(ERROR, ""), Not(ERROR, CANCELLED)], failed),
        ask(Sum, "http_server_request_body_size_bytes_count", vec![], begun),
        ask(Sum, "http_server_request_body_size_bytes_sum", vec![], received),
        ask(Sum, "http_server_response_body_size_bytes_count", vec![], begun - unanswered),
        ask(Sum, "http_server_response_body_size_bytes_sum", vec![], sent),
        // GET and POST.
        ask(Series, ACTIVE, vec![], 2),
        ask(NotZero, ACTIVE, vec![], 0),
        ask(Sum, "transport_server_connection_duration_seconds_count", vec![], connections),
        ask(Series, OPEN, vec![], 1),
        ask(NotZero, OPEN, vec![], 0),
    ]
}

impl Question {
    pub(super) fn expected(&self) -> Expected {
        Expected::count(self.expected)
    }

    /// In PromQL.
    pub(super) fn query(&self) -> String {
        let labels: Vec<_> = self.labels.iter().map(Matcher::shown).collect();
        let series = format!("{}{{{}}}", self.metric, labels.join(","));
        let number = match self.number {
            Number::Sum => format!("sum({series})"),
            Number::Series => format!("count({series})"),
            Number::NotZero => format!("count({series} != 0)"),
        };
        format!("{number} or vector(0)")
    }

    pub(super) fn ask_page(&self, page: &Page) -> Vec<Row> {
        let samples = page.samples(self.metric);
        let samples = samples.filter(|(labels, _)| self.labels.iter().all(|matcher| matcher.holds(labels)));
        let values = samples.map(|(_, value)| value);
        let value = match self.number {
            // From a zero of its own: the sum of nothing is -0.
            Number::Sum => values.fold(0.0, |sum, value| sum + value),
            Number::Series => values.count() as f64,
            Number::NotZero => values.filter(|value| *value != 0.0).count() as f64,
        };
        Check::one(self.query(), self.expected()).compare(&[Sample { labels: Labels::new(), value }])
    }
}

impl Matcher {
    fn holds(&self, labels: &Labels) -> bool {
        let value = |name: &str| labels.get(name).map_or("", String::as_str);
        match self {
            Self::Is(name, wanted) => value(name) == *wanted,
            Self::Not(name, unwanted) => value(name) != *unwanted,
        }
    }

    fn shown(&self) -> String {
        match self {
            Self::Is(name, value) => format!("{name}=\"{value}\""),
            Self::Not(name, value) => format!("{name}!=\"{value}\""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(number: Number, labels: Vec<Matcher>, expected: u64) -> (String, bool) {
        let page = Page::parse("a{b=\"c\",d=\"e\"} 3\na{b=\"c\"} 4\na 0\nf 9\n").unwrap();
        let question = Question { number, metric: "a", labels, expected };
        let rows = question.ask_page(&page);
        assert_eq!(rows.len(), 1);
        (question.query(), rows[0].passed)
    }

    #[test]
    fn a_page_is_asked_as_prometheus_is() {
        use Matcher::{Is, Not};
        for (number, labels, right, query) in [
            (Number::Sum, vec![], 7, "sum(a{}) or vector(0)"),
            (Number::Sum, vec![Is("b", "c"), Is("d", "")], 4, "sum(a{b=\"c\",d=\"\"}) or vector(0)"),
            (Number::Sum, vec![Not("d", ""), Not("d", "x")], 3, "sum(a{d!=\"\",d!=\"x\"}) or vector(0)"),
            (Number::Sum, vec![Is("d", "x")], 0, "sum(a{d=\"x\"}) or vector(0)"),
            (Number::Series, vec![], 3, "count(a{}) or vector(0)"),
            (Number::NotZero, vec![], 2, "count(a{} != 0) or vector(0)"),
        ] {
            assert_eq!(asked(number, labels, right), (query.to_owned(), true));
        }
        assert!(!asked(Number::Sum, vec![], 8).1);
    }
}

//! Metrics that came by OTLP against the playground's page, and against what it counts by itself.

use std::collections::BTreeMap;

use super::received::{Point, shown};
use crate::integration::compare::{Check, Expected, Labels, Row, Sample, own};
use crate::integration::crowd::counts::Counts;
use crate::integration::crowd::page::Page;

/// Metrics of both layers, and what they are called on the page.
const METRICS: [(&str, &str); 7] = [
    ("http.server.request.duration", "http_server_request_duration_seconds"),
    ("http.server.request.body.size", "http_server_request_body_size_bytes"),
    ("http.server.response.body.size", "http_server_response_body_size_bytes"),
    ("http.server.active_requests", "http_server_active_requests"),
    ("transport.server.connection.duration", "transport_server_connection_duration_seconds"),
    ("transport.server.active_connections", "transport_server_active_connections"),
    ("transport.server.io", "transport_server_io_bytes_total"),
];

/// Every series of the page came with the same number, and no other series did.
pub(super) fn against_page(points: &[Point], page: &Page) -> Vec<Row> {
    let mut rows = Vec::new();
    for (metric, name) in METRICS {
        let last = last(points, metric);
        let [values, counts, sums] = samples(&last);
        for (suffix, answer) in [("", values), ("_count", counts), ("_sum", sums)] {
            let query = format!("{name}{suffix}");
            let series =
                page.samples(&query).map(|(labels, value)| (own(labels), Expected::Exactly(rounded(value)))).collect();
            rows.extend(Check { query, series }.compare(&answer));
        }
    }
    rows
}

/// What the playground has counted outside of all layers.
pub(super) fn against_tally(points: &[Point], counts: &Counts) -> Vec<Row> {
    let total = |metric: &str, number: fn(&Point) -> f64| last(points, metric).into_values().map(number).sum::<f64>();
    let count: fn(&Point) -> f64 = |point| point.value;
    let sum: fn(&Point) -> f64 = |point| point.sum.unwrap_or_default();
    let questions = [
        ("http.server.request.duration", "count", count, counts.begun),
        ("http.server.request.duration", "count", count, counts.answered),
        ("http.server.request.body.size", "sum", sum, counts.received),
        ("http.server.response.body.size", "sum", sum, counts.sent),
        ("transport.server.connection.duration", "count", count, counts.connections),
    ];
    let rows = questions.into_iter().flat_map(|(metric, name, number, expected)| {
        let sample = Sample { labels: Labels::new(), value: total(metric, number) };
        Check::one(format!("{name} of {metric} against the tally"), Expected::count(expected)).compare(&[sample])
    });
    rows.collect()
}

/// The last point of each series: they are cumulative.
fn last<'a>(points: &'a [Point], metric: &str) -> BTreeMap<Labels, &'a Point> {
    let points = points.iter().filter(|point| point.metric == metric);
    points.map(|point| (labels(point), point)).collect()
}

fn labels(point: &Point) -> Labels {
    point.attributes.iter().map(|(name, value)| (name.replace('.', "_"), shown(value))).collect()
}

/// To twelve digits: a reader of JSON may be off in the last one.
fn rounded(value: f64) -> f64 {
    format!("{value:.11e}").parse().unwrap_or(value)
}

/// As values, and as counts and sums of histograms.
fn samples(last: &BTreeMap<Labels, &Point>) -> [Vec<Sample>; 3] {
    let pick = |number: fn(&Point) -> Option<f64>| {
        let samples = last.iter().filter_map(|(labels, point)| {
            number(point).map(|value| Sample { labels: labels.clone(), value: rounded(value) })
        });
        samples.collect()
    };
    [
        pick(|point| point.sum.is_none().then_some(point.value)),
        pick(|point| point.sum.is_some().then_some(point.value)),
        pick(|point| point.sum),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integration::spans::span::Value;

    const PAGE: &str = "\
http_server_request_duration_seconds_count{http_route=\"/\",otel_scope_name=\"x\"} 2
http_server_request_duration_seconds_sum{http_route=\"/\",otel_scope_name=\"x\"} 0.5
http_server_request_duration_seconds_bucket{http_route=\"/\",le=\"+Inf\"} 2
transport_server_io_bytes_total 3
";

    fn point(metric: &str, route: Option<&str>, value: f64, sum: Option<f64>) -> Point {
        let route = route.map(|route| ("http.route".to_owned(), Value::Text(route.to_owned())));
        Point { metric: metric.to_owned(), attributes: route.into_iter().collect(), value, sum }
    }

    fn points() -> Vec<Point> {
        vec![
            point("http.server.request.duration", Some("/"), 1.0, Some(0.25)),
            point("transport.server.io", None, 3.0, None),
            point("http.server.request.duration", Some("/"), 2.0, Some(0.5)),
            point("of another layer", None, 9.0, None),
        ]
    }

    fn agrees(points: &[Point]) -> bool {
        against_page(points, &Page::parse(PAGE).unwrap()).iter().all(|row| row.passed)
    }

    #[test]
    fn the_last_points_are_the_page() {
        assert!(agrees(&points()));
        assert_eq!(against_page(&points(), &Page::parse(PAGE).unwrap()).len(), 3);
        assert!(!agrees(&points()[..2]));
        assert!(!agrees(&points()[1..2]));
        let more = [points(), vec![point("http.server.request.duration", Some("/more"), 1.0, Some(0.5))]];
        assert!(!agrees(&more.concat()));
    }

    #[test]
    fn the_last_digit_of_a_sum_does_not_count() {
        assert_eq!(rounded(0.001_454_298_000_000_000_1), rounded(0.001_454_298));
        assert_ne!(rounded(0.001_454_298), rounded(0.001_454_297));
    }

    #[test]
    fn totals_are_those_of_the_tally() {
        let counts = |begun| Counts {
            connections: 0,
            begun,
            unanswered: 0,
            cut_off: 0,
            failed: 0,
            answered: 2,
            received: 0,
            sent: 0,
        };
        assert!(against_tally(&points(), &counts(2)).iter().all(|row| row.passed));
        assert_eq!(against_tally(&points(), &counts(3)).iter().filter(|row| !row.passed).count(), 1);
    }
}

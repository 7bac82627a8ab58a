//! What exporters make of what is not plain.

use anyhow::Result;

use super::judge;
use super::metric::{Exporter, Kind, Metric, Outcome, Written};
use crate::conformance::finding::Finding;
use crate::conformance::page::Sample;
use crate::conformance::table::Probe;

pub(super) const PROBES: &[Probe<Exporter>] = &[
    Probe {
        id: "exponential-histogram",
        asks: "a histogram of exponential buckets and no others, with 3 observations: what of it is in the text",
        wants: "a count of 3: own rule, nothing is lost because a scraper asks for text; OpenTelemetry allows to convert it or to drop it",
        run: |exporter| {
            let values = &[0.1, 1.0, 10.0];
            let metric = Metric { kind: Kind::Exponential, name: "latency", plain: "latency", values, ..Metric::GAUGE };
            written(exporter, &[metric], |Written { page, warnings }| {
                let count: f64 = page.named("latency_count").map(|sample| sample.value).sum();
                let shown = if count == 0.0 { "absent".to_owned() } else { format!("a count of {count}") };
                Finding::judged(format!("{shown}, warnings: {warnings}"), count == 3.0)
            })
        },
    },
    Probe {
        id: "label-digit",
        asks: "a label that begins with a digit, `1x`",
        wants: "a legal page with the label's value, or an error when the metric is made: formats",
        run: |exporter| labels(exporter, &[("1x", "first")]),
    },
    Probe {
        id: "labels-collide",
        asks: "labels `a.b` and `a_b` on one series",
        wants: "a legal page with both values, or an error: formats, a label occurs once; OpenTelemetry joins the values with `;`",
        run: |exporter| labels(exporter, &[("a.b", "first"), ("a_b", "second")]),
    },
    Probe {
        id: "label-empty",
        asks: "a label without a name",
        wants: "a legal page, with or without the value, or an error: formats, names are not empty",
        run: |exporter| {
            let metric = Metric { labels: &[("", "first")], ..Metric::GAUGE };
            written(exporter, &[metric], |Written { page, .. }| {
                let level = page.named("level").next();
                Finding::judged(level.map_or("absent".to_owned(), shown), level.is_some())
            })
        },
    },
    Probe {
        id: "label-value-newline",
        asks: "a label's value with a newline, read back",
        wants: "the same: formats, it is escaped",
        run: |exporter| value(exporter, &[("text", "one\ntwo")]),
    },
    Probe {
        id: "label-value-quote",
        asks: "a label's value with quotes, read back",
        wants: "the same: formats, as above",
        run: |exporter| value(exporter, &[("text", "a \"b\" c")]),
    },
    Probe {
        id: "label-value-backslash",
        asks: "a label's value with `\\n`, `\\x` and a backslash at its end, read back",
        wants: "the same: formats, as above",
        run: |exporter| value(exporter, &[("text", "C:\\new\\x\\")]),
    },
    Probe {
        id: "help-newline",
        asks: "a description with a newline and a backslash",
        wants: "a legal page with the metric: formats, as above",
        run: |exporter| {
            let metric = Metric { help: "One\ntwo \\ three.", ..Metric::GAUGE };
            written(exporter, &[metric], |Written { page, .. }| {
                let is_there = page.named("level").count() == 1;
                Finding::judged(if is_there { "legal" } else { "absent" }, is_there)
            })
        },
    },
    Probe {
        id: "names-collide",
        asks: "a counter and a gauge that are both `jobs_total` on the page",
        wants: "a legal page in which jobs_total has one type, or an error: formats, a family has one type",
        run: |exporter| {
            let gauge = Metric { name: "jobs.total", plain: "jobs_total", values: &[7.0], ..Metric::GAUGE };
            written(exporter, &[Metric::COUNTER, gauge], |Written { page, warnings }| {
                let samples = page.named("jobs_total").count();
                let types = page.types.iter().filter(|(name, _)| name == "jobs_total" || name == "jobs").count();
                Finding::judged(
                    format!("samples: {samples}, types: {types}, warnings: {warnings}"),
                    (samples, types) == (1, 1),
                )
            })
        },
    },
    Probe {
        id: "not-a-number",
        asks: "a gauge that is NaN, read back",
        wants: "NaN: formats, it is a value",
        run: |exporter| number(exporter, Metric { values: &[f64::NAN], ..Metric::GAUGE }, f64::NAN),
    },
    Probe {
        id: "infinity",
        asks: "a counter that is given the largest number twice, read back",
        wants: "inf: formats, +Inf is a value",
        run: |exporter| number(exporter, Metric { values: &[f64::MAX; 2], ..Metric::COUNTER }, f64::INFINITY),
    },
    Probe {
        id: "unit",
        asks: "a counter in bytes: its name on the page",
        wants: "transfer_bytes_total: the unit is a part of Prometheus' names, where the library knows of units",
        run: |exporter| {
            let counter = Metric { name: "transfer", plain: "transfer_total", in_bytes: true, ..Metric::COUNTER };
            written(exporter, &[counter], |Written { page, .. }| {
                let name =
                    page.samples.iter().map(|sample| sample.name.as_str()).find(|name| name.starts_with("transfer"));
                Finding::judged(name.unwrap_or("absent"), name == Some("transfer_bytes_total"))
            })
        },
    },
];

/// What `found` says of the page of `metrics`, if there is a legal one.
fn written(exporter: Exporter, metrics: &[Metric], found: impl FnOnce(Written) -> Finding) -> Result<Finding> {
    Ok(match (exporter.build)(metrics)? {
        Outcome::NoSuch(reason) => Finding::none(reason),
        Outcome::Failed => Finding::judged("the whole scrape fails", false),
        Outcome::Refused => Finding::judged("refused with an error", true),
        Outcome::Written(text, format, warnings) => match judge::read(&text, format, exporter.judge)? {
            Ok(page) => found(Written { page, warnings }),
            Err(complaint) => Finding::judged(format!("not a legal page: {complaint}"), false),
        },
    })
}

fn labels(exporter: Exporter, labels: &'static [(&'static str, &'static str)]) -> Result<Finding> {
    written(exporter, &[Metric { labels, ..Metric::GAUGE }], |Written { page, .. }| {
        let Some(level) = page.named("level").next() else { return Finding::judged("absent", false) };
        let mut wanted = labels.iter();
        let is_right =
            wanted.all(|(_, value)| level.labels.iter().any(|(_, found)| found.split(';').any(|part| part == *value)));
        Finding::judged(shown(level), is_right)
    })
}

fn value(exporter: Exporter, labels: &'static [(&'static str, &'static str)]) -> Result<Finding> {
    written(exporter, &[Metric { labels, ..Metric::GAUGE }], |Written { page, .. }| {
        let found = page.named("level").next().and_then(|level| level.label("text"));
        let is_right = found == labels.first().map(|(_, value)| *value);
        Finding::judged(if is_right { "the same".to_owned() } else { format!("{found:?}") }, is_right)
    })
}

fn number(exporter: Exporter, metric: Metric, wanted: f64) -> Result<Finding> {
    written(exporter, &[metric], |Written { page, .. }| {
        let found: Vec<_> = page.named(metric.plain).map(|sample| sample.value).collect();
        let is_right = found.len() == 1 && found.iter().all(|found| found.total_cmp(&wanted).is_eq());
        let shown = found.first().map_or("absent".to_owned(), ToString::to_string);
        Finding::judged(shown, is_right)
    })
}

/// A series without the labels of its scope.
fn shown(sample: &Sample) -> String {
    let own = sample.labels.iter().filter(|(name, _)| !name.starts_with("otel_scope"));
    let labels: Vec<_> = own.map(|(name, value)| format!("{name}={value:?}")).collect();
    if labels.is_empty() { "no label".to_owned() } else { labels.join(", ") }
}

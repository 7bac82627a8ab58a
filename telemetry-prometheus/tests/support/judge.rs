//! What holds for every text page, and what parsers say that nobody here has written.

use std::collections::{BTreeMap, HashSet};

use openmetrics_parser::openmetrics::parse_openmetrics;
use openmetrics_parser::prometheus::parse_prometheus;

use super::page::{Family, Labels, Sample, families, number};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Prometheus,
    OpenMetrics,
}

impl Dialect {
    fn suffixes(self, kind: &str) -> &'static [&'static str] {
        match (self, kind) {
            (Self::OpenMetrics, "counter") => &["_total", "_created"],
            (Self::OpenMetrics, "info") => &["_info"],
            (Self::OpenMetrics, "histogram") => &["_bucket", "_sum", "_count", "_created"],
            (Self::OpenMetrics, "summary") => &["", "_sum", "_count", "_created"],
            (Self::Prometheus, "histogram") => &["_bucket", "_sum", "_count"],
            (Self::Prometheus, "summary") => &["", "_sum", "_count"],
            (Self::OpenMetrics, "gauge" | "unknown") | (Self::Prometheus, "counter" | "gauge" | "untyped") => &[""],
            _ => panic!("{kind} is no type of {self:?}"),
        }
    }
}

/// Holds a page against the rules OM-03 to OM-07, OM-10 to OM-18, OM-25 to OM-29, OM-36, OM-37, OM-45 to OM-50, OM-60 to
/// OM-63, PX-11, PX-97, PX-98, PX-104, PX-108, PX-109, T-02 to T-09, T-11, T-13, T-14, T-16, and gives its families.
pub(crate) fn check(text: &str, dialect: Dialect) -> Vec<Family> {
    let is_open_metrics = dialect == Dialect::OpenMetrics;
    let page = families(text, dialect);
    let mut names = HashSet::new();
    for family in &page {
        let name = &family.name;
        let own = dialect.suffixes(family.kind()).iter().chain(&[""]).map(|suffix| format!("{name}{suffix}"));
        for claimed in own.collect::<HashSet<_>>() {
            assert!(names.insert(claimed.clone()), "{claimed} belongs to two families\n{text}");
        }
        let keywords: Vec<_> = family.metadata.iter().map(|(keyword, _)| keyword.as_str()).collect();
        let order: &[&str] = if is_open_metrics { &["TYPE", "UNIT", "HELP"] } else { &["HELP", "TYPE"] };
        assert_eq!(keywords, order.iter().filter(|k| keywords.contains(k)).copied().collect::<Vec<_>>(), "{name}");
        assert!(family.metadata.iter().all(|(_, text)| !text.is_empty()), "{name} has empty metadata");
        if let Some(unit) = family.metadata("UNIT") {
            assert!(name.ends_with(&format!("_{unit}")) && family.kind() != "info", "{name} is not in {unit}");
        }
        if let Some(help) = family.metadata("HELP") {
            let unquoted = help.replace("\\\\", "").replace("\\\"", if is_open_metrics { "" } else { "\\q" });
            assert!(!is_open_metrics || !unquoted.contains('"'), "{help}");
            super::page::unescaped(help);
        }
        check_samples(family, dialect);
    }
    if is_open_metrics {
        assert!(page.iter().skip(1).all(|family| family.kind() != "info"), "the target is not first");
    }
    check_with_parsers(&page, dialect);
    page
}

fn check_samples(family: &Family, dialect: Dialect) {
    let is_open_metrics = dialect == Dialect::OpenMetrics;
    let (name, kind) = (&family.name, family.kind());
    let mut lines = HashSet::new();
    let mut series: Vec<(Labels, Vec<&Sample>)> = Vec::new();
    assert!(!family.samples.is_empty(), "{name} has no samples");
    for sample in &family.samples {
        let line = &sample.line;
        assert!(lines.insert((&sample.name, &sample.labels)), "{line} is there twice");
        assert!(sample.labels.iter().all(|(name, value)| name != "__name__" && !value.is_empty()), "{line}");
        let labels = sample.series(kind);
        assert!(labels.is_sorted_by(|a, b| a.0 < b.0), "{line}");
        assert!(sample.labels.len() - labels.len() <= 1, "{line}");
        let suffix = sample.name.strip_prefix(name.as_str()).unwrap_or_else(|| panic!("{line} in {name}"));
        assert!(dialect.suffixes(kind).contains(&suffix), "{line}");
        let value = number(&sample.value);
        if is_open_metrics && matches!(suffix, "_total" | "_sum" | "_count" | "_bucket") && kind != "unknown" {
            assert!(value >= 0.0 || (kind == "gauge"), "{line}");
        }
        if let Some(exemplar) = &sample.exemplar {
            assert!(is_open_metrics && matches!((kind, suffix), ("counter", "_total") | ("histogram", "_bucket")));
            let characters = exemplar.labels.iter().map(|(name, value)| name.chars().count() + value.chars().count());
            assert!(characters.sum::<usize>() <= 128, "{line}");
            let mut seen = HashSet::new();
            assert!(exemplar.labels.iter().all(|(name, _)| seen.insert(name)), "{line}");
            assert!(number(&exemplar.timestamp).is_finite() && !exemplar.timestamp.contains('e'), "{line}");
        }
        match series.last_mut() {
            Some((last, samples)) if *last == labels => samples.push(sample),
            _ => {
                assert!(series.iter().all(|(known, _)| *known != labels), "{line} is away from its series");
                series.push((labels, vec![sample]));
            }
        }
    }
    if kind == "histogram" {
        series.iter().for_each(|(_, samples)| check_histogram(family, samples, dialect));
    }
}

fn check_histogram(family: &Family, samples: &[&Sample], dialect: Dialect) {
    let is_open_metrics = dialect == Dialect::OpenMetrics;
    let suffix = |sample: &Sample| sample.name[family.name.len()..].to_owned();
    let buckets: Vec<_> = samples.iter().take_while(|sample| suffix(sample) == "_bucket").collect();
    let rest: Vec<_> = samples[buckets.len()..].iter().map(|sample| suffix(sample)).collect();
    let rest: Vec<_> = rest.iter().map(String::as_str).collect();
    let has_sum = matches!(rest[..], ["_sum", "_count"] | ["_sum", "_count", "_created"]);
    assert!(has_sum || (is_open_metrics && matches!(rest[..], [] | ["_created"])), "{rest:?}");

    let mut lower = (f64::NEG_INFINITY, 0);
    for bucket in &buckets {
        let le = bucket.label("le").unwrap();
        let (bound, count) = (number(le), bucket.value.parse::<u64>().unwrap());
        assert!(bound > lower.0 && count >= lower.1, "{}", bucket.line);
        let is_canonical = le.contains(['.', 'e', 'I']);
        assert!(is_canonical || !is_open_metrics, "{le}");
        assert!(is_open_metrics || !le.ends_with(".0"), "{le}");
        if let Some(exemplar) = &bucket.exemplar {
            let value = number(&exemplar.value);
            assert!(lower.0 < value && value <= bound, "{}", bucket.line);
        }
        lower = (bound, count);
    }
    assert_eq!(lower.0, f64::INFINITY);
    if has_sum {
        assert_eq!(samples[buckets.len() + 1].value, lower.1.to_string());
        let is_signed = number(buckets[0].label("le").unwrap()) < 0.0;
        assert!(!(is_open_metrics && is_signed), "a sum of negative values");
    }
}

/// Gives the parsers each family by itself, and of it the series that have the same label names: both parsers insist on
/// that, which the formats do not.
fn check_with_parsers(page: &[Family], dialect: Dialect) {
    for family in page {
        let mut alike: BTreeMap<Vec<String>, String> = BTreeMap::new();
        for sample in &family.samples {
            let names = sample.series(family.kind()).into_iter().map(|(name, _)| name).collect();
            let document = alike.entry(names).or_insert_with(|| metadata(family, dialect));
            document.push_str(&sample.line);
            document.push('\n');
        }
        for mut document in alike.into_values() {
            // They take the carriage return for the end of a line.
            if document.contains('\r') || is_too_much_for_a_parser(family, dialect) {
                continue;
            }
            let verdict = match dialect {
                Dialect::Prometheus => parse_prometheus(&document).map(drop),
                Dialect::OpenMetrics => {
                    document.push_str("# EOF\n");
                    parse_openmetrics(&document).map(drop)
                }
            };
            verdict.unwrap_or_else(|error| panic!("{error}\n{document}"));
        }
    }
}

/// Families that are themselves named like one of their samples; and in Prometheus' own format histograms with a
/// negative sum, which only OpenMetrics forbids.
fn is_too_much_for_a_parser(family: &Family, dialect: Dialect) -> bool {
    let is_like_a_sample = dialect.suffixes(family.kind()).iter().any(|s| !s.is_empty() && family.name.ends_with(s));
    let is_negative = |sample: &Sample| sample.name.ends_with("_sum") && sample.value.starts_with('-');
    let has_negative_bound = |sample: &Sample| sample.label("le").is_some_and(|le| le.starts_with('-'));
    let is_signed = family.samples.iter().any(|sample| is_negative(sample) || has_negative_bound(sample));
    is_like_a_sample || (is_signed && dialect == Dialect::Prometheus && family.kind() == "histogram")
}

fn metadata(family: &Family, dialect: Dialect) -> String {
    let is_legal = family.name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':')
        && !family.name.starts_with(|c: char| c.is_ascii_digit());
    let escaped = family.name.replace('\\', "\\\\").replace('\n', "\\n").replace('"', "\\\"");
    let name = if is_legal { family.name.clone() } else { format!("\"{escaped}\"") };
    let mut out = String::new();
    for (keyword, text) in &family.metadata {
        // The parser for OpenMetrics refuses every histogram that has a unit.
        if keyword != "UNIT" || dialect != Dialect::OpenMetrics || family.kind() != "histogram" {
            out.push_str(&format!("# {keyword} {name} {text}\n"));
        }
    }
    out
}

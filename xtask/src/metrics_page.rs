//! `docs/metrics.md`, read as anybody would read it: the names that metrics and their labels have in Prometheus.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, ensure};

/// In the workspace.
pub(crate) const FILE: &str = "docs/metrics.md";

/// What a series may have whatever its metric is: from Prometheus, from the scope, and where room ran out.
const COMMON_LABELS: [&str; 6] =
    ["job", "instance", OVERFLOW, "otel_scope_name", "otel_scope_version", "otel_scope_schema_url"];

/// A series with it has nothing else of its metric's labels.
const OVERFLOW: &str = "otel_metric_overflow";

const OF_HISTOGRAMS: [&str; 3] = ["_bucket", "_sum", "_count"];

#[derive(Debug)]
pub(crate) struct MetricsPage {
    /// By their names in Prometheus.
    metrics: BTreeMap<String, Documented>,
}

#[derive(Debug, Default)]
pub(crate) struct Documented {
    /// Absent where OpenTelemetry does not know it.
    pub(crate) opentelemetry: Option<String>,
    is_histogram: bool,
    /// The labels that every series has.
    always: BTreeSet<String>,
    labels: BTreeSet<String>,
    /// Where the page does not list the labels, as those of a service's own.
    takes_any_label: bool,
    /// Methods that the page names.
    pub(crate) methods: BTreeSet<String>,
}

impl MetricsPage {
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(root.join(FILE)).with_context(|| format!("cannot read {FILE}"))?;
        Self::parse(&text)
    }

    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut metrics = BTreeMap::new();
        for block in text.split("\n### `").skip(1) {
            let (name, rest) = block.split_once("`\n").with_context(|| format!("no name in `{block}`"))?;
            metrics.insert(name.to_owned(), Documented::parse(rest));
        }
        ensure!(!metrics.is_empty(), "{FILE} has no metric");
        Ok(Self { metrics })
    }

    pub(crate) fn metrics(&self) -> impl Iterator<Item = (&str, &Documented)> {
        self.metrics.iter().map(|(name, metric)| (name.as_str(), metric))
    }

    /// The metric that series of this name belong to.
    pub(crate) fn metric_of(&self, series: &str) -> Option<&Documented> {
        let base = OF_HISTOGRAMS.iter().find_map(|suffix| series.strip_suffix(suffix));
        let histogram = base.and_then(|base| self.metrics.get(base)).filter(|metric| metric.is_histogram);
        histogram.or_else(|| self.metrics.get(series))
    }

    /// Every label that some metric has.
    pub(crate) fn labels(&self) -> BTreeSet<&str> {
        self.metrics.values().flat_map(|metric| &metric.labels).map(String::as_str).chain(COMMON_LABELS).collect()
    }

    /// What is not as the page has it of a series that Prometheus stores. Metrics that others record are none of its.
    pub(crate) fn fault(&self, series: &BTreeMap<String, String>) -> Option<String> {
        let name = series.get("__name__")?;
        let metric = self.metric_of(name)?;
        if let Some(label) = series.keys().find(|label| *label != "__name__" && !metric.has(label)) {
            return Some(format!("{name} has the label {label}, which is not in {FILE}"));
        }
        let is_whole = series.contains_key(OVERFLOW);
        let missing = metric.always.iter().find(|label| !is_whole && !series.contains_key(*label))?;
        Some(format!("{name} has a series without {missing}: {series:?}"))
    }
}

impl Documented {
    fn parse(block: &str) -> Self {
        let mut metric = Self::default();
        for line in block.lines().take_while(|line| !line.starts_with('#')) {
            let Some(line) = line.strip_prefix("- ") else { continue };
            let spans = code_spans(line);
            let methods = spans.iter().map(|span| span.text).filter(|text| text.starts_with("with"));
            metric.methods.extend(methods.map(str::to_owned));
            if let Some(labels) = line.strip_prefix("labels: ") {
                metric.takes_any_label = !labels.starts_with('`');
                let labels = spans.iter().filter(|span| !span.is_in_brackets);
                metric.always = labels.clone().filter(|span| !span.has_condition).map(Span::owned).collect();
                metric.labels = labels.map(Span::owned).collect();
            } else if line.ends_with("in Prometheus") {
                metric.is_histogram = line.contains("a histogram in Prometheus");
                metric.opentelemetry = spans.first().map(Span::owned);
            }
        }
        metric
    }

    pub(crate) fn has(&self, label: &str) -> bool {
        let is_bound = label == "le" && self.is_histogram;
        self.takes_any_label || is_bound || COMMON_LABELS.contains(&label) || self.labels.contains(label)
    }
}

/// What stands between two backticks.
struct Span<'a> {
    text: &'a str,
    is_in_brackets: bool,
    /// Whether brackets follow.
    has_condition: bool,
}

impl Span<'_> {
    fn owned(&self) -> String {
        self.text.to_owned()
    }
}

fn code_spans(line: &str) -> Vec<Span<'_>> {
    let parts: Vec<_> = line.split('`').collect();
    let mut is_in_brackets = false;
    let mut spans = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        if index % 2 == 1 {
            let has_condition = parts.get(index + 1).is_some_and(|after| after.starts_with(" ("));
            spans.push(Span { text: part, is_in_brackets, has_condition });
        } else if let Some(last) = part.rfind(['(', ')']) {
            is_in_brackets = part[last..].starts_with('(');
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "\
# Metrics

### `a_seconds`

Text with `with_a_word`.

- `a`: histogram, `s`, stable; a histogram in Prometheus
- switch: on; `without_a` leaves it out
- labels: `always`, `error_type` (if it failed, or not), `host` (by `with_host`), `last`
- buckets: 1, 2

### `b_total`

- `b`: counter, `{x}`, our own name; a counter in Prometheus
- switch: on

## More

### `target_info`

- a gauge in Prometheus
- labels: the attributes of the resource, such as `service_name`
";

    fn page() -> MetricsPage {
        MetricsPage::parse(PAGE).unwrap()
    }

    fn series(labels: &[&str]) -> BTreeMap<String, String> {
        labels
            .iter()
            .map(|label| label.split_once('=').unwrap_or((label, "x")))
            .map(|(n, v)| (n.into(), v.into()))
            .collect()
    }

    #[test]
    fn names_labels_and_methods_are_read() {
        let page = page();
        let [a, b, target] = ["a_seconds", "b_total", "target_info"].map(|name| page.metric_of(name).unwrap());
        assert_eq!((a.opentelemetry.as_deref(), b.opentelemetry.as_deref()), (Some("a"), Some("b")));
        assert_eq!(target.opentelemetry, None);
        assert_eq!(Vec::from_iter(&a.labels), ["always", "error_type", "host", "last"]);
        assert_eq!(Vec::from_iter(&a.always), ["always", "last"]);
        assert_eq!(Vec::from_iter(&a.methods), ["with_host", "without_a"]);
        assert!(target.has("anything") && !a.has("anything"));
        assert!(a.has("le") && a.has("job") && !b.has("le"));
        assert!(MetricsPage::parse("# Metrics\n").is_err());
    }

    #[test]
    fn histograms_alone_have_series_of_three_names() {
        let page = page();
        assert!(["a_seconds", "a_seconds_bucket", "a_seconds_sum"].iter().all(|name| page.metric_of(name).is_some()));
        assert!(["b_total_sum", "a", "a_seconds_max", "other"].iter().all(|name| page.metric_of(name).is_none()));
    }

    #[test]
    fn a_series_has_the_labels_of_its_metric() {
        let page = page();
        for right in [
            &["__name__=a_seconds_bucket", "always", "last", "le", "job", "host"][..],
            &["__name__=a_seconds", "otel_metric_overflow"],
            &["__name__=of_somebody_else", "whatever"],
        ] {
            assert_eq!(page.fault(&series(right)), None, "{right:?}");
        }
        for wrong in [&["__name__=a_seconds", "always"][..], &["__name__=b_total", "le"]] {
            assert!(page.fault(&series(wrong)).is_some(), "{wrong:?}");
        }
    }
}

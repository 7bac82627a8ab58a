//! The names of metrics in dashboards, rules and guides, held against `docs/metrics.md`: a metric that gets another name
//! would leave a panel without data and an alert that never fires.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result};

use crate::dashboards::file;
use crate::metrics_page::{FILE, MetricsPage};
use crate::promql::{self, Names};

mod guides;
mod methods;
mod rules;

/// What Prometheus stores of each target and alert by itself.
const PROMETHEUS_METRICS: [&str; 8] = [
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
    "scrape_timeout_seconds",
    "ALERTS",
    "ALERTS_FOR_STATE",
];
const PROMETHEUS_LABELS: [&str; 3] = ["alertname", "alertstate", "severity"];

pub(crate) fn violations(root: &Path) -> Result<Vec<String>> {
    let rules = rules::read(root)?;
    let known =
        Known { page: MetricsPage::read(root)?, recorded: rules.iter().filter_map(|rule| rule.record()).collect() };
    let mut faults = Vec::new();
    for dashboard in file::read(root)? {
        let values = dashboard.values("1m");
        let panels =
            dashboard.panels.iter().flat_map(|panel| panel.targets.iter().map(|of| (&*panel.title, &*of.expr)));
        // Others than those have a list, or a type of data sources.
        let variables = dashboard.variables.iter().filter(|variable| variable.query.starts_with(LABEL_VALUES));
        let variables = variables.map(|variable| (&*variable.name, &*variable.query));
        for (place, query) in panels.chain(variables) {
            let query = file::plain(query, &values).with_context(|| format!("{}: {place}", dashboard.name))?;
            let found = known.faults(&query).with_context(|| format!("{}: {place}", dashboard.name))?;
            faults.extend(found.into_iter().map(|fault| format!("dashboard {}, {place}: {fault}", dashboard.name)));
        }
    }
    for rule in &rules {
        let found = known.faults(&rule.expr).with_context(|| rule.place())?;
        faults.extend(found.into_iter().map(|fault| format!("{}: {fault}", rule.place())));
    }
    faults.extend(guides::faults(root, &known.page)?);
    faults.extend(methods::faults(root, &known.page)?);
    Ok(faults)
}

/// The names that a query may use.
struct Known<'a> {
    page: MetricsPage,
    recorded: BTreeSet<&'a str>,
}

impl Known<'_> {
    fn faults(&self, query: &str) -> Result<Vec<String>> {
        let (names, wanted) = asked(query)?;
        Ok(self.unknown(&names, wanted))
    }

    fn unknown(&self, names: &Names, wanted: Option<&str>) -> Vec<String> {
        let is_known = |name: &str| self.page.metric_of(name).is_some() || self.is_made_by_prometheus(name);
        let unknown = names.metrics.iter().filter(|name| !is_known(name));
        let mut faults: Vec<_> = unknown.map(|name| format!("no metric `{name}` is in {FILE}")).collect();
        let is_of_any = |pattern: &promql::Pattern| {
            let of_page = self.page.metrics().flat_map(|(name, _)| series(name)).any(|name| pattern.takes(&name));
            of_page || PROMETHEUS_METRICS.iter().any(|name| pattern.takes(name))
        };
        if !names.patterns.iter().all(is_of_any) {
            faults.push(format!("its pattern takes no metric of {FILE}"));
        }
        if !faults.is_empty() {
            // Of what is not known the labels are not known either.
            return faults;
        }
        let labels = names.labels.iter().map(String::as_str).chain(wanted);
        let unknown = labels.filter(|label| !names.made.contains(*label) && !self.has_label(names, label));
        unknown.map(|label| format!("none of its metrics has the label `{label}`")).collect()
    }

    fn is_made_by_prometheus(&self, name: &str) -> bool {
        PROMETHEUS_METRICS.contains(&name) || self.recorded.contains(name)
    }

    /// What a rule records, or a pattern takes, may have any label that there is.
    fn has_label(&self, names: &Names, label: &str) -> bool {
        let takes_any = !names.patterns.is_empty()
            || names.metrics.is_empty()
            || names.metrics.iter().any(|name| self.is_made_by_prometheus(name));
        let of_any = || self.page.labels().contains(label) || PROMETHEUS_LABELS.contains(&label) || label == "le";
        takes_any && of_any()
            || names.metrics.iter().filter_map(|name| self.page.metric_of(name)).any(|of| of.has(label))
    }
}

/// The names that the series of a metric may have.
fn series(metric: &str) -> [String; 4] {
    ["", "_count", "_sum", "_bucket"].map(|end| format!("{metric}{end}"))
}

/// How a variable of Grafana asks for its values.
const LABEL_VALUES: &str = "label_values(";

/// What a query asks for, and the label whose values a variable wants.
fn asked(query: &str) -> Result<(Names, Option<&str>)> {
    let Some(arguments) = query.strip_prefix(LABEL_VALUES) else { return Ok((promql::names(query)?, None)) };
    let (selector, label) = arguments.trim_end_matches(')').rsplit_once(',').context("values of a label of nothing")?;
    Ok((promql::names(selector)?, Some(label.trim())))
}

#[cfg(test)]
mod tests;

//! Queries: that Prometheus takes them, and that their variables are there.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::dashboards::file::{self, File};
use crate::promql::{self, Pattern};

/// Any window: only whether a query can be read is asked.
const WINDOW: &str = "1m";

pub(super) fn faults(json: &Value, file: &File) -> Vec<String> {
    let values = file.values(WINDOW);
    let mut faults = Vec::new();
    let mut metrics = BTreeSet::new();
    for panel in &file.panels {
        for target in &panel.targets {
            match file::plain(&target.expr, &values).and_then(|query| promql::names(&query)) {
                Ok(names) => metrics.extend(names.metrics),
                Err(error) => {
                    let (panel, id) = (&panel.title, panel.id);
                    faults.push(format!("panel `{panel}` ({id}), query {}: {error:#}", target.ref_id));
                }
            }
        }
    }
    for variable in &file.variables {
        let read = file::plain(&variable.query, &values).and_then(|query| values_of_label(&query, &metrics));
        faults.extend(read.err().map(|error| format!("variable `{}`: {error:#}", variable.name)));
    }
    faults.extend(variables(json, file));
    faults
}

/// A list of values, or `label_values(series, label)`, of series that some panel shows.
fn values_of_label(query: &str, metrics: &BTreeSet<String>) -> Result<()> {
    let Some(inside) = query.strip_prefix("label_values(") else {
        return Ok(());
    };
    let inside = inside.strip_suffix(')').context("label_values has no end")?;
    let (series, _) = inside.rsplit_once(", ").context("label_values needs series and a label")?;
    let names = promql::names(series)?;
    let shown = |pattern: &Pattern| metrics.iter().any(|metric| pattern.takes(metric));
    ensure!(names.metrics.is_subset(metrics) && names.patterns.iter().all(shown), "no panel shows `{series}`");
    Ok(())
}

/// Variables that Grafana would not know, wherever they stand, and those that nothing uses.
fn variables(json: &Value, file: &File) -> Vec<String> {
    let mut used = BTreeSet::new();
    collect(json, &mut used);
    let defined: BTreeSet<&str> = file.variables.iter().map(|variable| variable.name.as_str()).collect();
    let defined_twice = defined.len() < file.variables.len();
    let unused = defined.iter().filter(|name| !used.contains(**name));
    let unused = unused.map(|name| format!("nothing uses the variable `{name}`"));
    // Those of Grafana's own, and the word for all values.
    let unknown = used.iter().filter(|name| !name.starts_with("__") && !defined.contains(name.as_str()));
    let unknown = unknown.map(|name| format!("there is no variable `{name}`"));
    defined_twice.then(|| "two variables have one name".to_owned()).into_iter().chain(unused).chain(unknown).collect()
}

fn collect(json: &Value, used: &mut BTreeSet<String>) {
    match json {
        Value::Array(items) => items.iter().for_each(|item| collect(item, used)),
        Value::Object(entries) => entries.values().for_each(|entry| collect(entry, used)),
        Value::String(text) => used.extend(file::variables(text).map(str::to_owned)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

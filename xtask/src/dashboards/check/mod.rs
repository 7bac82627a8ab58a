//! What Grafana would show wrongly or not at all, and what a reader would miss.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::file::{self, File};

mod grid;
mod queries;

/// The data source of every panel: a variable.
const SOURCE: &str = "${datasource}";

/// What is wrong with the files, by their names without extension, and with the text of each.
pub(super) fn faults(texts: &BTreeMap<String, String>) -> Vec<String> {
    let mut faults = Vec::new();
    let mut files = Vec::new();
    for (name, text) in texts {
        let found = match (serde_json::from_str::<Value>(text), file::parse(name, text)) {
            (Ok(json), Ok(file)) => {
                let found = of_file(&json, &file);
                files.push(file);
                found
            }
            (Err(error), _) => vec![error.to_string()],
            (_, Err(error)) => vec![format!("{error:#}")],
        };
        faults.extend(found.into_iter().map(|fault| format!("{name}.json: {fault}")));
    }
    faults.extend(twice(files.iter().map(|file| format!("the uid `{}`", file.uid)), "files"));
    faults.extend(twice(files.iter().map(|file| format!("the title `{}`", file.title)), "files"));
    faults
}

fn of_file(json: &Value, file: &File) -> Vec<String> {
    let top = panels(json);
    let all: Vec<&Value> = top.iter().chain(top.iter().flat_map(panels)).collect();
    let mut faults: Vec<String> = twice(all.iter().map(|panel| format!("the id {}", panel["id"])), "panels").collect();
    for panel in &all {
        let found = if panel["type"] == "row" { of_row(panel) } else { of_panel(panel) };
        let title = panel["title"].as_str().unwrap_or_default();
        faults.extend(found.into_iter().map(|fault| format!("panel `{title}` ({}): {fault}", panel["id"])));
    }
    faults.extend(grid::faults(top));
    top.iter().for_each(|row| faults.extend(grid::faults(panels(row))));
    faults.extend(queries::faults(json, file));
    faults
}

fn panels(of: &Value) -> &[Value] {
    of["panels"].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn of_row(row: &Value) -> Vec<String> {
    let mut faults = missing(row, &["title"]);
    if row["collapsed"] != !panels(row).is_empty() {
        faults.push("a row holds its panels if it is collapsed, and only then".to_owned());
    }
    faults
}

fn of_panel(panel: &Value) -> Vec<String> {
    let mut faults = missing(panel, &["title", "description"]);
    if missing(&panel["fieldConfig"]["defaults"], &["unit"]) != [""; 0] {
        faults.push("it has no unit".to_owned());
    }
    if panel["datasource"]["uid"] != SOURCE {
        faults.push(format!("its data source is {}, and not {SOURCE}", panel["datasource"]));
    }
    let targets = panel["targets"].as_array().map(Vec::as_slice).unwrap_or_default();
    if targets.is_empty() {
        faults.push("it asks for nothing".to_owned());
    }
    faults.extend(targets.iter().flat_map(|target| missing(target, &["refId", "expr"])));
    faults.extend(twice(targets.iter().map(|target| format!("the refId {}", target["refId"])), "queries"));
    faults
}

fn missing(of: &Value, keys: &[&str]) -> Vec<String> {
    let empty = |key: &&&str| of[**key].as_str().unwrap_or_default().trim().is_empty();
    keys.iter().filter(empty).map(|key| format!("it has no {key}")).collect()
}

/// `what` are the things that have those names.
fn twice(names: impl Iterator<Item = String>, what: &str) -> impl Iterator<Item = String> {
    let mut seen = BTreeSet::new();
    let again: BTreeSet<String> = names.filter(|name| !seen.insert(name.clone())).collect();
    again.into_iter().map(move |name| format!("{name} is that of two {what}"))
}

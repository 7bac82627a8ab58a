//! The compose files of the examples, and the rules of Prometheus beside them: no image can be run here, but what one
//! file says of another can be held against that other.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use compose::Compose;
pub(crate) use rules::SEVERITIES;

mod alertmanager;
mod collector;
mod compose;
mod grafana;
mod prometheus;
mod rules;
mod service;
pub(in crate::lint) mod yaml;

#[cfg(test)]
mod tests;

/// In the workspace.
pub(crate) const FOLDER: &str = "examples/observability";
/// In the folder.
pub(crate) const PROMETHEUS: &str = "prometheus/prometheus.yml";
/// In the folder.
pub(crate) const ALERTMANAGER: &str = "alertmanager/alertmanager.yml";
/// In the folder.
const COMPOSE: &str = "compose.yaml";
const SOURCES: &str = "grafana/provisioning/datasources/";
const README: &str = "README.md";
const DASHBOARDS: &str = "grafana/provisioning/dashboards/";

/// Files by their paths in the folder.
type Files<T> = BTreeMap<String, T>;

pub(crate) fn violations(root: &Path) -> Result<Vec<String>> {
    let folder = root.join(FOLDER);
    let readme = folder.join(README);
    let readme = fs::read_to_string(&readme).with_context(|| format!("cannot read {}", readme.display()))?;
    Ok(faults(&folder, &read(&folder)?, &readme))
}

/// The text of every file of YAML.
fn read(folder: &Path) -> Result<Files<String>> {
    let mut texts = Files::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).with_context(|| format!("cannot list {}", next.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
                let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
                texts.insert(path.strip_prefix(folder)?.display().to_string(), text);
            }
        }
    }
    Ok(texts)
}

/// Each with the file that it is in.
fn faults(folder: &Path, texts: &Files<String>, readme: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut files = Files::new();
    for (name, text) in texts {
        match yaml::parse(text) {
            Ok(file) => _ = files.insert(name.clone(), file),
            Err(error) => faults.push(format!("{name}: {error:#}")),
        }
    }
    let Some(compose) = files.get(COMPOSE) else {
        // Nothing else could be understood, whether it is broken or missing.
        faults.push(format!("{COMPOSE}: there is none that can be read"));
        return faults;
    };
    let compose = Compose(compose);
    for (name, file) in &files {
        let found = if name == COMPOSE { compose.faults(folder) } else { of_another(name, file, compose, &files) };
        faults.extend(found.into_iter().map(|fault| format!("{name}: {fault}")));
    }
    faults.extend(rules::faults(&files, readme));
    faults
}

/// The uids of all data sources.
fn uids(files: &Files<Value>) -> Vec<String> {
    files.iter().filter(|(name, _)| name.starts_with(SOURCES)).flat_map(|(_, file)| grafana::uids(file)).collect()
}

fn of_another(name: &str, file: &Value, compose: Compose<'_>, files: &Files<Value>) -> Vec<String> {
    let Some(reader) = compose.reader(name) else {
        return vec![format!("no service of {COMPOSE} mounts it")];
    };
    match name {
        "collector.yaml" => collector::faults(file, compose, &reader),
        PROMETHEUS => prometheus::faults(name, file, compose, &reader, files.keys()),
        ALERTMANAGER => alertmanager::faults(file, &rules::alerts(files)),
        _ if name.starts_with(SOURCES) => grafana::sources_faults(file, compose, &reader, &uids(files)),
        _ if name.starts_with(DASHBOARDS) => grafana::dashboards_faults(file, &reader),
        // They are checked together, and with what loads them.
        _ if rules::are_rules(name) || rules::are_tests(name) => Vec::new(),
        _ => vec!["no check knows it".to_owned()],
    }
}

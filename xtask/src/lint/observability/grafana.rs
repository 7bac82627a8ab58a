//! Grafana's provisioning: data sources that exist and find each other, and folders of dashboards that are there.

use serde_json::Value;

use super::compose::Compose;
use super::service::Service;
use super::yaml;

/// The uids of a file of data sources.
pub(super) fn uids(file: &Value) -> Vec<String> {
    sources(file).iter().flat_map(uid).collect()
}

/// `uids` are those of all files.
pub(super) fn sources_faults(file: &Value, compose: Compose<'_>, reader: &Service<'_>, uids: &[String]) -> Vec<String> {
    let mut faults = Vec::new();
    for source in sources(file) {
        let name = source.get("name").and_then(Value::as_str).unwrap_or_default();
        match uid(&source) {
            Some(uid) if uids.iter().filter(|other| **other == uid).count() == 1 => {}
            Some(uid) => faults.push(format!("data source `{name}`: another has the uid `{uid}` too")),
            None => faults.push(format!("data source `{name}`: it has no uid")),
        }
        let url = source.get("url").and_then(Value::as_str).unwrap_or_default();
        faults.extend(compose.refusal(reader, url).map(|fault| format!("data source `{name}`: {fault}")));
        let others = ["datasourceUid", "alertmanagerUid"].into_iter().flat_map(|name| yaml::all(&source, name));
        let unknown = others.filter(|uid| !uids.contains(uid));
        faults.extend(unknown.map(|uid| format!("data source `{name}`: no data source has the uid `{uid}`")));
    }
    faults
}

pub(super) fn dashboards_faults(file: &Value, reader: &Service<'_>) -> Vec<String> {
    let folders = yaml::all(file, "path").into_iter().filter(|folder| !reader.mounts_target(folder));
    folders.map(|folder| format!("{folder} is no folder that `{}` mounts", reader.name)).collect()
}

fn sources(file: &Value) -> Vec<Value> {
    file.get("datasources").and_then(Value::as_array).cloned().unwrap_or_default()
}

fn uid(source: &Value) -> Option<String> {
    source.get("uid").and_then(Value::as_str).map(str::to_owned)
}

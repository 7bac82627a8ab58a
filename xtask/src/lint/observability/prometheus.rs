//! prometheus.yml: `promtool` knows its syntax, and not who is there to be scraped or told of alerts. Nor does it mind a
//! pattern of rules that matches no file.

use std::path::Path;

use serde_json::Value;

use super::compose::Compose;
use super::service::Service;
use super::{rules, yaml};

/// `files` are all of the folder.
pub(super) fn faults<'a>(
    name: &str,
    file: &Value,
    compose: Compose<'_>,
    reader: &Service<'_>,
    files: impl Iterator<Item = &'a String>,
) -> Vec<String> {
    let groups = list(file, "scrape_configs").into_iter();
    let groups = groups.chain(file.get("alerting").map(|part| list(part, "alertmanagers")).unwrap_or_default());
    let groups = groups.flat_map(|group| list(&group, "static_configs"));
    let targets = groups.flat_map(|group| yaml::items(group.get("targets")));
    let unreachable = targets.filter_map(|target| compose.refusal(reader, &target));
    unreachable.chain(rule_files(name, file, reader, files)).collect()
}

fn list(value: &Value, name: &str) -> Vec<Value> {
    value.get(name).and_then(Value::as_array).cloned().unwrap_or_default()
}

/// Each pattern has to match rules, as the paths are in the container, and all rules have to be matched.
fn rule_files<'a>(
    name: &str,
    file: &Value,
    reader: &Service<'_>,
    files: impl Iterator<Item = &'a String>,
) -> Vec<String> {
    let Some(config) = reader.target(name) else { return Vec::new() };
    let folder = config.parent().unwrap_or(Path::new("/"));
    let patterns = yaml::items(file.get("rule_files"));
    let mut useless = patterns.clone();
    let mut faults = Vec::new();
    for other in files.filter(|other| rules::are_rules(other) || rules::are_tests(other)) {
        let place = reader.target(other);
        let matching = |pattern: &&String| place.as_ref().is_some_and(|place| matches(&folder.join(pattern), place));
        let matching: Vec<&String> = patterns.iter().filter(matching).collect();
        useless.retain(|pattern| !matching.contains(&pattern));
        match (rules::are_rules(other), matching.first()) {
            (true, None) => faults.push(format!("no pattern of rule_files matches {other}")),
            (false, Some(pattern)) => faults.push(format!("`{pattern}` matches {other}, which has no rules")),
            _ => {}
        }
    }
    faults.extend(useless.iter().map(|pattern| format!("`{pattern}` matches no rules that `{}` mounts", reader.name)));
    faults
}

/// Whether it is in the folder of the pattern and has the name of it, in which one `*` may stand for any text.
fn matches(pattern: &Path, file: &Path) -> bool {
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (wanted, found) = (name(pattern), name(file));
    let fits = match wanted.split_once('*') {
        Some((start, end)) => found.strip_prefix(start).is_some_and(|rest| rest.ends_with(end)),
        None => wanted == found,
    };
    fits && pattern.parent() == file.parent()
}

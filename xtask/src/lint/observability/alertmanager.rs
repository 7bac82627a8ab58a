//! alertmanager.yml: `amtool` knows its syntax, and not which alerts there are.

use serde_json::Value;

use super::yaml;

/// `alerts` are the names of all.
pub(super) fn faults(file: &Value, alerts: &[String]) -> Vec<String> {
    let lists = ["matchers", "source_matchers", "target_matchers"];
    let matchers: Vec<String> = lists.into_iter().flat_map(|name| yaml::lists(file, name)).collect();
    let named = matchers.iter().filter_map(|matcher| matcher.strip_prefix("alertname"));
    let named = named.map(|matcher| matcher.trim_matches(|c| "!=\" ".contains(c)));
    let unknown = named.filter(|name| !alerts.iter().any(|alert| alert == name));
    unknown.map(|name| format!("it names the alert `{name}`, which no rule has")).collect()
}

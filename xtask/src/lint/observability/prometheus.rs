//! prometheus.yml: `promtool` knows its syntax, and not who is there to be scraped.

use serde_json::Value;

use super::compose::Compose;
use super::service::Service;
use super::yaml;

pub(super) fn faults(file: &Value, compose: Compose<'_>, reader: &Service<'_>) -> Vec<String> {
    let list = |value: &Value, name: &str| value.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let jobs = list(file, "scrape_configs").into_iter();
    let targets = jobs.flat_map(|job| list(&job, "static_configs")).flat_map(|group| yaml::items(group.get("targets")));
    targets.filter_map(|target| compose.refusal(reader, &target)).collect()
}

//! The rules of Prometheus: what they are called and what they ask.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::lint::observability::{self, yaml};

pub(super) struct Rule {
    file: String,
    /// Of the series that it records, or of the alert.
    name: String,
    is_record: bool,
    pub(super) expr: String,
}

impl Rule {
    pub(super) fn record(&self) -> Option<&str> {
        self.is_record.then_some(&self.name)
    }

    pub(super) fn place(&self) -> String {
        format!("{}, {}", self.file, self.name)
    }
}

/// Those of all files beside the configuration of Prometheus.
pub(super) fn read(root: &Path) -> Result<Vec<Rule>> {
    let folder = root.join(observability::FOLDER).join("prometheus");
    let mut rules = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let entry = entry?;
        let file = entry.file_name().to_string_lossy().into_owned();
        if file.ends_with(".rules.yaml") {
            let text = std::fs::read_to_string(entry.path())?;
            rules.extend(of_file(&file, &text).with_context(|| file.clone())?);
        }
    }
    ensure!(!rules.is_empty(), "no rules are in {}", folder.display());
    Ok(rules)
}

fn of_file(file: &str, text: &str) -> Result<Vec<Rule>> {
    let document = yaml::parse(text)?;
    let list = |value: &Value, name: &str| value.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let rules = list(&document, "groups").into_iter().flat_map(|group| list(&group, "rules"));
    let rules = rules.map(|rule| {
        let text = |name: &str| rule.get(name).and_then(Value::as_str).map(str::to_owned);
        let record = text("record");
        let is_record = record.is_some();
        let name = record.or_else(|| text("alert")).with_context(|| format!("a rule without a name: {rule}"))?;
        let expr = text("expr").with_context(|| format!("`{name}` has no expr"))?;
        Ok(Rule { file: file.to_owned(), name, is_record, expr })
    });
    rules.collect()
}

//! Rules of Prometheus and their tests: `promtool` runs the tests, and does not say what they leave out.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Files, yaml};

const RULES: &str = ".rules.yaml";
const TESTS: &str = ".rules.test.yaml";

pub(crate) const SEVERITIES: [&str; 2] = ["page", "ticket"];

/// Where an alert says what to do, before the name of the section.
const RUNBOOK: &str = "examples/observability/README.md#";

pub(super) fn are_rules(file: &str) -> bool {
    file.ends_with(RULES)
}

pub(super) fn are_tests(file: &str) -> bool {
    file.ends_with(TESTS)
}

/// Each with the file that it is in. `readme` has the sections that alerts lead to.
pub(super) fn faults(files: &Files<Value>, readme: &str) -> Vec<String> {
    let sections: Vec<String> = readme.lines().filter_map(section).collect();
    let mut faults = Vec::new();
    let mut places = BTreeMap::new();
    for (name, file) in files.iter().filter(|(name, _)| are_rules(name)) {
        let tests = name.replace(RULES, TESTS);
        let Some(tests) = files.get(&tests) else {
            faults.push(format!("{name}: {tests} is missing"));
            continue;
        };
        for rule in rules(file) {
            let Some(rule_name) = rule.name() else {
                faults.push(format!("{name}: a rule has no name"));
                continue;
            };
            if let Some(other) = places.insert(rule_name.to_owned(), name) {
                faults.push(format!("{name}: `{rule_name}` is a rule of {other} already"));
            }
            let found = rule.faults(&sections).into_iter().chain(rule.untested(tests).into_iter().map(str::to_owned));
            faults.extend(found.map(|fault| format!("{name}: `{rule_name}` {fault}")));
        }
    }
    for (name, tests) in files.iter().filter(|(name, _)| are_tests(name)) {
        // A test that an alert is silent passes for whatever name.
        let unknown = yaml::all(tests, "alertname").into_iter().filter(|alert| !places.contains_key(alert));
        faults.extend(unknown.map(|alert| format!("{name}: no rule is called `{alert}`")));
    }
    faults
}

/// The names of all alerts.
pub(super) fn alerts(files: &Files<Value>) -> Vec<String> {
    let files = files.iter().filter(|(name, _)| are_rules(name));
    files.flat_map(|(_, file)| rules(file)).filter_map(|rule| rule.text("alert").map(str::to_owned)).collect()
}

/// A heading as links name it.
fn section(line: &str) -> Option<String> {
    let title = line.strip_prefix('#')?.trim_start_matches('#').trim().to_lowercase();
    Some(title.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).collect::<String>().replace(' ', "-"))
}

struct Rule<'a>(&'a Value);

fn rules(file: &Value) -> impl Iterator<Item = Rule<'_>> {
    part(file, "groups").flat_map(|group| part(group, "rules")).map(Rule)
}

fn part<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

impl<'a> Rule<'a> {
    fn text(&self, name: &str) -> Option<&'a str> {
        self.0.pointer(&format!("/{name}")).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    fn name(&self) -> Option<&'a str> {
        self.text("alert").or_else(|| self.text("record"))
    }

    fn faults(&self, sections: &[String]) -> Vec<String> {
        if self.text("alert").is_none() {
            return Vec::new();
        }
        let mut faults = Vec::new();
        if !self.text("labels/severity").is_some_and(|severity| SEVERITIES.contains(&severity)) {
            faults.push(format!("has no severity of {}", SEVERITIES.join(", ")));
        }
        for annotation in ["summary", "description"] {
            if self.text(&format!("annotations/{annotation}")).is_none() {
                faults.push(format!("has no {annotation}"));
            }
        }
        let section = self.text("annotations/runbook").and_then(|runbook| runbook.strip_prefix(RUNBOOK));
        if !section.is_some_and(|section| sections.iter().any(|known| known == section)) {
            faults.push(format!("has no runbook that is {RUNBOOK} and a section of it"));
        }
        faults
    }

    fn untested(&self, tests: &Value) -> Vec<&'static str> {
        let cases = |kind: &'static str| part(tests, "tests").flat_map(move |test| part(test, kind));
        let Some(alert) = self.text("alert") else {
            let name = self.name().unwrap_or_default();
            let asks = |case: &&Value| case.get("expr").and_then(Value::as_str).is_some_and(|expr| uses(expr, name));
            let mut asked = cases("promql_expr_test").filter(asks);
            let has_value = asked.any(|case| part(case, "exp_samples").next().is_some());
            return if has_value { Vec::new() } else { vec!["has no test of a value"] };
        };
        let cases: Vec<&Value> = cases("alert_rule_test")
            .filter(|case| case.get("alertname").and_then(Value::as_str) == Some(alert))
            .collect();
        let labels = |expected: &Value| yaml::entries(expected.get("exp_labels")).next().is_some();
        let mut faults = Vec::new();
        if !cases.iter().any(|case| part(case, "exp_alerts").any(labels)) {
            faults.push("has no test in which it fires with labels");
        }
        if !cases.iter().any(|case| part(case, "exp_alerts").next().is_none()) {
            faults.push("has no test in which it is silent");
        }
        faults
    }
}

/// Whether the name is in the expression, and not as a part of a longer one.
fn uses(expr: &str, name: &str) -> bool {
    let of_a_name = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    expr.match_indices(name)
        .any(|(start, _)| !expr[..start].ends_with(of_a_name) && !expr[start + name.len()..].starts_with(of_a_name))
}

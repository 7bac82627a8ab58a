//! Every rule can be evaluated, and those that record have something to record.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::stage::scene::Scene;

/// Those of which this load gives nothing, and why.
const WITHOUT: [(&str, &str); 0] = [];

pub(super) async fn faults(scene: &Scene) -> Result<Vec<String>> {
    let answer = scene.prometheus.ask("rules", &[]).await?;
    let rules = rules(&answer).context("no groups of rules")?;
    let mut faults: Vec<String> = rules.iter().filter_map(Rule::fault).collect();
    let mut recorded = 0;
    for Rule { name, .. } in rules.iter().filter(|rule| rule.records) {
        let has_data = !scene.prometheus.vector(name).await?.is_empty();
        recorded += usize::from(has_data);
        match WITHOUT.iter().find(|(without, _)| without == name) {
            None if !has_data => faults.push(format!("`{name}` has recorded nothing")),
            Some((_, reason)) if has_data => faults.push(format!("`{name}` has data, in spite of: {reason}")),
            Some((_, reason)) => println!("    {name} has recorded nothing: {reason}"),
            None => {}
        }
    }
    println!("{} rules are evaluated, of which {recorded} have recorded something", rules.len());
    Ok(faults)
}

struct Rule {
    name: String,
    records: bool,
    health: String,
    error: String,
}

impl Rule {
    fn fault(&self) -> Option<String> {
        let Self { name, health, error, .. } = self;
        (health != "ok").then(|| format!("rule `{name}` is {health}: {error}"))
    }
}

fn rules(answer: &Value) -> Option<Vec<Rule>> {
    let groups = answer.get("groups")?.as_array()?;
    let rules = groups.iter().filter_map(|group| group.get("rules")?.as_array()).flatten();
    let text = |rule: &Value, name| rule.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let rules = rules.map(|rule| Rule {
        name: text(rule, "name"),
        records: text(rule, "type") == "recording",
        health: text(rule, "health"),
        error: text(rule, "lastError"),
    });
    Some(rules.collect::<Vec<_>>()).filter(|rules| !rules.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rule_that_fails_is_a_fault() {
        let rule = |name, health| json!({ "name": name, "type": "recording", "health": health, "lastError": "odd" });
        let answer = json!({ "groups": [{ "rules": [rule("a", "ok")] }, { "rules": [rule("b", "err")] }] });
        let rules = rules(&answer).unwrap();
        assert!(rules.iter().all(|rule| rule.records));
        let faults: Vec<_> = rules.iter().filter_map(Rule::fault).collect();
        assert_eq!(faults, ["rule `b` is err: odd"]);
        assert!(super::rules(&json!({ "groups": [] })).is_none());
    }
}

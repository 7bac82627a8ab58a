//! The alerts that this load sets off, and no others, from Prometheus over Alertmanager to whoever is told.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::stage::scene::Scene;

/// How long an alert may take on its way.
const ARRIVES: Duration = Duration::from_secs(20);

/// What an alert is known by.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Alert {
    name: String,
    job: String,
    severity: String,
}

/// Those that fire, and why. The others that see something wait longer than this lasts: their `for` is minutes.
const EXPECTED: [([&str; 3], &str); 2] = [
    (
        ["HttpErrorBudgetGoneInTwoDays", "playground", "page"],
        "some 5 % of the requests fail, which is more than 14.4 times 0.1 %, and a page does not wait",
    ),
    (
        ["HttpErrorBudgetGoneInFiveDays", "playground", "page"],
        "they are more than 6 times 0.1 % as well, over all the time that there is",
    ),
];

pub(super) async fn faults(scene: &Scene) -> Result<Vec<String>> {
    let expected: BTreeSet<Alert> = EXPECTED.iter().map(|(labels, _)| Alert::new(*labels)).collect();
    let deadline = Instant::now() + ARRIVES;
    loop {
        let places = [
            ("in Prometheus", firing(scene).await?),
            ("in Alertmanager", listed(&scene.alertmanager.alerts().await?, "/status/state", "active")?),
            ("told by Alertmanager", listed(&scene.sink.alerts(), "/status", "firing")?),
        ];
        let faults: Vec<String> = places.iter().flat_map(|(place, got)| differences(place, got, &expected)).collect();
        if faults.is_empty() {
            println!("{} alerts fire, are in Alertmanager and were told by it:", expected.len());
            EXPECTED.iter().for_each(|(labels, why)| println!("    {}: {why}", Alert::new(*labels)));
        }
        if faults.is_empty() || Instant::now() > deadline {
            return Ok(faults);
        }
        sleep(Duration::from_millis(500)).await;
    }
}

async fn firing(scene: &Scene) -> Result<BTreeSet<Alert>> {
    let answer = scene.prometheus.ask("alerts", &[]).await?;
    let alerts = answer.get("alerts").and_then(Value::as_array).context("no list of alerts")?;
    listed(alerts, "/state", "firing")
}

/// Those of a list whose state is the wanted one.
fn listed(alerts: &[Value], state: &str, wanted: &str) -> Result<BTreeSet<Alert>> {
    let alerts = alerts.iter().filter(|alert| alert.pointer(state).and_then(Value::as_str) == Some(wanted));
    alerts.map(|alert| Alert::of(alert).with_context(|| format!("odd alert {alert}"))).collect()
}

fn differences(place: &str, got: &BTreeSet<Alert>, expected: &BTreeSet<Alert>) -> Vec<String> {
    let missing = expected.difference(got).map(|alert| format!("{alert} is not {place}"));
    missing.chain(got.difference(expected).map(|alert| format!("{alert} is {place}, and nobody knows why"))).collect()
}

impl Alert {
    fn new([name, job, severity]: [&str; 3]) -> Self {
        Self { name: name.to_owned(), job: job.to_owned(), severity: severity.to_owned() }
    }

    fn of(alert: &Value) -> Option<Self> {
        let labels = alert.get("labels")?;
        let [name, job, severity] =
            ["alertname", "job", "severity"].map(|name| labels.get(name).and_then(Value::as_str));
        Some(Self::new([name?, job?, severity?]))
    }
}

impl fmt::Display for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} ({})", self.name, self.job, self.severity)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_difference_is_told() {
        let alert =
            |name: &str, state| json!({ "state": state, "labels": { "alertname": name, "job": "j", "severity": "s" } });
        let got = listed(&[alert("A", "firing"), alert("B", "firing"), alert("C", "pending")], "/state", "firing");
        let expected = BTreeSet::from([Alert::new(["A", "j", "s"]), Alert::new(["C", "j", "s"])]);
        let told = ["C of j (s) is not here", "B of j (s) is here, and nobody knows why"];
        assert_eq!(differences("here", &got.unwrap(), &expected), told);
        assert!(listed(&[json!({ "state": "firing" })], "/state", "firing").is_err());
    }
}

//! Every query of every panel: none is an error, and each panel has a number or says why it may have none.

use anyhow::Result;
use serde_json::Value;

use super::{LOOK_BACK, Span};
use crate::dashboards::file::{self, File, Panel, Target, Values};
use crate::stage::scene::Scene;

/// What panels may give as the reason why they are empty: what the examples have not switched on, and what does not happen
/// to them here. Anything else does happen.
const LACKS: [&str; 7] = [
    "`UdpMetrics`",
    "`tcp-info`",
    "`with_grpc`",
    "`with_response_head_duration`",
    "No accept has failed",
    "limit of series",
    "No scrape was refused",
];

const TABLE: &str = "table";

pub(super) async fn faults(scene: &Scene, dashboard: &File, span: Span) -> Result<Vec<String>> {
    let values = dashboard.values(LOOK_BACK);
    let (mut faults, mut shown, mut silent) = (Vec::new(), 0, Vec::new());
    for panel in dashboard.panels.iter().filter(|panel| !panel.targets.is_empty()) {
        let place = format!("{}, panel {} `{}`", dashboard.name, panel.id, panel.title);
        let mut has_data = false;
        for target in &panel.targets {
            match has_number(scene, panel, target, &values, span).await {
                Ok(found) => has_data |= found,
                Err(error) => faults.push(format!("{place}, query {}: {error:#}", target.ref_id)),
            }
        }
        match &panel.no_value {
            _ if has_data => shown += 1,
            Some(reason) if LACKS.iter().any(|lack| reason.contains(lack)) => {
                silent.push(format!("{}: {reason}", panel.title));
            }
            Some(reason) => faults.push(format!("{place} has no number, and this load is no reason: {reason}")),
            None => faults.push(format!("{place} has no number and says no reason")),
        }
    }
    println!("{}: {shown} panels have data, and {} have a reason to have none", dashboard.name, silent.len());
    silent.iter().for_each(|line| println!("    {line}"));
    Ok(faults)
}

async fn has_number(scene: &Scene, panel: &Panel, target: &Target, values: &Values, span: Span) -> Result<bool> {
    let expr = file::plain(&target.expr, values)?;
    let range = [("query", &*expr), ("start", &span.start()), ("end", &span.end()?), ("step", "1")];
    let range = scene.prometheus.ask("query_range", &range).await?;
    if panel.kind != TABLE {
        return Ok(is_a_number(&range));
    }
    // It shows the last values alone.
    Ok(is_a_number(&scene.prometheus.ask("query", &[("query", &expr)]).await?))
}

/// Whether there is a value in an answer that can be drawn. A native histogram has numbers enough.
fn is_a_number(answer: &Value) -> bool {
    let series = answer.get("result").and_then(Value::as_array).into_iter().flatten();
    let value = |pair: &Value| pair.get(1).and_then(Value::as_str).and_then(|value| value.parse::<f64>().ok());
    let is_number = |pair: &Value| value(pair).is_some_and(|value| !value.is_nan());
    let list = |series: &Value, name| series.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    series.into_iter().any(|series| {
        series.get("value").is_some_and(is_number)
            || list(series, "values").iter().any(is_number)
            || series.get("histogram").is_some()
            || !list(series, "histograms").is_empty()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_found_in_each_kind_of_answer() {
        let answers = [
            json!([{ "values": [[1, "NaN"], [2, "0"]] }]),
            json!([{ "values": [] }, { "value": [1, "+Inf"] }]),
            json!([{ "histograms": [[1, {}]] }]),
            json!([{ "histogram": [1, {}] }]),
        ];
        assert!(answers.iter().all(|result| is_a_number(&json!({ "result": result }))));
        for result in [json!([]), json!([{ "values": [[1, "NaN"]] }]), json!([{ "histograms": [] }])] {
            assert!(!is_a_number(&json!({ "result": result })), "{result}");
        }
    }
}

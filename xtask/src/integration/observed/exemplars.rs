//! Exemplars lead from a panel to a trace.

use anyhow::Result;
use serde_json::Value;

use super::{LOOK_BACK, Span};
use crate::dashboards::file::{self, File};
use crate::stage::scene::Scene;

/// The digits of a trace's id.
const DIGITS: usize = 32;

/// Some query that asks for exemplars gets one of a trace.
pub(super) async fn faults(scene: &Scene, dashboards: &[File], span: Span) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    let (mut asked, mut answered, mut found) = (0, 0, 0);
    for dashboard in dashboards {
        let values = dashboard.values(LOOK_BACK);
        let targets = dashboard.panels.iter().flat_map(|panel| &panel.targets);
        for target in targets.filter(|target| target.exemplar) {
            let expr = file::plain(&target.expr, &values)?;
            let parameters = [("query", &*expr), ("start", &span.start()), ("end", &span.end()?)];
            match scene.prometheus.ask("query_exemplars", &parameters).await {
                Ok(answer) => {
                    let traces = traces(&answer);
                    answered += usize::from(traces > 0);
                    found += traces;
                }
                Err(error) => faults.push(format!("{}, exemplars: {error:#}", dashboard.name)),
            }
            asked += 1;
        }
    }
    println!("{answered} of {asked} queries that ask for exemplars have got some: {found} with the id of a trace");
    if found == 0 {
        faults.push(format!("{asked} queries ask for exemplars, and no trace has come"));
    }
    Ok(faults)
}

/// How many of them have the id of a trace.
fn traces(answer: &Value) -> usize {
    let series = answer.as_array().into_iter().flatten();
    let exemplars = series.filter_map(|series| series.get("exemplars")?.as_array()).flatten();
    let id = |exemplar: &Value| Some(exemplar.pointer("/labels/trace_id")?.as_str()?.to_owned());
    let is_id = |id: &String| id.len() == DIGITS && id.bytes().all(|digit| digit.is_ascii_hexdigit());
    exemplars.filter_map(id).filter(is_id).count()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ids_of_traces_are_counted() {
        let exemplar = |id: &str| json!({ "labels": { "trace_id": id } });
        let id = "0af7651916cd43dd8448eb211c80319c";
        let answer = json!([{ "exemplars": [exemplar(id), exemplar("0af"), { "labels": {} }] }, { "exemplars": [] }]);
        assert_eq!(traces(&answer), 1);
        assert_eq!(traces(&json!([])), 0);
    }
}

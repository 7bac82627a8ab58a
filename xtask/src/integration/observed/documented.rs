//! Every series that Prometheus stores is as the page of metrics has it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::metrics_page::MetricsPage;
use crate::stage::scene::Scene;

pub(super) async fn faults(scene: &Scene, root: &Path) -> Result<Vec<String>> {
    let page = MetricsPage::read(root)?;
    let all = scene.prometheus.vector("{__name__=~\".+\"}").await?;
    let all: Vec<BTreeMap<String, String>> = all.iter().filter_map(labels).collect();
    let documented =
        all.iter().filter(|series| series.get("__name__").is_some_and(|name| page.metric_of(name).is_some()));
    let documented = documented.count();
    ensure!(documented > 0, "no series is of a metric that is documented");
    println!("{documented} series are of documented metrics, and {} of others", all.len() - documented);
    // Each of a histogram's buckets would say the same.
    let faults: BTreeSet<String> = all.iter().filter_map(|series| page.fault(series)).collect();
    Ok(faults.into_iter().collect())
}

fn labels(series: &Value) -> Option<BTreeMap<String, String>> {
    let labels = series.get("metric")?.as_object()?;
    labels.iter().map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

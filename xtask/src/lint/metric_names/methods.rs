//! The methods that `docs/metrics.md` names as switches: a user looks for them.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::metrics_page::{FILE, MetricsPage};

const CRATES: [&str; 4] = ["telemetry-core", "telemetry-http", "telemetry-net", "telemetry-prometheus"];

pub(super) fn faults(root: &Path, page: &MetricsPage) -> Result<Vec<String>> {
    let mut sources = String::new();
    for name in CRATES {
        read_all(&root.join(name).join("src"), &mut sources)?;
    }
    let is_there =
        |method: &str| [format!("pub fn {method}("), format!("fn {method}<")].iter().any(|of| sources.contains(of));
    let methods = page.metrics().flat_map(|(_, metric)| &metric.methods);
    let missing = methods.filter(|method| !is_there(method));
    let mut faults: Vec<_> = missing.map(|method| format!("{FILE}: no crate has the method `{method}`")).collect();
    faults.dedup();
    Ok(faults)
}

fn read_all(folder: &Path, text: &mut String) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            read_all(&path, text)?;
        } else {
            text.push_str(&fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?);
        }
    }
    Ok(())
}

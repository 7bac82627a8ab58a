//! Grafana's dashboards of the examples: written from what is said here, and held against it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::workspace::Workspace;

mod boards;
mod check;
pub(crate) mod file;
mod layout;
mod panel;
mod query;
mod variable;

#[cfg(test)]
mod tests;

/// `cargo xtask dashboards`: writes all of them, and reads them again.
pub(crate) fn write(workspace: &Workspace) -> Result<()> {
    let folder = workspace.root.join(file::FOLDER);
    for (name, text) in generated() {
        let path = folder.join(format!("{name}.json"));
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    for file in file::read(&workspace.root)? {
        let queries: usize = file.panels.iter().map(|panel| panel.targets.len()).sum();
        println!("{}.json: {} panels, {queries} queries", file.name, file.panels.len());
    }
    Ok(())
}

/// What is wrong with the committed files. `root` is the workspace's.
pub(crate) fn violations(root: &Path) -> Result<Vec<String>> {
    let committed = file::texts(root)?;
    let mut found = differences(&committed, &generated());
    found.extend(check::faults(&committed));
    Ok(found)
}

/// The texts of the files by their names without extension.
fn generated() -> BTreeMap<String, String> {
    boards::all().iter().map(|dashboard| (dashboard.name.to_owned(), dashboard.text())).collect()
}

fn differences(committed: &BTreeMap<String, String>, generated: &BTreeMap<String, String>) -> Vec<String> {
    let of = |name: &str, fault: &str| format!("{}/{name}.json {fault}: cargo xtask dashboards", file::FOLDER);
    let written = generated.iter().filter_map(|(name, text)| match committed.get(name) {
        None => Some(of(name, "is missing")),
        Some(there) if there != text => Some(of(name, "is not what xtask/src/dashboards says")),
        Some(_) => None,
    });
    let unknown = committed.keys().filter(|name| !generated.contains_key(*name));
    let unknown = unknown.map(|name| format!("{}/{name}.json is said nowhere in xtask/src/dashboards", file::FOLDER));
    written.chain(unknown).collect()
}

//! How long each step took last time, so that a running command can tell the time left.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};

#[derive(Debug)]
pub(crate) struct History {
    file: PathBuf,
    seconds: BTreeMap<String, f64>,
}

impl History {
    /// A missing or unreadable file is no error: it only means that nothing can be foretold.
    pub(crate) fn load(file: PathBuf) -> Self {
        let seconds = fs::read(&file).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        Self { file, seconds }
    }

    pub(crate) fn get(&self, step: &str) -> Option<Duration> {
        self.seconds.get(step).and_then(|seconds| Duration::try_from_secs_f64(*seconds).ok())
    }

    pub(crate) fn set(&mut self, step: &str, took: Duration) {
        self.seconds.insert(step.to_owned(), took.as_secs_f64());
    }

    pub(crate) fn save(&self) -> Result<()> {
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        }
        let text = serde_json::to_string_pretty(&self.seconds)?;
        fs::write(&self.file, text).with_context(|| format!("cannot write {}", self.file.display()))
    }
}

//! What the README promises, taken from its code blocks.

use std::path::Path;

use anyhow::{Context, Result};

#[derive(Debug)]
pub(crate) struct Readme(String);

impl Readme {
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let file = root.join("README.md");
        std::fs::read_to_string(&file).map(Self).with_context(|| format!("cannot read {}", file.display()))
    }

    /// The manifest's part for the program.
    pub(crate) fn dependencies(&self) -> Result<String> {
        self.block("```toml", |_| true).context("README.md has no block of TOML")
    }

    /// The program, whole: a reader pastes it as it is.
    pub(crate) fn program(&self) -> Result<String> {
        self.block("```rust", |_| true).context("README.md has no block of Rust")
    }

    /// The lines that one finds in the metrics of `http_telemetry` after three visits.
    pub(crate) fn metrics(&self) -> Result<Vec<String>> {
        let block = self.block("```text", |block| block.contains("visitor_counter"));
        let block = block.context("README.md shows no metrics")?;
        Ok(block.lines().map(str::to_owned).collect())
    }

    fn block(&self, fence: &str, wanted: impl Fn(&str) -> bool) -> Option<String> {
        let mut rest = self.0.as_str();
        while let Some((_, from_fence)) = rest.split_once(fence) {
            let (_, from_block) = from_fence.split_once('\n')?;
            let (block, after) = from_block.split_once("\n```")?;
            if wanted(block) {
                return Some(block.to_owned());
            }
            rest = after;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_by_language_and_content() {
        let text = "a\n```toml\n[x]\n```\n```text\nno\n```\n```rust,no_run\nuse a;\nlet b;\n```\n\
                    ```text\nvisitor_counter_total 3\nother 1\n```\n";
        let readme = Readme(text.to_owned());
        assert_eq!(readme.dependencies().unwrap(), "[x]");
        assert_eq!(readme.program().unwrap(), "use a;\nlet b;");
        assert_eq!(readme.metrics().unwrap(), ["visitor_counter_total 3", "other 1"]);
        assert!(Readme(String::new()).program().is_err());
    }
}

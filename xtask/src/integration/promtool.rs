//! `promtool check metrics`, which reads a scrape on stdin: 0 is right, 1 is broken, 3 is a matter of style.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use xshell::Shell;

const STYLE: i32 = 3;

/// The scrape is right and in style.
pub(super) fn accepts(sh: &Shell, scrape: &Path) -> Result<()> {
    let (code, text) = check(sh, scrape)?;
    ensure!(code == Some(0) && text.is_empty(), "promtool finds fault with {} ({code:?}): {text}", scrape.display());
    Ok(())
}

/// The scrape is right, and this is all that can be said of its style.
pub(super) fn complains(sh: &Shell, scrape: &Path, complaint: &str) -> Result<()> {
    let (code, text) = check(sh, scrape)?;
    let shown = format!("promtool says of {} ({code:?}): {text}", scrape.display());
    ensure!(code == Some(STYLE) && text == complaint, "expected `{complaint}`, but {shown}");
    Ok(())
}

/// The scrape is right, whatever its style.
pub(super) fn parses(sh: &Shell, scrape: &Path) -> Result<()> {
    let (code, text) = check(sh, scrape)?;
    let shown = format!("promtool finds fault with {} ({code:?}): {text}", scrape.display());
    ensure!(matches!(code, Some(0 | STYLE)), "{shown}");
    Ok(())
}

fn check(sh: &Shell, scrape: &Path) -> Result<(Option<i32>, String)> {
    let text = std::fs::read(scrape).with_context(|| format!("cannot read {}", scrape.display()))?;
    ensure!(!text.is_empty(), "{} is empty", scrape.display());
    let output = sh.cmd("promtool").args(["check", "metrics"]).stdin(text).quiet().ignore_status().output()?;
    let said = [output.stdout, output.stderr].concat();
    Ok((output.status.code(), String::from_utf8_lossy(&said).trim().to_owned()))
}

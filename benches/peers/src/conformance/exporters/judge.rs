//! Whether a page is one: `promtool` judges Prometheus' text, `openmetrics-parser` OpenMetrics, which the program
//! hands in, and our own reader finds series that are there twice, which neither looks for.

use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use telemetry_prometheus::Format;

use crate::conformance::page::Page;
use crate::conformance::table::Judge;

const MISSING: &str = "promtool is missing: apt-get install prometheus (Debian), or https://prometheus.io/download/";

/// Whether `promtool` is there.
///
/// # Errors
///
/// When it is not.
pub(in crate::conformance) fn is_there() -> Result<()> {
    let found = Command::new("promtool").arg("--version").output().context(MISSING)?;
    ensure!(found.status.success(), "promtool does not run: {}", String::from_utf8_lossy(&found.stderr));
    Ok(())
}

/// What a legal page says, or what is wrong with it.
pub(super) fn read(text: &str, format: Format, judge: Judge) -> Result<Result<Page, String>> {
    let complaint = match format {
        Format::OpenMetrics => open_metrics(text, judge),
        _ => promtool(text)?,
    };
    if let Some(complaint) = complaint {
        return Ok(Err(complaint));
    }
    Ok(Page::read(text).map_err(|error| format!("{error:#}")))
}

/// `openmetrics-parser` refuses two things that the format allows: a page without metrics, and infinity without a sign.
fn open_metrics(text: &str, judge: Judge) -> Option<String> {
    if text == "# EOF\n" {
        return None;
    }
    let error = judge(&text.replace(" inf\n", " +Inf\n")).err()?;
    let place = error.lines().find_map(|line| line.trim().strip_prefix("--> "));
    let reason = error.lines().find_map(|line| line.trim().strip_prefix("= "));
    place.zip(reason).map(|(place, reason)| format!("at {place} {reason}")).or(Some(error))
}

fn promtool(text: &str) -> Result<Option<String>> {
    let mut command = Command::new("promtool");
    command.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut promtool = command.spawn().context(MISSING)?;
    // Pages are small: it reads all before it writes.
    promtool.stdin.take().context("promtool has no input")?.write_all(text.as_bytes())?;
    let output = promtool.wait_with_output()?;
    // 3 is a matter of style: what else it says of names and units is not asked here.
    Ok(match output.status.code() {
        Some(0 | 3) => None,
        _ => {
            let complaint = String::from_utf8_lossy(&output.stderr);
            let complaint = complaint.trim().trim_start_matches("error while linting: text format parsing error ");
            Some(complaint.to_owned())
        }
    })
}

//! Chromium, which shows one page and takes a picture of it.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};
use tokio::time::timeout;

pub(in crate::demo) const PROGRAM: &str = "chromium";

/// It is a few seconds.
const LIMIT: Duration = Duration::from_secs(60);
/// How much time passes for the page, which asks for its data: it passes faster where nothing is waited for.
const PATIENCE: Duration = Duration::from_secs(8);

/// The page in a file, in a window of this width and height. All that it keeps for itself is in `folder`.
pub(super) async fn capture(url: &str, size: (u32, u32), file: &Path, folder: &Path) -> Result<()> {
    let mut command = Command::new(PROGRAM);
    // It refuses to run as root in its sandbox, and the page is ours.
    command.args(["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"]);
    command.arg(format!("--user-data-dir={}", folder.join("chromium").display()));
    command.arg(format!("--window-size={},{}", size.0, size.1));
    command.arg(format!("--virtual-time-budget={}", PATIENCE.as_millis()));
    command.arg(format!("--screenshot={}", file.display())).arg(url);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).process_group(0);
    let child = command.spawn().with_context(|| format!("cannot start {PROGRAM}"))?;
    let _group = Group::of(&child)?;
    let output = timeout(LIMIT, child.wait_with_output()).await;
    let output = output.with_context(|| format!("{PROGRAM} still runs after {LIMIT:?}"))??;
    let said = || String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success() && file.exists(), "no picture of {url}: {}, {}", output.status, said());
    Ok(())
}

/// It and all the processes that it has started, which are killed when this is dropped.
struct Group(Pid);

impl Group {
    fn of(child: &Child) -> Result<Self> {
        let id = child.id().context("it has ended")?;
        Ok(Self(Pid::from_raw(id.cast_signed()).context("a child with an odd id")?))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // It fails where nobody is left.
        let _ = kill_process_group(self.0, Signal::KILL);
    }
}

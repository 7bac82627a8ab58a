//! Programs that are peers.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::timeout;

/// No program takes as long.
const LIMIT: Duration = Duration::from_secs(20);

/// What curl is always told.
pub(crate) const CURL: [&str; 8] =
    ["--silent", "--show-error", "--max-time", "20", "--noproxy", "*", "--output", "/dev/null"];

/// What a program said, and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) out: Vec<u8>,
    pub(crate) errors: String,
    pub(crate) code: Option<i32>,
}

/// Runs a program to its end, with `input` on its stdin.
pub(crate) async fn run(program: &str, args: &[&str], input: &[u8]) -> Result<Said> {
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot start {program}"))?;
    let mut stdin = child.stdin.take().context("a program without stdin")?;
    let write = async {
        // A program may end before it has read all.
        let _ = stdin.write_all(input).await;
        drop(stdin);
    };
    let ((), output) = timeout(LIMIT, async { tokio::join!(write, child.wait_with_output()) })
        .await
        .with_context(|| format!("{program} {args:?} goes on after {LIMIT:?}"))?;
    let output = output?;
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    Ok(Said { out: output.stdout, errors, code: output.status.code() })
}

/// The same for one that has to succeed.
pub(crate) async fn succeeds(program: &str, args: &[&str], input: &[u8]) -> Result<Said> {
    let said = run(program, args, input).await?;
    ensure!(said.code == Some(0), "{program} {args:?} ended with {:?}: {}", said.code, said.errors);
    Ok(said)
}

impl Said {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.out).into_owned()
    }
}

//! Processes that send as many requests as they can. One of ten is killed while it runs.

use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use futures_util::future::try_join_all;
use tokio::process::Command;
use tokio::time::{sleep, timeout};

use super::tools::Tool;

/// How many processes of each kind run, one after the other.
const PROCESSES: usize = 10;
/// For how long each of them sends.
const SECONDS: u64 = 1;
/// No process takes as long, and one that is killed would.
const LIMIT: Duration = Duration::from_secs(20);

/// So much is uploaded.
const UPLOAD: usize = 500_000;
const SIGKILL: i32 = 9;

/// Processes that do the same.
struct Kind {
    name: &'static str,
    tool: Tool,
    args: &'static [&'static str],
    paths: &'static [&'static str],
}

const fn kind(name: &'static str, tool: Tool, args: &'static [&'static str], paths: &'static [&'static str]) -> Kind {
    Kind { name, tool, args, paths }
}

const STREAM: &str = "/stream?chunks=20&delay_ms=5&bytes=1000";
const LARGE: &str = "/stream?chunks=100&delay_ms=0&bytes=10000";
const SLOW: &str = "/slow?ms=20";

/// There are as many as processes of each, so that one of each can be killed at another time.
const KINDS: [Kind; PROCESSES] = [
    kind("short answers", Tool::Wrk, &["-c20"], &["/"]),
    kind("a route", Tool::Wrk, &["-c20"], &["/users/7"]),
    kind("streams", Tool::Wrk, &["-c30"], &[STREAM]),
    kind("slow answers", Tool::Wrk, &["-c30"], &[SLOW]),
    kind("short answers in h2c", Tool::H2load, &["-c4", "-m20"], &["/"]),
    kind("a mix in h2c", Tool::H2load, &["-c4", "-m10"], &["/users/7", STREAM, SLOW]),
    kind("large answers in h2c", Tool::H2load, &["-c4", "-m4"], &[LARGE]),
    kind("uploads in h2c", Tool::H2load, &["-c4", "-m5", "-d"], &["/echo"]),
    kind("a mix in h1", Tool::H2load, &["--h1", "-c10"], &["/users/7", STREAM, SLOW]),
    kind("uploads in h1", Tool::H2load, &["--h1", "-c4", "-d"], &["/echo"]),
];

/// Runs all of them, and returns how many answers those got that were not killed.
pub(super) async fn drive(server: SocketAddr, folder: &Path) -> Result<u64> {
    let upload = folder.join("upload");
    std::fs::write(&upload, vec![b'x'; UPLOAD]).with_context(|| format!("cannot write {}", upload.display()))?;
    let runs = KINDS.iter().enumerate().map(|(index, kind)| kind.run(index, server, &upload));
    let answers = try_join_all(runs).await?;
    println!("answers a second, in a build without optimisation:");
    for (kind, answers) in KINDS.iter().zip(&answers) {
        println!("{:>8}  {}, {}", answers / (SECONDS * (PROCESSES as u64 - 1)), kind.tool.name(), kind.name);
    }
    Ok(answers.iter().sum())
}

impl Kind {
    async fn run(&self, index: usize, server: SocketAddr, upload: &Path) -> Result<u64> {
        let context = || format!("{}, {}", self.tool.name(), self.name);
        let mut answers = 0;
        for process in 0..PROCESSES {
            if process == index {
                // At another moment than the others, in the first second.
                let moment = Duration::from_millis(50 + 90 * index as u64);
                self.killed(server, upload, moment).await.with_context(context)?;
            } else {
                answers += self.whole(server, upload).await.with_context(context)?;
            }
        }
        Ok(answers)
    }

    /// Runs to its end.
    async fn whole(&self, server: SocketAddr, upload: &Path) -> Result<u64> {
        let output = timeout(LIMIT, self.command(server, upload, SECONDS).output()).await;
        let output = output.with_context(|| format!("not done after {LIMIT:?}"))??;
        let said = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "ended with {}:\n{said}{errors}", output.status);
        self.tool.answers(&said).with_context(|| said.into_owned())
    }

    /// Is killed in the middle of everything.
    async fn killed(&self, server: SocketAddr, upload: &Path, moment: Duration) -> Result<()> {
        let mut command = self.command(server, upload, LIMIT.as_secs());
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        sleep(moment).await;
        child.start_kill()?;
        let status = timeout(LIMIT, child.wait()).await.context("a killed process goes on")??;
        ensure!(status.signal() == Some(SIGKILL), "ended with {status} before it was killed");
        Ok(())
    }

    fn command(&self, server: SocketAddr, upload: &Path, seconds: u64) -> Command {
        let mut command = Command::new(self.tool.name());
        command.args(self.tool.args(seconds)).args(self.args);
        if self.args.last() == Some(&"-d") {
            command.arg(upload);
        }
        command.args(self.paths.iter().map(|path| format!("http://{server}{path}")));
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }
}

//! The client that everybody has, through a relay that counts its connections and bytes.

use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::stage::ledger::{Ending, Kind, Ledger};
use crate::stage::wire::Wire;

struct Run {
    args: &'static [&'static str],
    path: &'static str,
    /// How many exchanges curl makes of the path, which it may expand.
    times: u64,
    upload: usize,
    kind: (&'static str, Option<&'static str>, u16),
}

const fn run(
    args: &'static [&'static str],
    path: &'static str,
    times: u64,
    upload: usize,
    kind: (&'static str, Option<&'static str>, u16),
) -> Run {
    Run { args, path, times, upload, kind }
}

const USERS: Option<&str> = Some("/users/{id}");
const STATUS: Option<&str> = Some("/status/{code}");
const STREAM: &str = "/stream?chunks=4&delay_ms=2&bytes=500";

const RUNS: [Run; 9] = [
    run(&[], "/users/6", 1, 0, ("GET", USERS, 200)),
    run(&[], "/users/[1-5]", 5, 0, ("GET", USERS, 200)),
    run(&["-H", "Connection: close"], "/users/[1-3]", 3, 0, ("GET", USERS, 200)),
    run(&["-I"], "/", 1, 0, ("HEAD", Some("/"), 200)),
    run(&["-X", "BREW"], "/status/404", 1, 0, ("BREW", STATUS, 405)),
    run(&[], "/status/503", 1, 0, ("GET", STATUS, 503)),
    run(&[], STREAM, 1, 0, ("GET", Some("/stream"), 200)),
    run(&["--data-binary", "@-"], "/echo", 1, 3000, ("POST", Some("/echo"), 200)),
    run(&["-X", "POST", "-T", "-"], "/echo", 1, 70_000, ("POST", Some("/echo"), 200)),
];

pub(super) async fn drive(wire: &Wire, ledger: &mut Ledger) -> Result<()> {
    let relay = wire.relay().await?;
    for (option, version) in [("--http1.1", "1.1"), ("--http2-prior-knowledge", "2")] {
        for run in &RUNS {
            // Some versions of curl cannot make a second exchange on an HTTP/2 connection.
            if version == "2" && run.times > 1 {
                continue;
            }
            let url = format!("http://{}{}", relay.address, run.path);
            one(run, option, version, &url, ledger).await.with_context(|| format!("{option} {:?} {url}", run.args))?;
        }
    }
    relay.close().await
}

async fn one(run: &Run, option: &str, version: &'static str, url: &str, ledger: &mut Ledger) -> Result<()> {
    let mut child = Command::new("curl")
        .args(["--silent", "--show-error", "--max-time", "20", "--noproxy", "*", "--output", "/dev/null"])
        .args(["--write-out", "%{http_code} %{http_version} %{size_download}\n", option])
        .args(run.args)
        .arg(url)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("cannot start curl")?;
    let mut stdin = child.stdin.take().context("curl without stdin")?;
    stdin.write_all(&vec![b'x'; run.upload]).await?;
    drop(stdin);
    let output = child.wait_with_output().await?;
    ensure!(output.status.success(), "curl ended with {}", output.status);
    let lines = String::from_utf8(output.stdout)?;
    ensure!(lines.lines().count() as u64 == run.times, "{} exchanges expected:\n{lines}", run.times);

    let (method, route, status) = run.kind;
    for line in lines.lines() {
        let body = line.strip_prefix(&format!("{status} {version} ")).and_then(|size| size.parse().ok());
        let body: usize = body.with_context(|| format!("status {status} expected, not {line}"))?;
        let body = if method == "HEAD" { 0 } else { body };
        ledger.record(Kind::new(method, route, version, Ending::Answered(status)), run.upload, body);
    }
    Ok(())
}

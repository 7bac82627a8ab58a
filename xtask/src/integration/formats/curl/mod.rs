//! The client that everybody has, in all ways of asking for a page.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail, ensure};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::{NAME, Place};
use crate::stage::example::Example;

mod table;

use table::{Body, Case, accepts, cases};

const VARY: (&str, &str) = ("vary", "Accept, Accept-Encoding");

pub(super) async fn run(place: &Place) -> Result<()> {
    let example = Example::start(place, NAME).await?;
    let curl = Curl { base: format!("http://{}", example.metrics), folder: place.folder.clone() };
    let whole = curl.call(&[], "/metrics").await?.body;
    ensure!(whole.starts_with(b"# HELP "), "no page: {:?}", String::from_utf8_lossy(&whole));

    for (accept, content_type) in accepts() {
        let args: Vec<String> = accept.iter().map(|accept| format!("Accept:{accept}")).collect();
        let args: Vec<&str> = args.iter().flat_map(|header| ["-H", header]).collect();
        let reply = curl.call(&args, "/metrics").await?;
        negotiated(&reply, content_type).with_context(|| format!("Accept {accept:?}: {:?}", reply.headers))?;
    }
    for case in cases() {
        let reply = curl.call(case.args, case.path).await?;
        judge(&case, &reply, &whole)
            .await
            .with_context(|| format!("{case:?}: {} {:?}", reply.status, reply.headers))?;
    }
    println!("curl: {} answers to `Accept`, {} others", accepts().len(), cases().len());
    example.stop(rustix::process::Signal::TERM).await
}

/// The format is the one that is meant, in the headers and in the body.
fn negotiated(reply: &Reply, content_type: &str) -> Result<()> {
    ensure!(reply.status == 200, "status {}", reply.status);
    reply.has(&[("content-type", content_type), ("content-encoding", ""), VARY])?;
    reply.has_right_length()?;
    let is_protobuf = content_type.starts_with("application/vnd.google.protobuf");
    let is_open_metrics = content_type.starts_with("application/openmetrics-text");
    ensure!(reply.body.starts_with(b"# ") != is_protobuf, "the body is not what its head says");
    ensure!(reply.body.ends_with(b"\n# EOF\n") == is_open_metrics, "the body does not end as its head says");
    Ok(())
}

async fn judge(case: &Case, reply: &Reply, whole: &[u8]) -> Result<()> {
    ensure!(reply.status == case.status, "status {} expected", case.status);
    reply.has(case.headers)?;
    match case.body {
        Body::Whole => ensure!(reply.body == whole, "the body is not the whole page"),
        Body::Packed(program) => {
            reply.has_right_length()?;
            ensure!(reply.body.len() < whole.len() / 2, "{} bytes are not compressed", reply.body.len());
            ensure!(unpacked(program, &reply.body).await? == whole, "unpacked, the body is not the whole page");
        }
        Body::Absent => {
            let length = whole.len().to_string();
            reply.has(&[("content-length", &length)])?;
        }
        Body::Families(families) => {
            let types = String::from_utf8_lossy(&reply.body);
            let types = types.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
            ensure!(types.eq(families.iter().copied()), "the families are not {families:?}");
        }
        Body::Exactly(text) => ensure!(reply.body == text.as_bytes(), "{:?}", String::from_utf8_lossy(&reply.body)),
        Body::Any => {}
    }
    Ok(())
}

/// What `program` makes of `packed`.
async fn unpacked(program: &str, packed: &[u8]) -> Result<Vec<u8>> {
    let child = Command::new(program)
        .arg("-dc")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot start {program}"));
    let mut child = child?;
    let mut stdin = child.stdin.take().context("a child without stdin")?;
    let packed = packed.to_vec();
    let feed = tokio::spawn(async move { stdin.write_all(&packed).await });
    let output = child.wait_with_output().await?;
    feed.await??;
    ensure!(output.status.success(), "{program} ended with {}", output.status);
    Ok(output.stdout)
}

struct Curl {
    base: String,
    folder: PathBuf,
}

#[derive(Debug)]
struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Curl {
    async fn call(&self, args: &[&str], path: &str) -> Result<Reply> {
        let (head, body) = (self.folder.join("curl-head.txt"), self.folder.join("curl-body.bin"));
        // A body from the call before must not pass for this one's.
        std::fs::write(&body, "")?;
        let output = Command::new("curl")
            .args(["--silent", "--show-error", "--max-time", "20", "--noproxy", "*", "--globoff"])
            .args([Path::new("--dump-header"), &head, Path::new("--output"), &body])
            .args(args)
            .arg(format!("{}{path}", self.base))
            .kill_on_drop(true)
            .output()
            .await
            .context("cannot start curl")?;
        ensure!(output.status.success(), "curl: {}", String::from_utf8_lossy(&output.stderr));
        Reply::read(&std::fs::read_to_string(&head)?, std::fs::read(&body)?)
    }
}

impl Reply {
    fn read(head: &str, body: Vec<u8>) -> Result<Self> {
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
        let status = status.with_context(|| format!("no status in {head:?}"))?;
        let header = |line: &str| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        };
        Ok(Self { status, headers: lines.filter_map(header).collect(), body })
    }

    /// Each of these headers is there once with this value, or not at all if that is empty.
    fn has(&self, headers: &[(&str, &str)]) -> Result<()> {
        for (name, expected) in headers {
            let values: Vec<&str> =
                self.headers.iter().filter(|(own, _)| own == name).map(|(_, value)| value.as_str()).collect();
            let is_right = if expected.is_empty() { values.is_empty() } else { values == [*expected] };
            if !is_right {
                bail!("{name} should be {expected:?}, not {values:?}");
            }
        }
        Ok(())
    }

    fn has_right_length(&self) -> Result<()> {
        self.has(&[("content-length", &self.body.len().to_string())])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_read_as_curl_writes_it() {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nVary: Accept\r\ncontent-length: 3\r\n\r\n";
        let reply = Reply::read(head, b"abc".to_vec()).unwrap();
        assert_eq!(reply.status, 200);
        assert!(reply.has(&[("content-type", "text/plain"), ("content-encoding", "")]).is_ok());
        assert!(reply.has(&[("content-type", "text/html")]).is_err());
        assert!(reply.has(&[("content-type", "")]).is_err());
        assert!(reply.has_right_length().is_ok());
        assert!(Reply::read("", Vec::new()).is_err());
    }
}

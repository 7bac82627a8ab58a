//! Programs that receive spans by OTLP and say what they got.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::{Instant, sleep};

use super::span::Span;
use super::{json, listing};
use crate::integration::process::Process;
use crate::integration::prometheus::free_address;

/// How long a receiver may take until it listens.
const START: Duration = Duration::from_secs(20);
/// How long spans may take to be shown once they were sent.
const SHOWN: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(50);

/// What receives, and how it is sent to.
#[derive(Debug, Clone)]
pub(super) enum Program {
    /// OTLP over HTTP, with protocol buffers. Called with `--port PORT`, it listens on loopback and writes each span,
    /// or each request, as a line of JSON to its stdout: as `oteltap` does.
    Lines(PathBuf),
    /// `rotel`, over gRPC.
    Rotel(PathBuf),
}

/// Killed when dropped.
#[derive(Debug)]
pub(super) struct Receiver {
    process: Process,
    program: Program,
    said: PathBuf,
    /// Where it takes protocol buffers over HTTP.
    http: SocketAddr,
    grpc: Option<SocketAddr>,
}

impl Program {
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Lines(path) | Self::Rotel(path) => path,
        }
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.path().file_name().unwrap_or_default().to_string_lossy();
        let protocol = match self {
            Self::Lines(_) => "HTTP",
            Self::Rotel(_) => "gRPC",
        };
        write!(f, "{name} over {protocol}")
    }
}

impl Receiver {
    /// Starts it with all that it says in the file `said`.
    pub(super) async fn start(program: &Program, said: PathBuf) -> Result<Self> {
        // What an earlier one has said is not said by this one.
        std::fs::write(&said, "").with_context(|| format!("cannot write {}", said.display()))?;
        let http = free_address()?;
        let mut command = Command::new(program.path());
        let grpc = match program {
            Program::Lines(_) => {
                command.arg("--port").arg(http.port().to_string());
                None
            }
            Program::Rotel(_) => {
                let grpc = free_address()?;
                command.args(["start", "--exporter", "blackhole", "--debug-log", "traces"]);
                command.args(["--debug-log-verbosity", "detailed"]);
                command.arg("--otlp-grpc-endpoint").arg(grpc.to_string());
                command.arg("--otlp-http-endpoint").arg(http.to_string());
                Some(grpc)
            }
        };
        let process = Process::recorded(&mut command, &said)?;
        let mut receiver = Self { process, program: program.clone(), said, http, grpc };
        for address in [Some(http), grpc].into_iter().flatten() {
            receiver.listens(address).await?;
        }
        Ok(receiver)
    }

    async fn listens(&mut self, address: SocketAddr) -> Result<()> {
        let deadline = Instant::now() + START;
        while let Err(error) = TcpStream::connect(address).await {
            self.process.still_runs().with_context(|| format!("see {}", self.said.display()))?;
            if Instant::now() > deadline {
                return Err(error).with_context(|| format!("{} does not listen on {address}", self.program));
            }
            sleep(PAUSE).await;
        }
        Ok(())
    }

    /// The environment in which the SDK of Rust sends to it.
    pub(super) fn environment(&self) -> [(&'static str, String); 2] {
        let (protocol, address) = match self.grpc {
            Some(grpc) => ("grpc", grpc),
            None => ("http/protobuf", self.http),
        };
        [
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol.to_owned()),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{address}")),
        ]
    }

    /// Where every SDK can send to, by HTTP.
    pub(super) fn http(&self) -> String {
        format!("http://{}", self.http)
    }

    /// All that it has said so far.
    pub(super) fn said(&self) -> Result<String> {
        let said = std::fs::read(&self.said).with_context(|| format!("cannot read {}", self.said.display()))?;
        Ok(String::from_utf8_lossy(&said).into_owned())
    }

    /// Waits for so many spans. All who send have to have ended: there must not be one span more.
    pub(super) async fn spans(&mut self, count: usize) -> Result<Vec<Span>> {
        let deadline = Instant::now() + SHOWN;
        let mut earlier = String::new();
        loop {
            self.process.still_runs()?;
            let said = self.said()?;
            // What it writes in pieces is whole when no more comes.
            if said == earlier {
                let spans = self.read(&said)?;
                if spans.len() >= count || Instant::now() > deadline {
                    return exactly(spans, count).with_context(|| format!("see {}", self.said.display()));
                }
            }
            earlier = said;
            sleep(PAUSE).await;
        }
    }

    fn read(&self, said: &str) -> Result<Vec<Span>> {
        match self.program {
            Program::Lines(_) => json::spans(said),
            Program::Rotel(_) => listing::spans(said),
        }
    }
}

fn exactly(spans: Vec<Span>, count: usize) -> Result<Vec<Span>> {
    if spans.len() == count {
        return Ok(spans);
    }
    const SHOWN: usize = 40;
    let list: Vec<String> = spans.iter().take(SHOWN).map(ToString::to_string).collect();
    bail!("{count} spans should have come, but {} did; the first are:\n{}", spans.len(), list.join("\n"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_span_too_many_is_as_bad_as_one_too_few() {
        let spans = |count| vec![Span::default(); count];
        assert!(exactly(spans(3), 3).is_ok());
        assert!(exactly(spans(4), 3).is_err());
        assert!(exactly(spans(2), 3).is_err());
    }
}

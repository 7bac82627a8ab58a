//! Programs that receive spans by OTLP and say what they got.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::Signal;
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::{Instant, sleep};

use super::span::Span;
use super::{json, listing};
use crate::stage::free_address;
use crate::stage::process::Process;

/// How long a receiver may take until it listens.
const START: Duration = Duration::from_secs(20);
/// How long spans may take to be shown once they were sent.
const SHOWN: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(50);

/// What receives, and how it is sent to.
#[derive(Debug, Clone)]
pub(in crate::integration) enum Program {
    /// OTLP over HTTP, with protocol buffers. Called with `--port PORT`, it listens on loopback and writes each span,
    /// or each request, as a line of JSON to its stdout: as `oteltap` does.
    Lines(PathBuf),
    /// `rotel`, over gRPC.
    Rotel(PathBuf),
}

/// Killed when dropped.
#[derive(Debug)]
pub(in crate::integration) struct Receiver {
    process: Process,
    program: Program,
    said: PathBuf,
    addresses: Addresses,
}

/// Where a receiver listens.
#[derive(Debug, Clone, Copy)]
pub(in crate::integration) struct Addresses {
    /// Where it takes protocol buffers over HTTP.
    pub(in crate::integration) http: SocketAddr,
    pub(in crate::integration) grpc: Option<SocketAddr>,
}

impl Program {
    pub(in crate::integration) fn path(&self) -> &Path {
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
    pub(in crate::integration) async fn start(program: &Program, said: PathBuf) -> Result<Self> {
        let grpc = match program {
            Program::Lines(_) => None,
            Program::Rotel(_) => Some(free_address()?),
        };
        Self::start_at(program, said, Addresses { http: free_address()?, grpc }).await
    }

    /// The same, where another one listened before.
    pub(in crate::integration) async fn start_at(
        program: &Program,
        said: PathBuf,
        addresses: Addresses,
    ) -> Result<Self> {
        // What an earlier one has said is not said by this one.
        std::fs::write(&said, "").with_context(|| format!("cannot write {}", said.display()))?;
        let Addresses { http, grpc } = addresses;
        let mut command = Command::new(program.path());
        match grpc {
            None => {
                command.arg("--port").arg(http.port().to_string());
            }
            Some(grpc) => {
                command.args(["start", "--exporter", "blackhole", "--debug-log-verbosity", "detailed"]);
                command.args(["traces", "metrics", "logs"].map(|signal| format!("--debug-log={signal}")));
                command.arg("--otlp-grpc-endpoint").arg(grpc.to_string());
                command.arg("--otlp-http-endpoint").arg(http.to_string());
            }
        }
        let process = Process::recorded(&mut command, &said)?;
        let mut receiver = Self { process, program: program.clone(), said, addresses };
        for address in [Some(http), grpc].into_iter().flatten() {
            receiver.listens(address).await?;
        }
        Ok(receiver)
    }

    pub(in crate::integration) fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// Sends a signal to its process, and does not wait for what comes of it.
    pub(in crate::integration) fn signal(&mut self, signal: Signal) -> Result<()> {
        self.process.signal(signal)
    }

    /// Kills it. Returns all that it got.
    pub(in crate::integration) async fn kill(self) -> Result<Vec<Span>> {
        self.process.end(Signal::KILL).await?;
        read(&self.program, &said(&self.said)?)
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
    pub(in crate::integration) fn environment(&self) -> [(&'static str, String); 2] {
        let Addresses { http, grpc } = self.addresses;
        let (protocol, address) = match grpc {
            Some(grpc) => ("grpc", grpc),
            None => ("http/protobuf", http),
        };
        [
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol.to_owned()),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{address}")),
        ]
    }

    /// Where every SDK can send to, by HTTP.
    pub(in crate::integration) fn http(&self) -> String {
        format!("http://{}", self.addresses.http)
    }

    /// All that it has said so far.
    pub(in crate::integration) fn said(&self) -> Result<String> {
        said(&self.said)
    }

    /// The spans that it has shown so far.
    pub(in crate::integration) fn seen(&self) -> Result<Vec<Span>> {
        read(&self.program, &self.said()?)
    }

    /// Waits for so many spans. All who send have to have ended: there must not be one span more.
    pub(in crate::integration) async fn spans(&mut self, count: usize) -> Result<Vec<Span>> {
        let deadline = Instant::now() + SHOWN;
        let mut earlier = String::new();
        loop {
            self.process.still_runs()?;
            let said = self.said()?;
            // What it writes in pieces is whole when no more comes.
            if said == earlier {
                let spans = read(&self.program, &said)?;
                if spans.len() >= count || Instant::now() > deadline {
                    return exactly(spans, count).with_context(|| format!("see {}", self.said.display()));
                }
            }
            earlier = said;
            sleep(PAUSE).await;
        }
    }
}

fn said(file: &Path) -> Result<String> {
    let said = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(String::from_utf8_lossy(&said).into_owned())
}

fn read(program: &Program, said: &str) -> Result<Vec<Span>> {
    match program {
        Program::Lines(_) => json::spans(said),
        Program::Rotel(_) => listing::spans(said),
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

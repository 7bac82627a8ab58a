//! The example `otlp_traces`: `front` asks `back`, and both send their spans.

use std::fmt;
use std::net::SocketAddr;

use anyhow::{Context, Result};
use rustix::process::Signal;
use tokio::process::Command;

use super::receiver::Receiver;
use crate::stage::Place;
use crate::stage::example::address;
use crate::stage::process::Process;

const NAME: &str = "otlp_traces";

/// How the example makes its spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    OpenTelemetry,
    Tracing,
}

pub(super) const WAYS: [Way; 2] = [Way::OpenTelemetry, Way::Tracing];

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OpenTelemetry => "made with OpenTelemetry",
            Self::Tracing => "made with tracing",
        })
    }
}

/// How `back` shows a member of the baggage in its answers to what is not broken, which `front` passes on.
pub(super) fn shown(name: &str, value: &str) -> String {
    format!("{name}={value}")
}

/// Killed when dropped.
#[derive(Debug)]
pub(super) struct Services {
    process: Process,
    pub(super) front: SocketAddr,
    pub(super) back: SocketAddr,
}

impl Services {
    pub(super) async fn start(place: &Place, way: Way, receiver: &Receiver) -> Result<Self> {
        let mut command = Command::new(place.binaries.join(NAME));
        command.args(["--front", "127.0.0.1:0", "--back", "127.0.0.1:0"]);
        if way == Way::Tracing {
            command.arg("--tracing");
        }
        // Nothing may be lost because it comes too fast.
        command.env("OTEL_BSP_MAX_QUEUE_SIZE", "32768").envs(receiver.environment());
        let mut process = Process::spawn(&mut command, &place.folder.join(format!("{NAME}.log")))?;
        let lines = [process.line().await?, process.line().await?];
        let listens = |name| {
            let line = lines.iter().find(|line| line.starts_with(name));
            address(line.with_context(|| format!("{name} does not say where it listens: {lines:?}"))?)
        };
        let (front, back) = (listens("front on ")?, listens("back on ")?);
        Ok(Self { process, front, back })
    }

    /// Ends it, and that sends all spans that are still to be sent.
    pub(super) async fn stop(self, signal: Signal) -> Result<()> {
        self.process.stop(signal).await
    }
}

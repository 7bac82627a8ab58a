//! Clients in other languages, with the SDK and the instrumentation that OpenTelemetry has for them.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::time::timeout;
use xshell::Shell;

use crate::integration::environment;

const PYTHON: &str = include_str!("client.py");
const REQUIREMENTS: &str = include_str!("requirements.txt");
const NODE: &str = include_str!("client.mjs");
const PACKAGE: &str = include_str!("package.json");
const LOCK: &str = include_str!("package-lock.json");

/// No client takes anywhere near as long.
const LIMIT: Duration = Duration::from_secs(30);

/// The baggage that each of them sends.
pub(super) const BAGGAGE: [(&str, &str); 2] = [("shop.user", "José Ü 7"), ("shop.lane", "a+b,c;d=e")];

/// Where the clients and the receivers are installed.
#[derive(Debug, Clone)]
pub(in crate::integration) struct Tools {
    python: PathBuf,
    node: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Client {
    Python,
    Node,
}

pub(super) const CLIENTS: [Client; 2] = [Client::Python, Client::Node];

/// What a client knows of an exchange.
#[derive(Debug, PartialEq)]
pub(super) struct Exchange {
    pub(super) trace: String,
    /// The span around the exchange: the instrumentation's is its child.
    pub(super) span: String,
    pub(super) flags: u32,
    pub(super) status: u16,
    pub(super) body: String,
}

impl Tools {
    pub(in crate::integration) fn new(target: &Path) -> Self {
        Self { python: target.join("span-tools/python"), node: target.join("span-tools/node") }
    }

    pub(super) fn prepare(&self, sh: &Shell) -> Result<()> {
        environment::python(sh, &self.python, REQUIREMENTS)?;
        environment::node(sh, &self.node, PACKAGE, LOCK)?;
        self.link_rotel()
    }

    /// The wheel has the program beside its module: it gets a place that is known before anything is installed.
    fn link_rotel(&self) -> Result<()> {
        let lib = std::fs::read_dir(self.python.join("lib"))?.flatten();
        let mut found = lib.map(|python| python.path().join("site-packages/rotel/rotel-agent"));
        let program = found.find(|path| path.exists()).context("the package `rotel` has no program")?;
        if !self.rotel().exists() {
            std::os::unix::fs::symlink(program, self.rotel())?;
        }
        Ok(())
    }

    pub(in crate::integration) fn oteltap(&self) -> PathBuf {
        self.python.join("bin/oteltap")
    }

    pub(in crate::integration) fn rotel(&self) -> PathBuf {
        self.python.join("bin/rotel-agent")
    }
}

impl Client {
    /// Also its `User-Agent`, and the `service.name` of its spans.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::Node => "node",
        }
    }

    /// How a value of the baggage arrives that it sends: Python writes a blank as a plus, which stands for itself.
    pub(super) fn sent(self, value: &str) -> String {
        match self {
            Self::Python => value.replace(' ', "+"),
            Self::Node => value.to_owned(),
        }
    }

    /// Asks for each of the addresses, and sends its own spans to `receiver`.
    pub(super) async fn run(self, tools: &Tools, receiver: &str, addresses: &[String]) -> Result<Vec<Exchange>> {
        let mut command = match self {
            Self::Python => {
                let mut command = Command::new(tools.python.join("bin/python"));
                command.args(["-c", PYTHON]);
                command
            }
            Self::Node => {
                let mut command = Command::new("node");
                command.args(["--input-type=module", "--eval", NODE]).current_dir(&tools.node);
                command
            }
        };
        let members: Value = BAGGAGE.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        command.arg(self.name()).arg(members.to_string()).args(addresses);
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver).stdin(Stdio::null()).kill_on_drop(true);
        let output = timeout(LIMIT, command.output()).await;
        let output = output.with_context(|| format!("{} is not done after {LIMIT:?}", self.name()))??;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{} ended with {}:\n{errors}", self.name(), output.status);
        let said = String::from_utf8(output.stdout)?;
        let exchanges = said.lines().map(|line| exchange(line).with_context(|| format!("odd line {line}")));
        let exchanges = exchanges.collect::<Result<Vec<_>>>()?;
        ensure!(exchanges.len() == addresses.len(), "{} tells of {} exchanges", self.name(), exchanges.len());
        Ok(exchanges)
    }
}

fn exchange(line: &str) -> Option<Exchange> {
    let line: Value = serde_json::from_str(line).ok()?;
    let text = |key: &str| line.get(key)?.as_str().map(str::to_owned);
    let number = |key: &str| line.get(key)?.as_u64();
    Some(Exchange {
        trace: text("trace")?,
        span: text("span")?,
        flags: number("flags")?.try_into().ok()?,
        status: number("status")?.try_into().ok()?,
        body: text("body")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exchange_is_read_from_a_line() {
        let line = r#"{"trace": "3f58", "span": "2a30", "flags": 3, "status": 200, "body": "order 7\n"}"#;
        let expected = Exchange {
            trace: "3f58".to_owned(),
            span: "2a30".to_owned(),
            flags: 3,
            status: 200,
            body: "order 7\n".to_owned(),
        };
        assert_eq!(exchange(line), Some(expected));
        assert_eq!(exchange(&line.replace("flags", "other")), None);
        assert_eq!(exchange("order 7"), None);
    }
}

//! The README's program as a package of its own, outside of the workspace: what a reader gets who pastes it.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use tokio::time::{Instant, sleep};

use super::http;
use super::package::Package;
use super::process::Process;
use super::prometheus::free_address;
use crate::command::Command;
use crate::readme::Readme;
use crate::workspace::Workspace;

const NAME: &str = "readme-program";
const START: Duration = Duration::from_secs(20);

/// Where the README's program listens, and where it shows its metrics.
const SERVICE: &str = "127.0.0.1:62012";
const METRICS: &str = "127.0.0.1:63012";

/// The package, which listens on ports of our choice.
#[derive(Debug, Clone)]
pub(super) struct Stranger {
    package: Package,
    service: SocketAddr,
    metrics: SocketAddr,
}

impl Stranger {
    /// Writes the package, with the versions of our own lock file.
    pub(super) fn write(workspace: &Workspace) -> Result<Self> {
        let readme = Readme::read(&workspace.root)?;
        let (service, metrics) = (free_address()?, free_address()?);
        let checkout = format!("\"{}/", workspace.root.display());
        let dependencies = replaced(&readme.dependencies()?, "\"../telemetry/", &checkout)?;
        let program = replaced(&readme.program()?, SERVICE, &service.to_string())?;
        let program = replaced(&program, METRICS, &metrics.to_string())?;
        let package = Package::write(workspace, NAME, &dependencies, &[("main.rs", &program)])?;
        Ok(Self { package, service, metrics })
    }

    pub(super) fn build(&self, target: &Path) -> Command {
        self.package.build(target)
    }

    pub(super) async fn run(&self) -> Result<()> {
        let mut process = Process::start(&self.package.binary, [""; 0], &self.package.file("log"))?;
        let deadline = Instant::now() + START;
        let answer = loop {
            process.still_runs()?;
            match http::get(self.service, "/", "*/*").await {
                Ok(answer) => break answer,
                Err(error) if Instant::now() > deadline => return Err(error),
                Err(_) => sleep(Duration::from_millis(50)).await,
            }
        };
        ensure!(answer == "hello", "the README's program answers {answer:?}");
        let page = http::get(self.metrics, "/metrics", "*/*").await?;
        for (begin, label) in [
            (
                "http_server_request_duration_seconds_count{http_request_method=\"GET\",http_response_status_code=\"200\",",
                "http_route=\"/\"",
            ),
            ("http_server_active_requests{", ""),
            ("transport_server_io_bytes_total{", "network_io_direction=\"receive\""),
            ("target_info{", ",service_name=\"shop\","),
        ] {
            if !page.lines().any(|line| line.starts_with(begin) && line.contains(label)) {
                bail!("`{begin}..{label}` is missing from the metrics of the README's program:\n{page}");
            }
        }
        Ok(())
    }
}

fn replaced(text: &str, from: &str, to: &str) -> Result<String> {
    ensure!(text.contains(from), "README.md no longer says {from}");
    Ok(text.replace(from, to))
}

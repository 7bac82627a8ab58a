//! The README's program as a package of its own, outside of the workspace: what a reader gets who pastes it.
//!
//! Inside of the workspace other packages switch on features that the program may have forgotten.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use tokio::time::{Instant, sleep};

use super::http;
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
    folder: PathBuf,
    binary: PathBuf,
    service: SocketAddr,
    metrics: SocketAddr,
}

impl Stranger {
    /// Writes the package, with the versions of our own lock file.
    pub(super) fn write(workspace: &Workspace) -> Result<Self> {
        let readme = Readme::read(&workspace.root)?;
        let folder = workspace.target.join(NAME);
        let binary = workspace.target.join("debug").join(NAME);
        let stranger = Self { folder, binary, service: free_address()?, metrics: free_address()? };

        let checkout = format!("\"{}/", workspace.root.display());
        let dependencies = replaced(&readme.dependencies()?, "\"../telemetry/", &checkout)?;
        let manifest = format!("[package]\nname = \"{NAME}\"\nedition = \"2024\"\n\n{dependencies}\n\n[workspace]\n");
        let program = replaced(&readme.program()?, SERVICE, &stranger.service.to_string())?;
        let program = replaced(&program, METRICS, &stranger.metrics.to_string())?;

        std::fs::create_dir_all(stranger.folder.join("src"))?;
        std::fs::write(stranger.folder.join("Cargo.toml"), manifest)?;
        std::fs::write(stranger.folder.join("src/main.rs"), program)?;
        std::fs::copy(workspace.root.join("Cargo.lock"), stranger.folder.join("Cargo.lock"))?;
        Ok(stranger)
    }

    pub(super) fn build(&self, target: &Path) -> Command {
        let manifest = self.folder.join("Cargo.toml").display().to_string();
        let build = Command::new("cargo build --quiet --manifest-path").arg(manifest);
        build.arg("--target-dir").arg(target.display().to_string())
    }

    pub(super) async fn run(&self) -> Result<()> {
        let mut process = Process::start(&self.binary, [""; 0], &self.folder.join("log"))?;
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
        for expected in [
            "http_server_request_duration_seconds_count{http_request_method=\"GET\",http_response_status_code=\"200\",\
             http_route=\"/\",",
            "http_server_active_requests{",
            "transport_server_io_bytes_total{network_io_direction=\"receive\",",
            "target_info{service_name=\"shop\",",
        ] {
            if !page.lines().any(|line| line.starts_with(expected)) {
                bail!("`{expected}..` is missing from the metrics of the README's program:\n{page}");
            }
        }
        Ok(())
    }
}

fn replaced(text: &str, from: &str, to: &str) -> Result<String> {
    ensure!(text.contains(from), "README.md no longer says {from}");
    Ok(text.replace(from, to))
}

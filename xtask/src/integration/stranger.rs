//! The README's program as a package of its own, outside of the workspace: what a reader gets who pastes it.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use tokio::time::{Instant, sleep};

use super::package::Package;
use crate::command::Command;
use crate::readme::Readme;
use crate::stage::free_address;
use crate::stage::http;
use crate::stage::process::Process;
use crate::workspace::Workspace;

const NAME: &str = "readme-program";
const START: Duration = Duration::from_secs(20);

/// Where the README's program listens.
const SERVICE: &str = "127.0.0.1:62012";

/// What the README's program is without telemetry.
const BARE: &str = r#"use axum::{Router, routing::get};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let app = Router::new()
        .route("/", get(|| async { "hello" }))
    axum::serve(TcpListener::bind("127.0.0.1:62012").await?, app).await?;
    Ok(())
}"#;

/// As many lines may telemetry add to it.
const ADDED: usize = 5;

/// The package, which listens on a port of our choice.
#[derive(Debug, Clone)]
pub(super) struct Stranger {
    package: Package,
    service: SocketAddr,
}

impl Stranger {
    /// Writes the package, with the versions of our own lock file.
    pub(super) fn write(workspace: &Workspace) -> Result<Self> {
        let readme = Readme::read(&workspace.root)?;
        let service = free_address()?;
        let checkout = format!("\"{}/", workspace.root.display());
        let dependencies = replaced(&readme.dependencies()?, "\"../telemetry/", &checkout)?;
        ensure!(
            is_added_to(BARE, &readme.program()?),
            "README.md: telemetry is more than {ADDED} lines, or not only that"
        );
        let program = replaced(&readme.program()?, SERVICE, &service.to_string())?;
        let package = Package::write(workspace, NAME, &dependencies, &[("main.rs", &program)])?;
        Ok(Self { package, service })
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
        let page = http::get(self.service, "/metrics", "*/*").await?;
        for (begin, label) in [
            (
                "http_server_request_duration_seconds_count{http_request_method=\"GET\",http_response_status_code=\"200\",",
                "http_route=\"/\"",
            ),
            ("http_server_active_requests{", ""),
            ("process_resident_memory_bytes ", ""),
            ("tokio_runtime_workers{", ""),
            ("target_info{", ",service_name=\"unknown_service:readme-program\","),
        ] {
            if !page.lines().any(|line| line.starts_with(begin) && line.contains(label)) {
                bail!("`{begin}..{label}` is missing from the metrics of the README's program:\n{page}");
            }
        }
        Ok(())
    }
}

/// Whether the program is the bare one and a few lines more, which all tell of telemetry.
fn is_added_to(bare: &str, program: &str) -> bool {
    let (added, rest): (Vec<&str>, Vec<&str>) =
        program.lines().partition(|line| line.contains("telemetry") || line.contains("\"/metrics\""));
    added.len() <= ADDED && rest == bare.lines().collect::<Vec<_>>()
}

fn replaced(text: &str, from: &str, to: &str) -> Result<String> {
    ensure!(text.contains(from), "README.md no longer says {from}");
    Ok(text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telemetry_is_a_few_lines_and_nothing_else_changes() {
        assert!(is_added_to("a\nb", "a\nlet _telemetry;\nb\n.route(\"/metrics\", m)"));
        assert!(!is_added_to("a\nb", "a\nlet mut c;\nlet _telemetry;\nb"));
        assert!(!is_added_to("a\nb", &format!("a\n{}b", "telemetry();\n".repeat(ADDED + 1))));
    }
}

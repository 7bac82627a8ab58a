//! `cargo xtask demo`: everything alive, to look at.

use std::path::{Path, PathBuf};
use std::process;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::time::{Instant, sleep_until};
use xshell::Shell;

use crate::command::Command;
use crate::programs::{self, Source};
use crate::stage::ending::Ending;
use crate::stage::scene::{self, Ports, Scene, Setting, Temporary};
use crate::stage::{Place, load};
use crate::workspace::Workspace;

mod addresses;
mod pictures;
mod time;

/// How often it is seen to that all programs still run.
const WATCH: Duration = Duration::from_secs(1);

#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Arguments {
    /// Ends by itself after this time: `60s`, `2m`, `500ms`.
    #[arg(long = "for", value_name = "TIME", value_parser = time::parse)]
    limit: Option<Duration>,
    /// Writes pictures of what Prometheus shows to this folder, with Chromium, and then ends unless `--for` says when.
    #[arg(long, value_name = "DIR")]
    screenshots: Option<PathBuf>,
    /// Takes the examples as they were built last.
    #[arg(long)]
    no_build: bool,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let sh = Shell::new()?;
    sh.change_dir(&workspace.root);
    scene::require(&sh)?;
    if arguments.screenshots.is_some() {
        programs::require(&sh, pictures::chromium::PROGRAM, Source::Apt("chromium"))?;
    }
    if !arguments.no_build {
        println!("building the examples ..");
        Command::new("cargo build --quiet -p telemetry-examples --bins").run(&sh)?;
    }

    let place = Place::new(workspace, &format!("demo-{}", process::id()));
    let _folder = Temporary::new(&place.folder)?;
    let setting =
        Setting { place, root: workspace.root.clone(), prometheus: PathBuf::from("prometheus"), ports: Ports::Usual };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    // Whatever is left is dropped with the runtime, and that kills it; then the folder goes.
    runtime.block_on(show(&setting, arguments))
}

/// Until it is told to end, which it may be told at any time, or until it has shown enough.
async fn show(setting: &Setting, arguments: &Arguments) -> Result<()> {
    let mut told = Ending::catch()?;
    let mut scene = tokio::select! {
        scene = Scene::start(setting) => scene?,
        _ = told.any() => return Ok(()),
    };
    print!("{}", addresses::table(&scene).await);
    let targets = scene.targets();
    tokio::select! {
        never = load::run(&targets) => match never.context("the load")? {},
        shown = look(&mut scene, &setting.root, arguments) => shown?,
        _ = told.any() => {}
    }
    tokio::select! {
        ended = scene.stop() => ended,
        _ = told.any() => Ok(()),
    }
}

async fn look(scene: &mut Scene, root: &Path, arguments: &Arguments) -> Result<()> {
    let deadline = arguments.limit.map(|limit| Instant::now() + limit);
    if let Some(folder) = &arguments.screenshots {
        pictures::take(scene, root, folder).await?;
        if deadline.is_none() {
            return Ok(());
        }
    }
    while deadline.is_none_or(|deadline| Instant::now() < deadline) {
        let next = Instant::now() + WATCH;
        sleep_until(deadline.map_or(next, |deadline| deadline.min(next))).await;
        scene.still_runs()?;
    }
    Ok(())
}

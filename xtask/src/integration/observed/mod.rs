//! The committed dashboards, rules and alerts with a real Prometheus and Alertmanager over our programs under load.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use tokio::time::sleep;

use crate::stage::Place;
use crate::stage::load;
use crate::stage::scene::{Ports, Scene, Setting};

mod alerts;
mod documented;
mod exemplars;
mod panels;
mod rules;
mod variables;

/// So long there is load before anything is asked.
const LOAD: Duration = Duration::from_secs(30);

/// What rates look back: long enough for what comes every few seconds.
const LOOK_BACK: &str = "20s";

pub(super) async fn run(root: &Path, place: &Place, binary: &Path) -> Result<()> {
    let folder = format!("observed under {}", binary.display()).replace([' ', '/'], "-");
    let place = Place { folder: place.folder.join(folder), ..place.clone() };
    let setting = Setting { place, root: root.to_owned(), prometheus: binary.to_owned(), ports: Ports::Any };
    let span = Span::begin()?;
    let mut scene = Scene::start(&setting).await?;
    let targets = scene.targets();
    tokio::select! {
        never = load::run(&targets) => match never.context("the load")? {},
        asked = ask(&scene, root, span) => asked?,
    }
    scene.still_runs()?;
    scene.stop().await
}

/// All faults of all parts: whoever changes a dashboard wants to know them at once.
async fn ask(scene: &Scene, root: &Path, span: Span) -> Result<()> {
    sleep(LOAD).await;
    let dashboards = crate::dashboards::file::read(root)?;
    let mut faults = Vec::new();
    for dashboard in &dashboards {
        faults.extend(panels::faults(scene, dashboard, span).await?);
        faults.extend(variables::faults(scene, dashboard).await?);
    }
    faults.extend(exemplars::faults(scene, &dashboards, span).await?);
    faults.extend(documented::faults(scene, root).await?);
    faults.extend(rules::faults(scene).await?);
    faults.extend(alerts::faults(scene).await?);
    println!("{} exports by OTLP have come", scene.sink.exports());
    if scene.sink.exports() == 0 {
        faults.push("nothing is exported by OTLP".to_owned());
    }
    if faults.is_empty() {
        return Ok(());
    }
    bail!("{} faults:\n  {}", faults.len(), faults.join("\n  "))
}

/// From the start until now.
#[derive(Debug, Clone, Copy)]
struct Span {
    /// In seconds, as Prometheus takes it.
    start: u64,
}

impl Span {
    fn begin() -> Result<Self> {
        Ok(Self { start: now()? })
    }

    fn start(self) -> String {
        self.start.to_string()
    }

    fn end(self) -> Result<String> {
        Ok(now()?.to_string())
    }
}

fn now() -> Result<u64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())
}

//! Pictures of what Prometheus shows: the queries of each dashboard, and the alerts.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tokio::process::Command;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, sleep_until};

use crate::dashboards::file::{self, File};
use crate::stage::http;
use crate::stage::scene::Scene;
use picture::Picture;

pub(super) mod chromium;
mod picture;

/// So long there has to be something to see, and then to the end of the minute.
const LOAD: Duration = Duration::from_secs(75);
/// How much of it is shown, and how far each rate of it looks back.
const SHOWN: &str = "1m";
const LOOK_BACK: &str = "15s";
/// How long it may take until an alert is firing.
const FIRES: Duration = Duration::from_secs(60);

/// So many graphs of a dashboard, with so many series each, so that all can be told apart.
const GRAPHS: usize = 3;
const SERIES: usize = 10;

/// In pixels, as the pages have them.
const WIDTH: u32 = 1280;
const HEAD: u32 = 100;
const GRAPH: u32 = 680;
const LEGEND: u32 = 20;
const ALERTS: u32 = 1560;

/// A page, and where its picture goes.
struct Page {
    url: String,
    size: (u32, u32),
    file: PathBuf,
}

/// Writes a picture of each dashboard's queries, and one of the alerts, to the folder.
pub(super) async fn take(scene: &Scene, root: &Path, folder: &Path) -> Result<()> {
    let begun = Instant::now();
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    println!("the pictures are taken in {LOAD:?}, when there is something to see ..");
    firing(scene, begun + FIRES).await?;
    sleep_until(begun + LOAD).await;
    // All graphs end here: what follows is slowed by what it takes to draw them.
    let end = whole_minute().await?;
    for page in pages(scene, root, folder, &end).await? {
        one(scene, page).await?;
    }
    Ok(())
}

/// Waits for the end of the minute, which the pages of graphs take no parts of, and gives it as they take it.
async fn whole_minute() -> Result<String> {
    const MINUTE: u64 = 60;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    sleep(Duration::from_secs(MINUTE - now % MINUTE)).await;
    let output = Command::new("date").args(["-u", "+%F %H:%M"]).output().await.context("cannot ask for the time")?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

async fn pages(scene: &Scene, root: &Path, folder: &Path, end: &str) -> Result<Vec<Page>> {
    let page = |url, height, name: &str| Page { url, size: (WIDTH, height), file: folder.join(format!("{name}.png")) };
    let mut pages = Vec::new();
    for dashboard in file::read(root)? {
        let graphs = graphs(scene, &dashboard).await.with_context(|| dashboard.name.clone())?;
        let url = format!("{}?{}", scene.prometheus.page("graph").await, parameters(&graphs, end));
        let height = HEAD + graphs.iter().map(|graph| GRAPH + LEGEND * graph.series).sum::<u32>();
        pages.push(page(url, height, &dashboard.name));
    }
    pages.push(page(scene.prometheus.page("alerts").await, ALERTS, "alerts"));
    if has_pages(scene).await? {
        pages.push(page(format!("http://{}/", scene.alertmanager.api), ALERTS, "alertmanager"));
    } else {
        println!("this Alertmanager is built without its pages: no picture of it");
    }
    Ok(pages)
}

async fn one(scene: &Scene, Page { url, size, file }: Page) -> Result<()> {
    let raw = scene.folder.join("page.png");
    chromium::capture(&url, size, &raw, &scene.folder).await?;
    // It takes seconds, and the clients have work to do.
    spawn_blocking(move || {
        let picture = Picture::read(&raw)?;
        fs::remove_file(&raw)?;
        picture.check(size).with_context(|| format!("the picture of {url}"))?;
        picture.write(&file)?;
        // What was written is what somebody looks at.
        Picture::read(&file)?.check(size).with_context(|| file.display().to_string())?;
        println!("{}: {} bytes", file.display(), file.metadata()?.len());
        Ok(())
    })
    .await?
}

async fn firing(scene: &Scene, deadline: Instant) -> Result<()> {
    while scene.prometheus.vector("ALERTS{alertstate=\"firing\"}").await?.is_empty() {
        ensure!(Instant::now() < deadline, "no alert fires after {FIRES:?}");
        sleep(Duration::from_millis(500)).await;
    }
    Ok(())
}

struct Graph {
    expr: String,
    series: u32,
}

/// The queries of the dashboard's first panels of which a graph can be read, those with several series before others.
async fn graphs(scene: &Scene, dashboard: &File) -> Result<Vec<Graph>> {
    let values = dashboard.values(LOOK_BACK);
    let mut graphs = Vec::new();
    for panel in dashboard.panels.iter().filter(|panel| panel.kind == "timeseries") {
        let Some(target) = panel.targets.first() else { continue };
        let expr = file::plain(&target.expr, &values)?;
        let answer = scene.prometheus.ask("query", &[("query", &expr)]).await.with_context(|| expr.clone())?;
        let series = answer.get("result").and_then(Value::as_array).map_or(0, Vec::len);
        if (1..=SERIES).contains(&series) {
            graphs.push(Graph { expr, series: u32::try_from(series)? });
        }
    }
    ensure!(!graphs.is_empty(), "no panel has data");
    graphs.sort_by_key(|graph| graph.series == 1);
    graphs.truncate(GRAPHS);
    Ok(graphs)
}

fn parameters(graphs: &[Graph], end: &str) -> String {
    let of = |(place, graph): (usize, &Graph)| {
        let (expr, end) = (http::encoded(&graph.expr), http::encoded(end));
        format!("g{place}.expr={expr}&g{place}.tab=0&g{place}.range_input={SHOWN}&g{place}.end_input={end}")
    };
    graphs.iter().enumerate().map(of).collect::<Vec<_>>().join("&")
}

/// Debian's package has a page that says that it has none.
async fn has_pages(scene: &Scene) -> Result<bool> {
    Ok(!http::get(scene.alertmanager.api, "/", "text/html").await?.contains("does not include"))
}

//! `cargo xtask integration`: the examples under real load, a real Prometheus and receivers of OTLP, and what these
//! got held against what was driven.

use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::signal::unix::{SignalKind, signal};
use xshell::Shell;

use crate::command::Command;
use crate::lint::observability;
use crate::programs::{self, Source};
use crate::readme::Readme;
use crate::steps::Step;
use crate::workspace::Workspace;

mod compare;
mod connections;
mod crowd;
mod dashboards;
mod environment;
mod example;
mod expect;
mod formats;
mod http;
mod ledger;
mod load;
mod outside;
mod package;
mod playground;
mod process;
mod prometheus;
mod promtool;
mod report;
mod rules;
mod signals;
mod spans;
mod stops;
mod stranger;
mod visitors;
mod wire;

use stranger::Stranger;

/// No step takes anywhere near as long.
const LIMIT: Duration = Duration::from_secs(180);

/// Where the examples are built, and where a run keeps its files.
#[derive(Debug, Clone)]
struct Place {
    binaries: PathBuf,
    folder: PathBuf,
}

pub(crate) fn steps(workspace: &Workspace) -> Result<Vec<Step>> {
    let place = Place { binaries: workspace.target.join("debug"), folder: workspace.target.join("integration") };
    let scrape = place.folder.join(playground::SCRAPE);
    let folder = place.folder.clone();
    let (root, schema) = (workspace.root.clone(), workspace.target.join("dashboard-judge"));
    let observed = workspace.root.join(observability::FOLDER);
    let routed = observed.clone();

    let mut steps = vec![
        Step::check("programs", INTEGRATION, move |sh| prepare(sh, &folder)),
        Step::check("rules of Prometheus", INTEGRATION, move |sh| rules::hold(sh, &observed)),
        Step::check("routes of Alertmanager", INTEGRATION, move |sh| rules::are_routed(sh, &routed)),
        Step::check("dashboards as Grafana's schema has them", INTEGRATION, move |sh| {
            dashboards::as_the_schema_has_them(sh, &root, &schema)
        }),
        Step::quiet("build of the examples", Command::new("cargo build --quiet -p telemetry-examples --bins")),
    ];
    for binary in prometheus_binaries() {
        let place = place.clone();
        steps.push(Step::check(format!("playground under {}", binary.display()), INTEGRATION, move |sh| {
            limited(playground::run(&place, &binary))?;
            promtool::accepts(sh, &place.folder.join(playground::SCRAPE))
        }));
    }
    let crowded = place.clone();
    steps.push(Step::check("playground with clients at full speed", INTEGRATION, move |_| {
        limited(crowd::run(&crowded, &prometheus_binaries()))
    }));
    for binary in prometheus_binaries() {
        let place = place.clone();
        steps.push(Step::check(format!("every format under {}", binary.display()), INTEGRATION, move |sh| {
            formats::run(sh, &place, &binary)
        }));
    }
    let asked = place.clone();
    steps.push(Step::check("every format asked for with curl", INTEGRATION, move |_| formats::with_curl(&asked)));
    let environment = workspace.target.join("judges");
    let prepared = environment.clone();
    steps.push(Step::check("strict parsers in Python", INTEGRATION, move |sh| formats::prepare(sh, &prepared)));
    let (golden, data) = (environment.clone(), workspace.root.join("telemetry-prometheus/tests/data"));
    steps.push(Step::check("golden files as strict parsers read them", INTEGRATION, move |sh| {
        formats::goldens(sh, &data, &golden)
    }));
    let judged = place.clone();
    steps.push(Step::check("every format as strict parsers read it", INTEGRATION, move |sh| {
        formats::judged(sh, &judged, &environment, &[playground::NAME])
    }));
    steps.extend(connections::steps(&place, &prometheus_binaries()));
    steps.extend(spans::steps(workspace, &place));
    steps.extend(signals::steps(workspace, &place));
    let again = place.clone();
    let promised = Readme::read(&workspace.root)?.metrics()?;
    steps.push(Step::check("http_telemetry", INTEGRATION, move |sh| {
        limited(visitors::run(&again, &promised))?;
        promtool::complains(sh, &again.folder.join(visitors::SCRAPE), visitors::COMPLAINT)
    }));
    steps.push(Step::check("examples end when told to", INTEGRATION, move |_| limited(stops::run(&place))));
    let strict = Command::new("cargo test --quiet -p telemetry-examples --test strict_parser");
    steps.push(Step::quiet("a strict parser", strict.env("TELEMETRY_SCRAPE_FILE", scrape.display().to_string())));
    let stranger = Stranger::write(workspace)?;
    steps.push(Step::quiet("build of the README's program", stranger.build(&workspace.target)));
    steps.push(Step::check("the README's program", INTEGRATION, move |_| limited(stranger.run())));
    steps.extend(outside::steps(workspace)?);
    Ok(steps)
}

const INTEGRATION: &str = "cargo xtask integration";

fn prepare(sh: &Shell, folder: &Path) -> Result<()> {
    for program in ["prometheus", "promtool"] {
        programs::require(sh, program, Source::Apt("prometheus"))?;
    }
    programs::require(sh, "curl", Source::Apt("curl"))?;
    programs::require(sh, "zstd", Source::Apt("zstd"))?;
    programs::require(sh, "wrk", Source::Apt("wrk"))?;
    programs::require(sh, "h2load", Source::Apt("nghttp2-client"))?;
    programs::require(sh, "socat", Source::Apt("socat"))?;
    programs::require(sh, "nc", Source::Apt("netcat-openbsd"))?;
    programs::require(sh, "openssl", Source::Apt("openssl"))?;
    // What an earlier run left must not pass for this one's.
    if folder.exists() {
        std::fs::remove_dir_all(folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))
}

/// The system's Prometheus, and those that `PROMETHEUS_BIN` names, separated by colons.
fn prometheus_binaries() -> Vec<PathBuf> {
    let more = env::var_os("PROMETHEUS_BIN").unwrap_or_default();
    let more = env::split_paths(&more).filter(|path| !path.as_os_str().is_empty());
    [PathBuf::from("prometheus")].into_iter().chain(more).collect()
}

/// Runs to the end, to the limit, or to a signal. All three drop what was started, and that kills it.
fn limited(work: impl Future<Output = Result<()>>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            result = work => result,
            () = tokio::time::sleep(LIMIT) => bail!("not done after {LIMIT:?}"),
            _ = interrupt.recv() => bail!("interrupted"),
            _ = terminate.recv() => bail!("terminated"),
        }
    })
}

//! `cargo xtask integration`: the examples under real load, a real Prometheus and receivers of OTLP, and what these
//! got held against what was driven.

use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use xshell::Shell;

use crate::command::Command;
use crate::lint::observability;
use crate::programs::{self, Source};
use crate::readme::Readme;
use crate::stage::Place;
use crate::stage::ending::Ending;
use crate::stage::scene;
use crate::steps::Step;
use crate::workspace::Workspace;

mod compare;
mod connections;
mod crowd;
mod dashboards;
mod demo;
mod environment;
mod expect;
mod formats;
mod load;
mod observed;
mod outside;
mod package;
mod playground;
mod promtool;
mod report;
mod rules;
mod signals;
mod spans;
mod stops;
mod stranger;
mod visitors;

use stranger::Stranger;

/// No step takes anywhere near as long.
const LIMIT: Duration = Duration::from_secs(180);

pub(crate) fn steps(workspace: &Workspace) -> Result<Vec<Step>> {
    let place = Place::new(workspace, "integration");
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
        Step::quiet("examples by themselves", Command::new("cargo check --quiet -p telemetry-examples --bins")),
        Step::quiet("build of the examples", examples(&workspace.root)?),
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
    for binary in prometheus_binaries() {
        let (place, root) = (place.clone(), workspace.root.clone());
        let name = format!("dashboards and alerts under load, under {}", binary.display());
        steps.push(Step::check(name, INTEGRATION, move |_| limited(observed::run(&root, &place, &binary))));
    }
    let (shown, root) = (place.clone(), workspace.root.clone());
    steps.push(Step::check("the demo", INTEGRATION, move |_| limited(demo::run(&root, &shown))));
    steps.extend(spans::steps(workspace, &place));
    steps.extend(signals::steps(workspace, &place));
    let again = place.clone();
    let promised = Readme::read(&workspace.root)?.metrics()?;
    steps.push(Step::check("http_telemetry", INTEGRATION, move |sh| {
        limited(visitors::run(&again, &promised))?;
        promtool::complains(sh, &again.folder.join(visitors::SCRAPE), visitors::COMPLAINT)
    }));
    steps.push(Step::check("examples end when told to", INTEGRATION, move |_| limited(stops::run(&place))));
    let strict = Command::new("cargo test --quiet --workspace --all-features --test").arg(STRICT_PARSER);
    steps.push(Step::quiet("a strict parser", strict.env("TELEMETRY_SCRAPE_FILE", scrape.display().to_string())));
    let stranger = Stranger::write(workspace)?;
    steps.push(Step::quiet("build of the README's program", stranger.build(&workspace.target)));
    steps.push(Step::check("the README's program", INTEGRATION, move |_| limited(stranger.run())));
    steps.extend(outside::steps(workspace)?);
    Ok(steps)
}

const INTEGRATION: &str = "cargo xtask integration";

/// A test of the examples, which reads a scrape that was made here.
const STRICT_PARSER: &str = "strict_parser";

/// With the features of all the workspace and of a test: all tests were built with them, and to build anew for the examples
/// alone what they stand on would take minutes.
fn examples(root: &Path) -> Result<Command> {
    let folder = root.join("examples/src/bin");
    let mut command = Command::new("cargo build --quiet --workspace --all-features --test").arg(STRICT_PARSER);
    for entry in std::fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let file = entry?.path();
        let name = file.file_stem().context("a file without a name")?.to_string_lossy().into_owned();
        command = command.args("--bin").arg(name);
    }
    Ok(command)
}

fn prepare(sh: &Shell, folder: &Path) -> Result<()> {
    programs::require(sh, "promtool", Source::Apt("prometheus"))?;
    scene::require(sh)?;
    programs::require(sh, "zstd", Source::Apt("zstd"))?;
    programs::require(sh, "wrk", Source::Apt("wrk"))?;
    programs::require(sh, "h2load", Source::Apt("nghttp2-client"))?;
    programs::require(sh, "socat", Source::Apt("socat"))?;
    programs::require(sh, "nc", Source::Apt("netcat-openbsd"))?;
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
        let mut told = Ending::catch()?;
        tokio::select! {
            result = work => result,
            () = tokio::time::sleep(LIMIT) => bail!("not done after {LIMIT:?}"),
            signal = told.any() => bail!("{signal}"),
        }
    })
}

//! Traces, metrics and logs of the playground, set up by the environment alone, as receivers that are not ours get them.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use tokio::time::{Instant, sleep};

use super::spans::Tools;
use super::spans::receiver::{Program, Receiver};
use super::{INTEGRATION, Place, limited};
use crate::steps::Step;
use crate::workspace::Workspace;
use sampled::Room;

mod away;
mod client;
mod counters;
mod idle;
mod lines;
mod listing;
mod log;
mod metrics;
mod received;
mod resource;
mod sampled;
mod sockets;
mod story;

/// How long anything may take that comes by itself.
const SETTLED: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(20);

/// The playground once, with a receiver.
#[derive(Debug, Clone)]
struct Run {
    place: Place,
    program: Program,
    over: Over,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    Http,
    Grpc,
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.program.path().file_name().unwrap_or_default().to_string_lossy();
        write!(f, "{name} over {}", if self.over == Over::Http { "HTTP" } else { "gRPC" })
    }
}

impl Run {
    async fn receiver(&self, name: &str) -> Result<Receiver> {
        Receiver::start(&self.program, self.file(name)).await
    }

    /// A file of this run alone.
    fn file(&self, name: &str) -> PathBuf {
        self.place.folder.join(format!("signals-{name}-{self}.txt").replace(' ', "-"))
    }

    /// Not every receiver does.
    fn shows_resources(&self) -> bool {
        matches!(self.program, Program::Rotel(_))
    }

    /// All that the playground needs to know to send to the receiver.
    fn environment(&self, receiver: &Receiver) -> Vec<(&'static str, String)> {
        match self.over {
            Over::Http => vec![("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.http())],
            Over::Grpc => receiver.environment().into(),
        }
    }
}

pub(super) fn steps(workspace: &Workspace, place: &Place) -> Vec<Step> {
    let tools = Tools::new(&workspace.target);
    let run = |program, over| Run { place: place.clone(), program, over };
    let lines = run(Program::Lines(tools.oteltap()), Over::Http);
    let grpc = run(Program::Rotel(tools.rotel()), Over::Grpc);
    // Of those that take HTTP it alone shows resources.
    let both = run(Program::Rotel(tools.rotel()), Over::Http);

    let step = |name: &str, run: &Run, work: fn(&Run) -> Result<()>| {
        let run = run.clone();
        Step::check(format!("{name}: {run}"), INTEGRATION, move |_| work(&run))
    };
    let mut steps = Vec::new();
    for run in [&lines, &grpc, &both] {
        steps.push(step("three signals by environment alone", run, |run| limited(story::run(run))));
    }
    for run in [&lines, &grpc] {
        steps.push(step("sampled spans with room for all", run, |run| limited(sampled::run(run, Room::Ample))));
        steps.push(step("sampled spans with room for few", run, |run| limited(sampled::run(run, Room::Tiny))));
        steps.push(step("a receiver that goes away", run, |run| limited(away::run(run))));
    }
    steps.push(step("nothing is sent unless asked for", &lines, |run| limited(idle::run(run))));
    steps
}

/// Waits until `look` succeeds. In the end its error tells what is amiss.
async fn until<T>(mut look: impl AsyncFnMut() -> Result<T>) -> Result<T> {
    let deadline = Instant::now() + SETTLED;
    loop {
        match look().await {
            Err(error) if Instant::now() > deadline => return Err(error),
            Err(_) => sleep(PAUSE).await,
            found => return found,
        }
    }
}

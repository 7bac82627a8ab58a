//! Spans on their way through services in several languages, as receivers that are not ours get them.

use std::env;
use std::fmt;
use std::path::PathBuf;

use anyhow::Result;

use super::{INTEGRATION, Place, limited, prometheus_binaries};
use crate::steps::Step;
use crate::workspace::Workspace;
pub(super) use clients::Tools;
use receiver::{Program, Receiver};
use services::{WAYS, Way};

mod chain;
mod clients;
mod crowd;
mod exemplars;
mod hostile;
mod hostile_cases;
pub(super) mod json;
mod judge;
pub(super) mod listing;
pub(super) mod receiver;
mod secrets;
mod services;
pub(super) mod span;
mod story;

/// Names a receiver besides: see [`Program::Lines`] for how it is called.
const MORE: &str = "OTLP_RECEIVER_BIN";

/// The example once, with a receiver.
#[derive(Debug, Clone)]
struct Run {
    place: Place,
    tools: Tools,
    program: Program,
    way: Way,
}

impl Run {
    /// The receiver, with all that it says in a file of its own.
    async fn receiver(&self, name: &str) -> Result<Receiver> {
        let file = format!("spans {name}, {self}.txt").replace(", ", " ").replace(' ', "-");
        Receiver::start(&self.program, self.place.folder.join(file)).await
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.program, self.way)
    }
}

pub(super) fn steps(workspace: &Workspace, place: &Place) -> Vec<Step> {
    let tools = Tools::new(&workspace.target);
    let prepared = tools.clone();
    let mut steps = vec![Step::check("receivers and clients of spans", INTEGRATION, move |sh| prepared.prepare(sh))];
    for way in WAYS {
        for program in programs(&tools) {
            let run = Run { place: place.clone(), tools: tools.clone(), program, way };
            steps.extend(run.steps());
        }
    }
    for binary in prometheus_binaries() {
        let (place, program) = (place.clone(), Program::Lines(tools.oteltap()));
        steps.push(Step::check(format!("exemplars and spans under {}", binary.display()), INTEGRATION, move |_| {
            limited(exemplars::run(&place, &binary, &program))
        }));
    }
    steps
}

/// Each in a step of its own, so that it is told what fails.
impl Run {
    fn steps(self) -> [Step; 4] {
        let step = |name: &str, run: Self, work: fn(&Self) -> Result<()>| {
            Step::check(format!("{name}: {run}"), INTEGRATION, move |_| work(&run))
        };
        [
            step("spans of services in three languages", self.clone(), |run| limited(story::run(run))),
            step("no secrets in spans", self.clone(), |run| limited(secrets::run(run))),
            step("spans after odd headers", self.clone(), |run| limited(hostile::run(run))),
            step("spans of many requests at once", self, |run| limited(crowd::run(run))),
        ]
    }
}

fn programs(tools: &Tools) -> Vec<Program> {
    let more = env::var_os(MORE).filter(|path| !path.is_empty()).map(|path| Program::Lines(PathBuf::from(path)));
    [Program::Lines(tools.oteltap()), Program::Rotel(tools.rotel())].into_iter().chain(more).collect()
}

//! Requests through the server's layer.

use anyhow::Result;

use crate::case::{Budget, Case, Work};
use crate::request::{Entry, NOOP, NOOP_METER, OURS, SYSTEMS, System, Workload};

const BUDGET: Budget = Budget { time: None, instructions: Some(1050.0), allocations: Some(0.0), kept: None };

pub(super) fn cases() -> Vec<Case> {
    let mut cases: Vec<_> = Workload::ALL.into_iter().flat_map(of_workload).collect();
    let scraped =
        |entry, build: fn(&Entry, Workload) -> Result<System>| move || Ok(Requests(build(entry, Workload::Get)?));
    cases.push(Case::new("telemetry-http/request/noop-meter", scraped(&NOOP_METER, System::new)).beyond(BARE));
    cases.push(Case::new("telemetry-http/request/metrics", scraped(&OURS, System::unscraped)).beyond(BARE));
    cases
}

const BARE: &str = "telemetry-http/request/bare";

fn of_workload(workload: Workload) -> impl Iterator<Item = Case> {
    let scenario = match workload {
        Workload::Get => "request",
        Workload::Upload => "upload",
    };
    SYSTEMS.iter().map(move |entry| {
        let prepare = move || Ok(Requests(System::new(entry, workload)?));
        let case = |name: &str| Case::new(format!("telemetry-http/{scenario}/{name}"), prepare);
        if entry.name == NOOP.name {
            return case("bare");
        }
        let case = if entry.name == OURS.name { case("metrics-scraped").budget(BUDGET) } else { case(entry.name) };
        case.beyond(format!("telemetry-http/{scenario}/bare"))
    })
}

pub(super) struct Requests(pub(super) System);

impl Work for Requests {
    fn run(&mut self, times: u64) {
        self.0.send(times);
    }

    fn finish(self: Box<Self>) -> Result<()> {
        self.0.check()
    }
}

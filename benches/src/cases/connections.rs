//! Connections: each read and write, opening and closing, and a collection of many.

use std::hint::black_box;

use anyhow::Result;

use crate::case::{Budget, Case, Work};
use crate::connection::{BARE, Drive, Entry, OURS, Operation, SYSTEMS, State};

/// How many connections are open meanwhile.
const LIVE: [usize; 2] = [1, 10_000];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for entry in SYSTEMS {
        for operation in [Operation::Read, Operation::Write] {
            let scenario = format!("telemetry-net/operation-{}", operation.name());
            let case = Case::new(format!("{scenario}/{}", entry.name), move || {
                Driven::new(entry, operation, 0, State::Scraped)
            });
            cases.push(beyond_bare(case, entry, format!("{scenario}/{}", BARE.name), OPERATION_BUDGET));
        }
        for live in LIVE {
            let scenario = |name| format!("telemetry-net/open-close/{name}/{live}");
            let prepare = move || Driven::new(entry, Operation::OpenClose, live - 1, State::Scraped);
            let case = Case::new(scenario(entry.name), prepare);
            cases.push(beyond_bare(case, entry, scenario(BARE.name), OPEN_CLOSE_BUDGET));
        }
    }
    let unscraped = || Driven::new(&OURS, Operation::OpenClose, 0, State::Unscraped);
    let case = Case::new("telemetry-net/open-close-unscraped/ours/1", unscraped);
    cases.push(case.beyond(format!("telemetry-net/open-close/{}/1", BARE.name)));
    cases.extend(LIVE.map(|live| {
        let prepare = move || Ok(Collected(State::Scraped.warmed_up(&OURS, Operation::Read, live - 1)?));
        Case::new(format!("telemetry-net/collect/{live}"), prepare).apart().times(20)
    }));
    cases
}

const OPERATION_BUDGET: Budget =
    Budget { time: Some(1.0), instructions: Some(5.0), allocations: Some(0.0), kept: Some(0.0) };
const OPEN_CLOSE_BUDGET: Budget =
    Budget { time: Some(200.0), instructions: None, allocations: Some(1.0), kept: Some(0.0) };

fn beyond_bare(case: Case, entry: &Entry, bare: String, budget: Budget) -> Case {
    match entry.name {
        name if name == BARE.name => case,
        name if name == OURS.name => case.beyond(bare).budget(budget),
        _ => case.beyond(bare),
    }
}

struct Driven(Box<dyn Drive>, Operation);

impl Driven {
    fn new(entry: &Entry, operation: Operation, beside: usize, state: State) -> Result<Self> {
        Ok(Self(state.warmed_up(entry, operation, beside)?, operation))
    }
}

impl Work for Driven {
    fn run(&mut self, times: u64) {
        self.0.run(self.1, times);
    }

    fn finish(self: Box<Self>) -> Result<()> {
        self.0.finish()
    }
}

/// A collection of connections that have all read and written since the last one.
struct Collected(Box<dyn Drive>);

impl Work for Collected {
    fn again(&mut self) {
        self.0.move_all();
    }

    fn run(&mut self, times: u64) {
        (0..times).for_each(|_| drop(black_box(self.0.collect())));
    }

    fn finish(self: Box<Self>) -> Result<()> {
        self.0.finish()
    }
}

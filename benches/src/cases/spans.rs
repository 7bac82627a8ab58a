//! A span for each request. Each case needs a process of its own, because subscribers and providers are global.

use anyhow::Result;

use crate::case::{Case, Work};
use crate::spans::{Entry, NOOP, SYSTEMS, State, Systems};

pub(super) fn cases() -> Vec<Case> {
    let of_state = |state: State| {
        let scenario = format!("telemetry-http/span-{}", state.name());
        SYSTEMS.iter().filter(move |entry| entry.has(state)).map(move |entry| {
            let case = Case::new(format!("{scenario}/{}", entry.name), move || Spans::new(entry, state));
            if entry.name == NOOP.name { case } else { case.beyond(format!("{scenario}/{}", NOOP.name)) }
        })
    };
    State::ALL.into_iter().flat_map(of_state).collect()
}

struct Spans(Systems);

impl Spans {
    fn new(entry: &'static Entry, state: State) -> Result<Self> {
        Ok(Self(Systems::new([entry], state)?))
    }
}

impl Work for Spans {
    fn run(&mut self, times: u64) {
        self.0.send(0, times);
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.0.check()
    }
}

//! Services with a span for each request, warmed up and checked, in a process that is in one state.

use std::fmt;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use tower::service_fn;

use super::arrivals::{Arrivals, Expected};
use super::request::request;
use super::state::State;
use crate::request::{Sender, WARM_UP, answer, sender};

/// The service without spans, which is subtracted from all others.
pub const NOOP: Entry =
    Entry { name: "noop", on_tracing: true, span: None, build: |request| Ok(sender(request, service_fn(answer))) };

/// How many spans are looked at, each time that a system is checked.
const LOOKED_AT: u64 = 100;

/// A system that can be built.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The name in arguments and tables.
    pub name: &'static str,
    /// Whether the level of `tracing` keeps its spans out, or would if it had some.
    pub on_tracing: bool,
    /// What its spans are like, if it has some.
    pub span: Option<Expected>,
    /// Builds what sends the request it is given. The process is in its state by then.
    pub build: fn(&Request<Full<Bytes>>) -> Result<Sender>,
}

impl Entry {
    /// Whether the system goes another way in this state than in others.
    #[must_use]
    pub fn has(&self, state: State) -> bool {
        self.on_tracing || state != State::Disabled
    }
}

/// Systems that have been warmed up and checked, in a process that is in one state.
pub struct Systems {
    state: State,
    arrivals: Arrivals,
    systems: Vec<(Entry, Sender)>,
    /// How many spans have to have arrived.
    due: u64,
}

impl Systems {
    /// Brings the process into `state`, and builds all of `entries` that have it.
    ///
    /// # Errors
    ///
    /// When the process is in a state already, when a system cannot be built, and when its spans do not arrive or are
    /// not what they should be.
    pub fn new<'a>(entries: impl IntoIterator<Item = &'a Entry>, state: State) -> Result<Self> {
        let arrivals = state.install()?;
        let request = request(state)?;
        let mut systems = Vec::new();
        for entry in entries.into_iter().filter(|entry| entry.has(state)) {
            let sender = (entry.build)(&request).with_context(|| format!("cannot build {}", entry.name))?;
            systems.push((entry.clone(), sender));
        }
        let mut all = Self { state, arrivals, systems, due: 0 };
        for position in 0..all.systems.len() {
            all.send(position, WARM_UP);
        }
        all.check()?;
        Ok(all)
    }

    /// The names, each at its system's position.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<'_> {
        self.systems.iter().map(|(entry, _)| entry.name)
    }

    /// What becomes of the spans.
    #[must_use]
    pub fn arrivals(&self) -> &Arrivals {
        &self.arrivals
    }

    /// Sends so many requests through the system at `position`.
    pub fn send(&mut self, position: usize, requests: u64) {
        let (entry, send) = &mut self.systems[position];
        send(requests);
        if entry.span.is_some() && self.state.records() {
            self.due += requests;
        }
    }

    /// Compares the spans that have arrived with what was sent, and looks at a few more of each system.
    ///
    /// # Errors
    ///
    /// When one is missing, superfluous or wrong.
    pub fn check(&mut self) -> Result<()> {
        self.arrivals.flush()?;
        let (arrived, due) = (self.arrivals.count(), self.due);
        ensure!(arrived == due, "{arrived} spans have arrived instead of {due}");
        (0..self.systems.len()).try_for_each(|position| {
            let name = self.systems[position].0.name;
            self.look(position).with_context(|| format!("the spans of {name} are wrong, {}", self.state.name()))
        })
    }

    fn look(&mut self, position: usize) -> Result<()> {
        let (arrivals, due) = (self.arrivals.clone(), self.due);
        let spans = arrivals.during(|| self.send(position, LOOKED_AT))?;
        let (found, due) = (spans.len() as u64, self.due - due);
        ensure!(found == due, "{found} of them have arrived instead of {due}");
        let expected = self.systems[position].0.span.as_ref();
        spans.iter().zip(expected.into_iter().cycle()).try_for_each(|(span, expected)| expected.check(span))
    }
}

impl fmt::Debug for Systems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.names().collect();
        f.debug_struct("Systems").field("state", &self.state).field("names", &names).finish_non_exhaustive()
    }
}

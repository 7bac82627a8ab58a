//! Probes and the systems that are asked.

use anyhow::{Context, Result};

use super::finding::Finding;

/// Tells what is wrong with a page of OpenMetrics. It is `openmetrics-parser`, which the library does without: it is LGPL.
pub type Judge = fn(&str) -> Result<(), String>;

/// A system that can be built. `B` is the function that does.
#[derive(Clone, Copy, Debug)]
pub struct System<B> {
    /// The name in arguments and tables.
    pub name: &'static str,
    /// The crates whose versions are told.
    pub packages: &'static [&'static str],
    /// Whether it may not fail.
    pub is_ours: bool,
    /// Builds it.
    pub build: B,
}

/// A question to every system of a table. `S` is what it is put to.
#[derive(Clone, Copy, Debug)]
pub struct Probe<S> {
    /// The name in arguments and tables.
    pub id: &'static str,
    /// What is done, and what is read back.
    pub asks: &'static str,
    /// What the answer has to be, and who says so.
    pub wants: &'static str,
    /// Asks a fresh system.
    pub run: fn(S) -> Result<Finding>,
}

/// Systems, and what they are asked.
#[derive(Clone, Copy, Debug)]
pub struct Questions<B: 'static, S: 'static = B> {
    /// The name in arguments.
    pub id: &'static str,
    /// The heading.
    pub title: &'static str,
    /// The columns.
    pub systems: &'static [System<B>],
    /// The rows.
    pub probes: &'static [Probe<S>],
    /// What the probes are put to: what builds a system, with the judge of its pages if it writes any.
    pub subject: fn(B, Judge) -> S,
}

/// A table of any kind of system.
pub(super) trait Table {
    fn id(&self) -> &'static str;
    fn title(&self) -> &'static str;
    /// The systems, without what builds them.
    fn systems(&self) -> Vec<System<()>>;
    /// Name, question and rule of each probe.
    fn probes(&self) -> Vec<[&'static str; 3]>;
    /// Asks a system. It may change what a process has one of, so a process asks once.
    fn ask(&self, system: &str, probe: &str, judge: Judge) -> Result<Finding>;
}

impl<B: Copy, S> Table for Questions<B, S> {
    fn id(&self) -> &'static str {
        self.id
    }

    fn title(&self) -> &'static str {
        self.title
    }

    fn systems(&self) -> Vec<System<()>> {
        let plain = |&System { name, packages, is_ours, .. }: &System<B>| System { name, packages, is_ours, build: () };
        self.systems.iter().map(plain).collect()
    }

    fn probes(&self) -> Vec<[&'static str; 3]> {
        self.probes.iter().map(|probe| [probe.id, probe.asks, probe.wants]).collect()
    }

    fn ask(&self, system: &str, probe: &str, judge: Judge) -> Result<Finding> {
        let system = self.systems.iter().find(|known| known.name == system).context("there is no such system")?;
        let probe = self.probes.iter().find(|known| known.id == probe).context("there is no such probe")?;
        (probe.run)((self.subject)(system.build, judge))
    }
}

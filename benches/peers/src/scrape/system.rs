//! One way to answer a scrape.

use std::fmt;

use anyhow::{Context, Result};
use bytes::Bytes;
use opentelemetry_sdk::metrics::data::ResourceMetrics;

use crate::scrape::check;
use crate::scrape::systems::{Entry, SYSTEMS};
use crate::scrape::workload::Workload;

/// What a scrape gives, in the type that the system has for it: nothing is converted while the clock runs.
#[derive(Debug)]
pub enum Page {
    /// Text in a string.
    Text(String),
    /// Text in a vector.
    Bytes(Vec<u8>),
    /// Text in our own exporter's type.
    Shared(Bytes),
    /// Prometheus' protocol buffers, each with its length in front.
    Protobuf(Bytes),
    /// The SDK's data, not encoded.
    Collected(ResourceMetrics),
}

impl Page {
    /// The bytes that would go to Prometheus, if there are any.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
            Self::Shared(bytes) | Self::Protobuf(bytes) => bytes,
            Self::Collected(_) => &[],
        }
    }
}

pub(crate) type Scrape = Box<dyn Fn() -> Page>;

/// A system that holds a workload and can be scraped.
pub struct System {
    /// The name in ids, arguments and tables.
    pub name: &'static str,
    scrape: Scrape,
}

impl System {
    /// The system of this name, filled with `workload`.
    ///
    /// # Errors
    ///
    /// When there is none, and when a sample on its page is missing, too many or wrong.
    pub fn new(name: &str, workload: &Workload) -> Result<Self> {
        let entry = SYSTEMS.iter().find(|entry| entry.name == name);
        Self::checked(entry.with_context(|| format!("there is no system {name:?}"))?, workload)
    }

    /// All systems, each filled with `workload`.
    ///
    /// # Errors
    ///
    /// When a sample on a page is missing, too many or wrong.
    pub fn all(workload: &Workload) -> Result<Vec<Self>> {
        SYSTEMS.iter().map(|entry| Self::checked(entry, workload)).collect()
    }

    fn checked(&Entry { name, build }: &Entry, workload: &Workload) -> Result<Self> {
        let scrape = build(workload).with_context(|| format!("cannot build {name}"))?;
        let system = Self { name, scrape };
        // Twice: some systems change what they hold when they are scraped for the first time.
        for _ in 0..2 {
            system.check(workload)?;
        }
        Ok(system)
    }

    /// Scrapes the system, and compares its page with `workload`. Returns how many bytes the page has.
    ///
    /// # Errors
    ///
    /// When a sample is missing, too many or wrong.
    pub fn check(&self, workload: &Workload) -> Result<usize> {
        let page = self.scrape();
        check::page(workload, &page).with_context(|| format!("{} does not render its series", self.name))?;
        Ok(page.bytes().len())
    }

    /// A whole scrape: collects and encodes, into a fresh buffer.
    #[must_use]
    pub fn scrape(&self) -> Page {
        (self.scrape)()
    }
}

impl fmt::Debug for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("System").field("name", &self.name).finish_non_exhaustive()
    }
}

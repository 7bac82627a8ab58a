//! Without spans there is nothing to be tied to.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use http::Extensions;
use telemetry_core::ScopedMeter;

use crate::labels::RequestLabels;
use crate::metrics::Metrics;
use crate::options::Options;

#[derive(Debug)]
pub(crate) struct Exemplars;

#[derive(Debug, Default)]
pub(crate) struct Reservoir(());

#[derive(Debug)]
pub(crate) struct Tie {
    start: Instant,
}

impl Exemplars {
    pub(crate) fn new(_: &Options, _: &ScopedMeter) -> Self {
        Self
    }
}

impl Tie {
    #[inline]
    pub(crate) fn new(_: &Metrics, _: &mut Extensions) -> Self {
        Self { start: Instant::now() }
    }

    #[inline]
    pub(crate) fn start(&self) -> Instant {
        self.start
    }

    pub(crate) fn labels(&self) -> Option<&OnceLock<RequestLabels>> {
        None
    }

    #[inline]
    pub(crate) fn step(&self) {}

    #[inline]
    pub(crate) fn took(&self) -> Duration {
        self.start.elapsed()
    }

    #[inline]
    pub(crate) fn undo(&mut self) {}

    #[inline]
    pub(crate) fn offer(&self, _: &Metrics, _: u32, _: Duration) {}
}

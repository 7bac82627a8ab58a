//! Without spans there is nothing to be tied to.

use std::sync::OnceLock;

use http::Extensions;
use telemetry_core::ScopedMeter;

use crate::clock::{Elapsed, Moment};
use crate::labels::RequestLabels;
use crate::metrics::Metrics;
use crate::options::Options;

#[derive(Debug)]
pub(crate) struct Exemplars;

#[derive(Debug, Default)]
pub(crate) struct Reservoir(());

#[derive(Debug)]
pub(crate) struct Tie {
    start: Moment,
}

impl Exemplars {
    pub(crate) fn new(_: &Options, _: &ScopedMeter) -> Self {
        Self
    }
}

impl Tie {
    #[inline]
    pub(crate) fn new(_: &Metrics, _: &mut Extensions) -> Self {
        Self { start: Moment::now() }
    }

    #[inline]
    pub(crate) fn start(&self) -> Moment {
        self.start
    }

    pub(crate) fn labels(&self) -> Option<&OnceLock<RequestLabels>> {
        None
    }

    #[inline]
    pub(crate) fn step(&self) {}

    #[inline]
    pub(crate) fn took(&self) -> Elapsed {
        self.start.elapsed()
    }

    #[inline]
    pub(crate) fn undo(&mut self) {}

    #[inline]
    pub(crate) fn offer(&self, _: &Metrics, _: u32, _: Elapsed) {}
}

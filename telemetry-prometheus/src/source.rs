//! Where series come from, in terms that all formats share: metrics of the SDK, families of the `prometheus` crate.

use std::time::SystemTime;

use telemetry_core::exemplar::{ExemplarReservoir, ExemplarStore};
use telemetry_core::opentelemetry::InstrumentationScope;

use crate::histogram::Exponential;
use crate::label::Attribute;
use crate::number::Number;
use crate::page::{Column, KnownAttributes};

/// The points of one metric, each with its attributes. Positions are stable for as long as the data is there.
pub(crate) trait Points {
    fn len(&self) -> usize;

    /// Visits the attributes of each point, in order.
    fn each_attributes<'a>(&'a self, visit: &mut dyn FnMut(&[Attribute<'a>]));

    /// Copies the values of all points, in order, and tells whether they have the attributes that `known` has.
    ///
    /// Points lie in memory in the order in which they are read here, but are written in another one.
    fn read(&self, known: KnownAttributes<'_>, column: &mut Column) -> bool;

    /// A value that a column has no room for.
    fn complex(&self, _position: usize) -> Option<PointValue<'_>> {
        None
    }

    /// When counting began, for kinds of metrics that count.
    fn start_time(&self) -> Option<SystemTime> {
        None
    }

    /// Where the exemplars of the series at `position` are kept, if anywhere.
    fn reservoir(&self, _position: usize, _key: &ExemplarKey<'_>) -> Option<ExemplarReservoir> {
        None
    }
}

/// What a series' exemplars are known by, beside its attributes.
pub(crate) struct ExemplarKey<'a> {
    pub(crate) store: &'a ExemplarStore,
    pub(crate) scope: &'a InstrumentationScope,
    pub(crate) metric: &'a str,
}

/// What one series has to say, borrowed from the data that was collected.
#[derive(Clone, Copy)]
pub(crate) struct Point<'a> {
    pub(crate) value: PointValue<'a>,
    /// The time that the source insists on, in milliseconds, or 0 for the time of the scrape.
    pub(crate) timestamp_ms: i64,
}

#[derive(Clone, Copy)]
pub(crate) enum PointValue<'a> {
    Number(Number),
    Classic(Classic<'a>),
    Exponential(&'a dyn ExponentialPoint),
    Summary(&'a dyn SummaryPoint),
}

/// A histogram with explicit buckets: upper bounds, ascending, without the infinite one, and as many cumulative counts.
#[derive(Clone, Copy)]
pub(crate) struct Classic<'a> {
    pub(crate) bounds: &'a [f64],
    pub(crate) cumulative: &'a [u64],
    pub(crate) count: u64,
    pub(crate) sum: Number,
}

/// A histogram with exponential buckets.
pub(crate) trait ExponentialPoint {
    fn sum(&self) -> Number;
    fn fill(&self, histogram: &mut Exponential);
}

/// Quantiles that were computed by the source.
pub(crate) trait SummaryPoint {
    fn count(&self) -> u64;
    fn sum(&self) -> Number;
    /// Visits quantile, from 0 to 1, and value, in ascending order, each once.
    fn each_quantile(&self, visit: &mut dyn FnMut(f64, f64));
}

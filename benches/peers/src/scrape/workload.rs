//! What every system holds when it is scraped: the same series with the same values.

use anyhow::{Result, bail};
use telemetry_core::semconv::metric::REQUEST_SECONDS;

/// How many series a scenario has.
pub const SIZES: &[usize] = &[100, 1_000, 10_000];
/// And when there is little time.
pub const QUICK_SIZES: &[usize] = &[100, 1_000];

/// The metric's name where the exporter adds `_total`, as OpenTelemetry's do.
pub(crate) const COUNTER: &str = "requests";
/// The metric's name on the page.
pub(crate) const COUNTER_ON_PAGE: &str = "requests_total";
pub(crate) const HISTOGRAM: &str = "latency";
pub(crate) const HELP: &str = "What is measured";
pub(crate) const BOUNDS: &[f64] = REQUEST_SECONDS;
/// The bounds and `+Inf`.
pub(crate) const BUCKETS: usize = BOUNDS.len() + 1;

const ROUTE: &str = "/api/v1/resource";

/// One kind of metric, of which all series are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// One counter of whole numbers, three labels.
    Counters,
    /// One histogram of 14 bounds, the same labels.
    Histograms,
}

impl Scenario {
    /// All scenarios.
    pub const ALL: [Self; 2] = [Self::Counters, Self::Histograms];

    /// The name in ids and arguments.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Counters => "counters",
            Self::Histograms => "histograms",
        }
    }

    /// The scenario of this name.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn named(name: &str) -> Result<Self> {
        match Self::ALL.into_iter().find(|scenario| scenario.name() == name) {
            Some(scenario) => Ok(scenario),
            None => bail!("there is no scenario {name:?}"),
        }
    }

    /// Sample lines that one series has on a page of text.
    pub(crate) fn lines_of_series(self) -> usize {
        match self {
            Self::Counters => 1,
            Self::Histograms => BUCKETS + 2,
        }
    }
}

/// A scenario in one size.
#[derive(Debug)]
pub struct Workload {
    /// What the series are.
    pub scenario: Scenario,
    pub(crate) series: Vec<Series>,
}

/// The labels and values of one series, as plain data.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    pub(crate) method: &'static str,
    pub(crate) route: String,
    pub(crate) status: u16,
    pub(crate) counter: u64,
    pub(crate) observations: Vec<f64>,
    /// Cumulative, with `+Inf`.
    pub(crate) buckets: [u64; BUCKETS],
    pub(crate) sum: f64,
}

impl Workload {
    /// `size` series of `scenario`.
    #[must_use]
    pub fn new(scenario: Scenario, size: usize) -> Self {
        Self { scenario, series: (0..size).map(Series::new).collect() }
    }

    /// The name of its table.
    #[must_use]
    pub fn table(&self) -> String {
        format!("scrape-{}-{}", self.scenario.name(), self.series.len())
    }

    /// Sample lines on a page of text: what times and instructions are divided by, for every system and format, so
    /// that comments and markers make nobody look better.
    #[must_use]
    pub fn lines(&self) -> usize {
        self.series.len() * self.scenario.lines_of_series()
    }

    /// The series with this route.
    pub(crate) fn position(&self, route: &str) -> Option<usize> {
        let position = route.strip_prefix(ROUTE)?.parse().ok()?;
        (position < self.series.len()).then_some(position)
    }
}

impl Series {
    fn new(index: usize) -> Self {
        // Up to a hundred observations, some in every bucket, with sums that have many digits.
        let observations: Vec<f64> =
            (0..=index % 100).map(|round| 0.000_173 * ((index * 31 + round * round * 977) % 60_000) as f64).collect();
        let mut buckets = [observations.len() as u64; BUCKETS];
        for (bucket, bound) in buckets.iter_mut().zip(BOUNDS) {
            *bucket = observations.iter().filter(|seconds| *seconds <= bound).count() as u64;
        }
        Self {
            method: ["GET", "POST", "PUT", "DELETE"][index % 4],
            route: format!("{ROUTE}{index}"),
            status: [200, 201, 404, 503][index / 4 % 4],
            counter: 1 + index as u64,
            sum: observations.iter().sum(),
            observations,
            buckets,
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.observations.len() as u64
    }
}

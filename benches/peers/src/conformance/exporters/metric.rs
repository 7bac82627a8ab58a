//! What the exporters are given, and what they give back.

use telemetry_prometheus::Format;

use crate::conformance::page::Page;
use crate::conformance::table::Judge;

/// Builds a page of these metrics.
pub type Build = fn(&[Metric]) -> anyhow::Result<Outcome>;

/// What a probe asks.
#[derive(Clone, Copy, Debug)]
pub struct Exporter {
    /// Builds its pages.
    pub build: Build,
    /// Looks at those in OpenMetrics.
    pub judge: Judge,
}

/// Which kind a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Each value is added.
    Counter,
    /// Each value takes the place of the last one.
    Gauge,
    /// A histogram of exponential buckets and no others, which Prometheus calls native. OpenTelemetry's SDK makes one by a
    /// view.
    Exponential,
}

/// A metric of one series, by the names that a system's users would write.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Which kind it is.
    pub kind: Kind,
    /// The name where the exporter makes Prometheus' name of it.
    pub name: &'static str,
    /// The name where it is Prometheus' already.
    pub plain: &'static str,
    /// The description.
    pub help: &'static str,
    /// Whether its unit is bytes. It has none otherwise.
    pub in_bytes: bool,
    /// The labels.
    pub labels: &'static [(&'static str, &'static str)],
    /// What is recorded.
    pub values: &'static [f64],
}

impl Metric {
    /// A gauge of 1.
    pub const GAUGE: Self = Self {
        kind: Kind::Gauge,
        name: "level",
        plain: "level",
        help: "How high it is.",
        in_bytes: false,
        labels: &[],
        values: &[1.0],
    };
    /// A counter of 1.
    pub const COUNTER: Self =
        Self { kind: Kind::Counter, name: "jobs", plain: "jobs_total", help: "What was done.", ..Self::GAUGE };

    /// The names of the labels.
    #[must_use]
    pub fn label_names(&self) -> Vec<&'static str> {
        self.labels.iter().map(|(name, _)| *name).collect()
    }

    /// The values of the labels.
    #[must_use]
    pub fn label_values(&self) -> Vec<&'static str> {
        self.labels.iter().map(|(_, value)| *value).collect()
    }
}

/// What became of metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A page, in this format, and how many warnings there were.
    Written(String, Format, usize),
    /// Whoever made the metric was told that it is not possible.
    Refused,
    /// There is no page: the whole scrape fails.
    Failed,
    /// The system has no such thing, for this reason.
    NoSuch(&'static str),
}

/// A page that has been read.
pub(super) struct Written {
    pub(super) page: Page,
    pub(super) warnings: usize,
}

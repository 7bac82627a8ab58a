//! What is recorded, and what has to be on the page then.

use anyhow::{Result, ensure};
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::opentelemetry::metrics::MeterProvider;
use telemetry_core::semconv::metric::REQUEST_SECONDS;

use super::protobuf;
use crate::metrics::Metrics;
use crate::page::sum;

/// A metric with series of three labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A counter.
    Counters,
    /// A histogram of 14 bounds with a value in each series.
    Histograms,
    /// An exponential histogram with 19 values in each series, which text gives 18 bounds.
    Exponential,
}

/// How many values an exponential histogram has.
const VALUES: usize = 19;

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Counters, Self::Histograms, Self::Exponential];

    /// The name in ids.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Counters => "counters",
            Self::Histograms => "histograms",
            Self::Exponential => "exponential",
        }
    }

    /// Records so many series.
    pub fn record(self, metrics: &Metrics, series: usize) {
        let meter = metrics.provider.meter("bench");
        match self {
            Self::Counters => {
                let counter = meter.u64_counter("requests").build();
                (0..series).for_each(|series| counter.add(1 + series as u64, &labels(series)));
            }
            Self::Histograms => {
                let histogram = meter.f64_histogram("latency").with_boundaries(REQUEST_SECONDS.to_vec()).build();
                (0..series).for_each(|series| histogram.record(0.001 * series as f64, &labels(series)));
            }
            Self::Exponential => {
                let histogram = meter.f64_histogram("exponential").with_unit("s").build();
                for series in 0..series {
                    let labels = labels(series);
                    let value = |step| 0.001 * (series + step * step) as f64;
                    (1..=VALUES).for_each(|step| histogram.record(value(step), &labels));
                }
            }
        }
    }

    /// How large the values of all series are together, or how many they are.
    fn sum(self, series: usize) -> f64 {
        let sum = match self {
            Self::Counters => series * (series + 1) / 2,
            Self::Histograms => series,
            Self::Exponential => VALUES * series,
        };
        sum as f64
    }

    pub(super) fn check_text(self, page: &str, series: usize) -> Result<()> {
        let (name, buckets) = match self {
            Self::Counters => ("requests_total", None),
            Self::Histograms => ("latency_count", Some(("latency_bucket", REQUEST_SECONDS.len() + 1))),
            Self::Exponential => ("exponential_seconds_count", Some(("exponential_seconds_bucket", 19))),
        };
        let (found, sum_found) = sum(page, name)?;
        ensure!(found == series, "{found} series of {name} are on the page instead of {series}");
        ensure!(sum_found == self.sum(series), "{name} is {sum_found} in all instead of {}", self.sum(series));
        if let Some((name, each)) = buckets {
            let (found, _) = sum(page, name)?;
            ensure!(found == each * series, "{found} buckets are on the page instead of {each} in each series");
        }
        Ok(())
    }

    pub(super) fn check_protobuf(self, page: &[u8], series: usize) -> Result<()> {
        let (found, sum_found) = match self {
            Self::Counters => protobuf::counters(page, "requests_total")?,
            Self::Histograms => protobuf::histograms(page, "latency", REQUEST_SECONDS.len())?,
            Self::Exponential => protobuf::native(page, "exponential_seconds")?,
        };
        ensure!(found == series, "{found} series are on the page instead of {series}");
        ensure!(sum_found == self.sum(series), "they are {sum_found} in all instead of {}", self.sum(series));
        Ok(())
    }
}

/// Those of each series.
#[must_use]
fn labels(series: usize) -> [KeyValue; 3] {
    [
        KeyValue::new("method", "GET"),
        KeyValue::new("route", format!("/api/v1/resource{series}")),
        KeyValue::new("status", 200),
    ]
}

//! Scrapes of a number of series, and the proof that they are on the page.

mod kind;
mod protobuf;

use anyhow::{Result, ensure};
use bytes::Bytes;
use telemetry_prometheus::Format;

use crate::metrics::Metrics;

pub use kind::Kind;

/// Series that were recorded and have been scraped.
#[derive(Debug)]
pub struct Series {
    kind: Kind,
    count: usize,
    metrics: Metrics,
}

impl Series {
    /// So many of one metric.
    #[must_use]
    pub fn recorded(kind: Kind, count: usize) -> Self {
        let metrics = Metrics::with_limit(count);
        kind.record(&metrics, count);
        Self { kind, count, metrics }
    }

    /// What they were recorded with.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// A page of them, which is checked.
    ///
    /// # Errors
    ///
    /// When it cannot be rendered, and when a series is missing or wrong.
    pub fn page(&self, format: Format) -> Result<Bytes> {
        let page = self.metrics.exporter.render(format)?;
        ensure!(!page.is_empty(), "the page is empty");
        match format {
            Format::Protobuf => self.kind.check_protobuf(&page, self.count)?,
            _ => self.kind.check_text(std::str::from_utf8(&page)?, self.count)?,
        }
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_on_the_page_of_every_format() {
        for kind in Kind::ALL {
            let series = Series::recorded(kind, 3);
            for format in [Format::PrometheusText, Format::OpenMetrics, Format::Protobuf] {
                series.page(format).unwrap();
                let more = Series { kind, count: 4, metrics: Metrics::with_limit(3) };
                kind.record(&more.metrics, 3);
                assert!(more.page(format).is_err(), "{kind:?} {format:?}");
            }
        }
    }

    #[test]
    fn a_wrong_value_is_found() {
        for kind in Kind::ALL {
            let series = Series::recorded(kind, 3);
            kind.record(&series.metrics, 1);
            for format in [Format::PrometheusText, Format::OpenMetrics, Format::Protobuf] {
                assert!(series.page(format).is_err(), "{kind:?} {format:?}");
            }
        }
    }
}

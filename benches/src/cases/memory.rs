//! What a series takes in memory, once it is recorded and was scraped a few times.

use anyhow::{Context, Result};
use telemetry_prometheus::Format;

use crate::case::{Case, Work};
use crate::scrape::{Kind, Series};

/// How many series there are.
const SIZES: [u64; 2] = [100, 1_000];

/// The memory of a page has its size from the second scrape on.
const SCRAPES: usize = 3;

pub(super) fn cases() -> Vec<Case> {
    let of_kind = |(name, kind): (&str, Kind)| {
        SIZES.map(|series| {
            let id = format!("telemetry-prometheus/{name}/{series}");
            Case::new(id, move || Ok(Recorded { kind, series: None })).times(series).only_counts()
        })
    };
    [("memory-counter", Kind::Counters), ("memory-histogram", Kind::Histograms)].into_iter().flat_map(of_kind).collect()
}

/// Provider, instrument, exporter and so many series, all of which are kept.
struct Recorded {
    kind: Kind,
    series: Option<Series>,
}

impl Work for Recorded {
    fn run(&mut self, times: u64) {
        let series = Series::recorded(self.kind, times as usize);
        (0..SCRAPES).for_each(|_| drop(series.metrics().exporter.render(Format::PrometheusText)));
        self.series = Some(series);
    }

    fn finish(self: Box<Self>) -> Result<()> {
        self.series.context("nothing was recorded")?.page(Format::PrometheusText)?;
        Ok(())
    }
}

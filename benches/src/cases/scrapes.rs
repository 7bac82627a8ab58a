//! Scrapes: from the SDK's collection to the last byte, in each format.

use std::hint::black_box;

use anyhow::{Result, ensure};
use telemetry_prometheus::Format;

use crate::case::{Case, Work};
use crate::scrape::{Kind, Series};

/// How many series are on a page, and how many scrapes are counted.
const SIZES: [(usize, u64); 2] = [(100, 50), (10_000, 2)];

/// Beyond what most services have: these pages are timed alone, because valgrind would take a minute for each.
const MANY: usize = 100_000;

/// What an id ends in, for each format.
const FORMATS: [(&str, Format); 3] =
    [("", Format::PrometheusText), ("-openmetrics", Format::OpenMetrics), ("-protobuf", Format::Protobuf)];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for kind in Kind::ALL {
        for (suffix, format) in FORMATS {
            let case = |series| {
                let id = format!("telemetry-prometheus/scrape-{}{suffix}/{series}", kind.name());
                Case::new(id, move || Scrapes::new(kind, series, format))
            };
            cases.extend(SIZES.map(|(series, times)| case(series).times(times)));
            if let (Kind::Counters | Kind::Histograms, Format::PrometheusText) | (Kind::Exponential, Format::Protobuf) =
                (kind, format)
            {
                cases.push(case(MANY).only_time());
            }
        }
    }
    cases
}

struct Scrapes {
    series: Series,
    format: Format,
    failed: u64,
}

impl Scrapes {
    fn new(kind: Kind, series: usize, format: Format) -> Result<Self> {
        let series = Series::recorded(kind, series);
        series.page(format)?;
        Ok(Self { series, format, failed: 0 })
    }
}

impl Work for Scrapes {
    fn run(&mut self, times: u64) {
        for _ in 0..times {
            let page = black_box(self.series.metrics().exporter.render(self.format));
            self.failed += u64::from(page.is_err());
        }
    }

    fn finish(self: Box<Self>) -> Result<()> {
        ensure!(self.failed == 0, "{} scrapes failed", self.failed);
        self.series.page(self.format)?;
        Ok(())
    }
}

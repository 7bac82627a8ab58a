//! Scrapes: from the SDK's collection to the last byte, in each format.

use std::hint::black_box;

use anyhow::{Result, ensure};
use telemetry_prometheus::Format;

use crate::case::{Case, Work};
use crate::scrape::{Kind, Series};

const FEW: usize = 100;
const MANY: usize = 10_000;
/// Beyond what most services have.
const VERY_MANY: usize = 100_000;

/// What an id ends in, for each format.
const FORMATS: [(&str, Format); 3] =
    [("", Format::PrometheusText), ("-openmetrics", Format::OpenMetrics), ("-protobuf", Format::Protobuf)];

/// Of the large pages one alone is counted: each takes valgrind up to ten seconds, and counts grow with the series as they do
/// there.
pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for kind in Kind::ALL {
        for (suffix, format) in FORMATS {
            let case = |series| {
                let id = format!("telemetry-prometheus/scrape-{}{suffix}/{series}", kind.name());
                Case::new(id, move || Scrapes::new(kind, series, format))
            };
            cases.push(case(FEW).times(50));
            match (kind, format) {
                (Kind::Counters, Format::PrometheusText) => {
                    cases.extend([case(MANY).times(1), case(VERY_MANY).only_time()]);
                }
                (Kind::Histograms, Format::PrometheusText) | (Kind::Exponential, Format::Protobuf) => {
                    cases.extend([case(MANY).only_time(), case(VERY_MANY).only_time()]);
                }
                _ => cases.push(case(MANY).only_time()),
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
        // Twice: the first leaves room for what the second needs.
        for _ in 0..2 {
            series.page(format)?;
        }
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

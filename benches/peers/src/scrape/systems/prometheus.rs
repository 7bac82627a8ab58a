//! The `prometheus` crate: a registry, encoded as text.

use anyhow::Result;
use prometheus::{Encoder, HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry, TextEncoder};

use crate::scrape::system::{Page, Scrape};
use crate::scrape::workload::{BOUNDS, COUNTER_ON_PAGE, HELP, HISTOGRAM, Scenario, Workload};

const LABELS: [&str; 3] = ["method", "route", "status"];

pub(crate) fn build(workload: &Workload) -> Result<Scrape> {
    let registry = Registry::new();
    match workload.scenario {
        Scenario::Counters => {
            let counters = IntCounterVec::new(Opts::new(COUNTER_ON_PAGE, HELP), &LABELS)?;
            registry.register(Box::new(counters.clone()))?;
            for series in &workload.series {
                let labels = [series.method, &series.route, &series.status.to_string()];
                counters.with_label_values(&labels).inc_by(series.counter);
            }
        }
        Scenario::Histograms => {
            let options = HistogramOpts::new(HISTOGRAM, HELP).buckets(BOUNDS.to_vec());
            let histograms = HistogramVec::new(options, &LABELS)?;
            registry.register(Box::new(histograms.clone()))?;
            for series in &workload.series {
                let labels = [series.method, &series.route, &series.status.to_string()];
                let histogram = histograms.with_label_values(&labels);
                series.observations.iter().for_each(|seconds| histogram.observe(*seconds));
            }
        }
    }
    Ok(Box::new(move || encode(&registry)))
}

pub(crate) fn encode(registry: &Registry) -> Page {
    let mut page = Vec::new();
    TextEncoder::new().encode(&registry.gather(), &mut page).expect("a scrape");
    Page::Bytes(page)
}

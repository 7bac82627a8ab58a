//! The `prometheus-client` crate, with the typed labels that its documentation recommends. It writes OpenMetrics.

use anyhow::Result;
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::scrape::system::{Page, Scrape};
use crate::scrape::workload::{BOUNDS, COUNTER, HELP, HISTOGRAM, Scenario, Series, Workload};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    method: &'static str,
    route: String,
    status: u16,
}

impl From<&Series> for Labels {
    fn from(series: &Series) -> Self {
        Self { method: series.method, route: series.route.clone(), status: series.status }
    }
}

pub(crate) fn build(workload: &Workload) -> Result<Scrape> {
    let mut registry = Registry::default();
    match workload.scenario {
        Scenario::Counters => {
            let counters = Family::<Labels, Counter>::default();
            registry.register(COUNTER, HELP, counters.clone());
            for series in &workload.series {
                counters.get_or_create(&series.into()).inc_by(series.counter);
            }
        }
        Scenario::Histograms => {
            let histogram = || Histogram::new(BOUNDS.iter().copied());
            let histograms = Family::<Labels, Histogram, fn() -> Histogram>::new_with_constructor(histogram);
            registry.register(HISTOGRAM, HELP, histograms.clone());
            for series in &workload.series {
                let histogram = histograms.get_or_create(&series.into());
                series.observations.iter().for_each(|seconds| histogram.observe(*seconds));
            }
        }
    }
    Ok(Box::new(move || {
        let mut page = String::new();
        text::encode(&mut page, &registry).expect("a scrape");
        Page::Text(page)
    }))
}

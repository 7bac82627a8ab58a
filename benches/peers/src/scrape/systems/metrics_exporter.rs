//! The `metrics` facade with `metrics-exporter-prometheus`.

use anyhow::Result;
use metrics::{Key, Label, Level, Metadata, Recorder, Unit};
use metrics_exporter_prometheus::PrometheusBuilder;

use crate::scrape::system::{Page, Scrape};
use crate::scrape::workload::{BOUNDS, COUNTER_ON_PAGE, HELP, HISTOGRAM, Scenario, Series, Workload};

const METADATA: Metadata<'static> = Metadata::new(module_path!(), Level::INFO, None);

pub(crate) fn build(workload: &Workload) -> Result<Scrape> {
    let recorder = PrometheusBuilder::new().set_buckets(BOUNDS)?.build_recorder();
    match workload.scenario {
        Scenario::Counters => {
            recorder.describe_counter(COUNTER_ON_PAGE.into(), None::<Unit>, HELP.into());
            for series in &workload.series {
                recorder.register_counter(&key(COUNTER_ON_PAGE, series), &METADATA).increment(series.counter);
            }
        }
        Scenario::Histograms => {
            recorder.describe_histogram(HISTOGRAM.into(), None::<Unit>, HELP.into());
            for series in &workload.series {
                let histogram = recorder.register_histogram(&key(HISTOGRAM, series), &METADATA);
                series.observations.iter().for_each(|seconds| histogram.record(*seconds));
            }
        }
    }
    let handle = recorder.handle();
    // Sorts the observations into buckets: a part of recording, which this crate puts off.
    handle.run_upkeep();
    Ok(Box::new(move || Page::Text(handle.render())))
}

fn key(name: &'static str, series: &Series) -> Key {
    let labels = vec![
        Label::new("method", series.method),
        Label::new("route", series.route.clone()),
        Label::new("status", series.status.to_string()),
    ];
    Key::from_parts(name, labels)
}

//! What nobody can be much faster than: a loop that knows its one metric, and a copy of what the loop wrote.

use anyhow::Result;

use crate::scrape::system::{Page, Scrape};
use crate::scrape::workload::{BOUNDS, COUNTER_ON_PAGE, HELP, HISTOGRAM, Scenario, Series, Workload};

pub(crate) fn hand_loop(workload: &Workload) -> Result<Scrape> {
    let plain = Plain::new(workload);
    // It knows the size of its page, as an exporter does from its last scrape.
    let size = plain.write(0).len();
    Ok(Box::new(move || Page::Text(plain.write(size))))
}

pub(crate) fn memcpy(workload: &Workload) -> Result<Scrape> {
    let page = hand_loop(workload)?();
    Ok(Box::new(move || Page::Bytes(page.bytes().to_vec())))
}

/// All that does not change between scrapes is text already.
struct Plain {
    scenario: Scenario,
    series: Vec<Series>,
    labels: Vec<String>,
    bounds: Vec<String>,
}

impl Plain {
    fn new(workload: &Workload) -> Self {
        let Workload { scenario, series } = workload;
        let labels = series.iter().map(|series| {
            let Series { method, route, status, .. } = series;
            format!(r#"method="{method}",route="{route}",status="{status}""#)
        });
        let bounds = BOUNDS.iter().map(f64::to_string).chain(["+Inf".to_owned()]);
        Self { scenario: *scenario, series: series.clone(), labels: labels.collect(), bounds: bounds.collect() }
    }

    fn write(&self, size: usize) -> String {
        let mut out = String::with_capacity(size);
        match self.scenario {
            Scenario::Counters => self.counters(&mut out),
            Scenario::Histograms => self.histograms(&mut out),
        }
        out
    }

    fn counters(&self, out: &mut String) {
        push(out, ["# HELP ", COUNTER_ON_PAGE, " ", HELP, "\n# TYPE ", COUNTER_ON_PAGE, " counter\n"]);
        for (series, labels) in self.series.iter().zip(&self.labels) {
            let mut number = itoa::Buffer::new();
            push(out, [COUNTER_ON_PAGE, "{", labels, "} ", number.format(series.counter), "\n"]);
        }
    }

    fn histograms(&self, out: &mut String) {
        push(out, ["# HELP ", HISTOGRAM, " ", HELP, "\n# TYPE ", HISTOGRAM, " histogram\n"]);
        for (series, labels) in self.series.iter().zip(&self.labels) {
            let mut number = itoa::Buffer::new();
            for (bound, count) in self.bounds.iter().zip(series.buckets) {
                push(out, [HISTOGRAM, "_bucket{", labels, ",le=\"", bound, "\"} ", number.format(count), "\n"]);
            }
            push(out, [HISTOGRAM, "_sum{", labels, "} ", zmij::Buffer::new().format(series.sum), "\n"]);
            push(out, [HISTOGRAM, "_count{", labels, "} ", number.format(series.count()), "\n"]);
        }
    }
}

#[inline]
fn push<const N: usize>(out: &mut String, pieces: [&str; N]) {
    pieces.iter().for_each(|piece| out.push_str(piece));
}

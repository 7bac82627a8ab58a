//! What a page in Prometheus' protobuf says: the fields of `io.prometheus.client` that are asked for here.

use anyhow::{Context, Result, ensure};
use prost::Message;

#[derive(Message)]
struct Family {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, repeated, tag = "4")]
    metrics: Vec<Metric>,
}

#[derive(Message)]
struct Metric {
    #[prost(message, optional, tag = "3")]
    counter: Option<Counter>,
    #[prost(message, optional, tag = "7")]
    histogram: Option<Histogram>,
}

#[derive(Message)]
struct Counter {
    #[prost(double, tag = "1")]
    value: f64,
}

#[derive(Message)]
struct Histogram {
    #[prost(uint64, tag = "1")]
    count: u64,
    #[prost(message, repeated, tag = "3")]
    buckets: Vec<()>,
    #[prost(message, repeated, tag = "12")]
    positive_spans: Vec<()>,
}

/// How many series the counter of this name has, and their sum.
pub(super) fn counters(page: &[u8], name: &str) -> Result<(usize, f64)> {
    let counters = metrics(page, name)?.into_iter().map(|metric| metric.counter.context("no counter"));
    counters.map(|counter| Ok(counter?.value)).try_fold((0, 0.0), added)
}

/// How many series the classic histogram of this name has, and how many values. Each has so many buckets.
pub(super) fn histograms(page: &[u8], name: &str, buckets: usize) -> Result<(usize, f64)> {
    counts(page, name, |histogram| {
        ensure!(histogram.buckets.len() == buckets, "{} buckets instead of {buckets}", histogram.buckets.len());
        Ok(())
    })
}

/// The same of a native histogram.
pub(super) fn native(page: &[u8], name: &str) -> Result<(usize, f64)> {
    counts(page, name, |histogram| {
        ensure!(!histogram.positive_spans.is_empty(), "a histogram is not native");
        Ok(())
    })
}

fn counts(page: &[u8], name: &str, check: impl Fn(&Histogram) -> Result<()>) -> Result<(usize, f64)> {
    let histograms = metrics(page, name)?.into_iter().map(|metric| metric.histogram.context("no histogram"));
    let count = |histogram: Result<Histogram>| {
        let histogram = histogram?;
        check(&histogram)?;
        Ok(histogram.count as f64)
    };
    histograms.map(count).try_fold((0, 0.0), added)
}

fn added((count, sum): (usize, f64), value: Result<f64>) -> Result<(usize, f64)> {
    Ok((count + 1, sum + value?))
}

fn metrics(mut page: &[u8], name: &str) -> Result<Vec<Metric>> {
    while !page.is_empty() {
        let family = Family::decode_length_delimited(&mut page)?;
        if family.name == name {
            return Ok(family.metrics);
        }
    }
    Ok(Vec::new())
}

//! Reads Prometheus' protocol buffers, as far as our own workloads need it.

use anyhow::{Context, Result, bail};
use bytes::Buf;
use prost::Message;

use super::{Labels, Part, Tally};

/// `io.prometheus.client.MetricFamily`, without what no system here writes.
#[derive(Clone, PartialEq, Message)]
struct MetricFamily {
    #[prost(message, repeated, tag = "4")]
    metric: Vec<Metric>,
}

#[derive(Clone, PartialEq, Message)]
struct Metric {
    #[prost(message, repeated, tag = "1")]
    label: Vec<LabelPair>,
    #[prost(message, optional, tag = "3")]
    counter: Option<Counter>,
    #[prost(message, optional, tag = "7")]
    histogram: Option<Histogram>,
}

#[derive(Clone, PartialEq, Message)]
struct LabelPair {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    value: String,
}

#[derive(Clone, PartialEq, Message)]
struct Counter {
    #[prost(double, tag = "1")]
    value: f64,
}

#[derive(Clone, PartialEq, Message)]
struct Histogram {
    #[prost(uint64, tag = "1")]
    sample_count: u64,
    #[prost(double, tag = "2")]
    sample_sum: f64,
    #[prost(message, repeated, tag = "3")]
    bucket: Vec<Bucket>,
}

#[derive(Clone, PartialEq, Message)]
struct Bucket {
    #[prost(uint64, tag = "1")]
    cumulative_count: u64,
    #[prost(double, tag = "2")]
    upper_bound: f64,
}

pub(super) fn read(mut page: impl Buf, tally: &mut Tally<'_>) -> Result<()> {
    while page.has_remaining() {
        let family = MetricFamily::decode_length_delimited(&mut page)?;
        family.metric.iter().try_for_each(|metric| series(metric, tally).with_context(|| format!("in {metric:?}")))?;
    }
    Ok(())
}

fn series(metric: &Metric, tally: &mut Tally<'_>) -> Result<()> {
    let mut labels = Labels::default();
    for LabelPair { name, value } in &metric.label {
        match name.as_str() {
            "method" => labels.method = value,
            "route" => labels.route = value,
            "status" => labels.status = value,
            _ => bail!("a label too many"),
        }
    }
    if let Some(counter) = &metric.counter {
        tally.sample(labels, Part::Counter, counter.value)?;
    }
    if let Some(histogram) = &metric.histogram {
        let count = histogram.sample_count as f64;
        tally.sample(labels, Part::Count, count)?;
        tally.sample(labels, Part::Sum, histogram.sample_sum)?;
        let finite = histogram.bucket.iter().filter(|bucket| bucket.upper_bound.is_finite());
        for bucket in finite {
            tally.sample(labels, Part::Bucket(bucket.upper_bound), bucket.cumulative_count as f64)?;
        }
        // It may be left out: the count says the same.
        tally.sample(labels, Part::Bucket(f64::INFINITY), count)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scrape::check::page;
    use crate::scrape::system::Page;
    use crate::scrape::workload::{BOUNDS, Scenario, Series, Workload};

    fn metric(scenario: Scenario, series: &Series) -> Metric {
        let label = |name: &str, value: &str| LabelPair { name: name.to_owned(), value: value.to_owned() };
        let label = vec![
            label("method", series.method),
            label("route", &series.route),
            label("status", &series.status.to_string()),
        ];
        if scenario == Scenario::Counters {
            return Metric { label, counter: Some(Counter { value: series.counter as f64 }), histogram: None };
        }
        let bucket = BOUNDS.iter().zip(series.buckets);
        let bucket = bucket.map(|(&upper_bound, cumulative_count)| Bucket { cumulative_count, upper_bound });
        let histogram = Histogram { sample_count: series.count(), sample_sum: series.sum, bucket: bucket.collect() };
        Metric { label, counter: None, histogram: Some(histogram) }
    }

    #[test]
    fn each_series_has_to_be_there() {
        for scenario in Scenario::ALL {
            let workload = Workload::new(scenario, 20);
            let mut family = MetricFamily { metric: workload.series.iter().map(|one| metric(scenario, one)).collect() };
            let whole = Page::Protobuf(family.encode_length_delimited_to_vec().into());
            page(&workload, &whole).unwrap();
            family.metric.pop();
            let short = Page::Protobuf(family.encode_length_delimited_to_vec().into());
            assert!(page(&workload, &short).is_err());
        }
    }
}

//! Reads the SDK's data, of the system that does not encode it.

use anyhow::{Context, Result, bail};
use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, HistogramDataPoint, MetricData, ResourceMetrics, ScopeMetrics, SumDataPoint,
};
use telemetry_core::opentelemetry::KeyValue;

use super::{Labels, Part, Tally};

pub(super) fn read(metrics: &ResourceMetrics, tally: &mut Tally<'_>) -> Result<()> {
    for metric in metrics.scope_metrics().flat_map(ScopeMetrics::metrics) {
        match metric.data() {
            AggregatedMetrics::U64(MetricData::Sum(sum)) => {
                sum.data_points().try_for_each(|point| counter(point, tally))?;
            }
            AggregatedMetrics::F64(MetricData::Histogram(all)) => {
                all.data_points().try_for_each(|point| histogram(point, tally))?;
            }
            _ => bail!("{} is of another kind", metric.name()),
        }
    }
    Ok(())
}

fn counter(point: &SumDataPoint<u64>, tally: &mut Tally<'_>) -> Result<()> {
    sample(point.attributes(), &[(Part::Counter, point.value() as f64)], tally)
}

fn histogram(point: &HistogramDataPoint<f64>, tally: &mut Tally<'_>) -> Result<()> {
    let bounds = point.bounds().chain([f64::INFINITY]);
    let cumulative = point.bucket_counts().scan(0, |below, count| {
        *below += count;
        Some(*below as f64)
    });
    let mut parts: Vec<_> = bounds.map(Part::Bucket).zip(cumulative).collect();
    parts.extend([(Part::Sum, point.sum()), (Part::Count, point.count() as f64)]);
    sample(point.attributes(), &parts, tally)
}

fn sample<'a>(
    attributes: impl Iterator<Item = &'a KeyValue>,
    parts: &[(Part, f64)],
    tally: &mut Tally<'_>,
) -> Result<()> {
    let attributes: Vec<_> = attributes.collect();
    let text = |key: &str| -> Result<String> {
        let attribute = attributes.iter().find(|attribute| attribute.key.as_str() == key);
        Ok(attribute.with_context(|| format!("no {key}"))?.value.as_str().into_owned())
    };
    let (method, route, status) = (text("method")?, text("route")?, text("status")?);
    let labels = Labels { method: &method, route: &route, status: &status };
    parts.iter().try_for_each(|(part, value)| tally.sample(labels, *part, *value))
}

//! What Prometheus has of a job, read from its HTTP API.

use anyhow::{Context, Result};
use serde_json::Value;

use super::expect::{exemplar_name, series_name};
use super::judge::{Native, Piece};
use crate::stage::prometheus::Prometheus;

/// All series of a job but those that Prometheus adds itself.
pub(super) async fn series(prometheus: &Prometheus, job: &str) -> Result<Vec<(String, Piece)>> {
    let answer = prometheus.vector(&format!("{{job=\"{job}\",__name__!~\"up|scrape_.+\"}}")).await?;
    answer.iter().map(|series| one(series).with_context(|| format!("odd series {series}"))).collect()
}

fn one(series: &Value) -> Option<(String, Piece)> {
    Some((name(series.get("metric")?)?, piece(series)?))
}

/// The value of a series in the answer to a query.
pub(super) fn piece(series: &Value) -> Option<Piece> {
    match series.pointer("/histogram/1") {
        None => Some(Piece::Number(series.pointer("/value/1").and_then(number)?)),
        Some(histogram) => {
            let buckets = histogram.get("buckets").and_then(Value::as_array);
            let bucket = |bucket: &Value| {
                let field = |index| bucket.get(index).and_then(number);
                Some((bucket.get(0)?.as_u64()?, field(1)?, field(2)?, field(3)?))
            };
            let buckets = buckets.into_iter().flatten().map(bucket).collect::<Option<Vec<_>>>()?;
            let field = |name| histogram.get(name).and_then(number);
            Some(Piece::Native(Native { count: field("count")?, sum: field("sum")?, buckets }))
        }
    }
}

/// The time of the first value of each of the example's counters, if that is a zero.
pub(super) async fn beginnings(prometheus: &Prometheus, job: &str) -> Result<Vec<(String, Piece)>> {
    let answer = prometheus.vector(&format!("{{job=\"{job}\",__name__=~\"shop_.+_total\"}}[5m]")).await?;
    answer.iter().map(|series| beginning(series).with_context(|| format!("odd series {series}"))).collect()
}

fn beginning(series: &Value) -> Option<(String, Piece)> {
    let (time, value) = (series.pointer("/values/0/0")?.as_f64()?, series.pointer("/values/0/1")?.as_str()?);
    let piece = if value == "0" { Piece::Number(time) } else { Piece::Text(value.to_owned()) };
    Some((name(series.get("metric")?)?, piece))
}

/// The exemplars of a job, each with its time.
pub(super) async fn exemplars(
    prometheus: &Prometheus,
    job: &str,
    (start, end): (f64, f64),
) -> Result<Vec<(String, Piece)>> {
    let (query, start, end) = (format!("{{job=\"{job}\"}}"), start.to_string(), end.to_string());
    let parameters = [("query", query.as_str()), ("start", &start), ("end", &end)];
    let data = prometheus.ask("query_exemplars", &parameters).await?;
    let mut all = Vec::new();
    for series in data.as_array().into_iter().flatten() {
        all.extend(exemplars_of(series).with_context(|| format!("odd exemplars {series}"))?);
    }
    Ok(all)
}

fn exemplars_of(series: &Value) -> Option<Vec<(String, Piece)>> {
    let name = name(series.get("seriesLabels")?)?;
    let exemplar = |exemplar: &Value| {
        let labels = exemplar.get("labels")?.as_object()?;
        let labels = labels.iter().map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
        let value = exemplar.get("value").and_then(number)?;
        let time = Piece::Number(exemplar.get("timestamp")?.as_f64()?);
        Some((exemplar_name(&name, &labels.collect::<Option<Vec<_>>>()?, value), time))
    };
    series.get("exemplars")?.as_array()?.iter().map(exemplar).collect()
}

/// Type, unit and description of each family of a job.
pub(super) async fn metadata(prometheus: &Prometheus, job: &str) -> Result<Vec<(String, Piece)>> {
    let data = prometheus.ask("targets/metadata", &[("match_target", &format!("{{job=\"{job}\"}}"))]).await?;
    let family = |family: &Value| {
        let text = |name: &str| family.get(name)?.as_str();
        let said = format!("{} [{}] {}", text("type")?, text("unit")?, text("help")?);
        Some((text("metric")?.to_owned(), Piece::Text(said)))
    };
    let families = data.as_array().context("no metadata")?;
    // Prometheus tells of the series that it adds itself as well.
    let families = families.iter().filter(|family| !is_from_prometheus(family));
    families.map(|one| family(one).with_context(|| format!("odd metadata {one}"))).collect()
}

fn is_from_prometheus(family: &Value) -> bool {
    let name = family.get("metric").and_then(Value::as_str).unwrap_or_default();
    name == "up" || name.starts_with("scrape_")
}

/// Without the labels that say where it was scraped.
fn name(metric: &Value) -> Option<String> {
    let labels = metric.as_object()?;
    let labels = labels.iter().map(|(name, value)| Some((name.as_str(), value.as_str()?)));
    let labels = labels.collect::<Option<Vec<_>>>()?;
    let name = labels.iter().find(|(name, _)| *name == "__name__").map_or("", |(_, value)| value);
    Some(series_name(
        name,
        labels.iter().copied().filter(|(name, _)| !matches!(*name, "__name__" | "job" | "instance")),
    ))
}

fn number(value: &Value) -> Option<f64> {
    value.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_values_are_read() {
        let float = serde_json::json!({"metric": {"__name__": "a", "job": "x", "le": "1.0"}, "value": [1, "+Inf"]});
        assert_eq!(one(&float).unwrap(), ("a{le=\"1\"}".to_owned(), Piece::Number(f64::INFINITY)));
        let histogram = serde_json::json!({"metric": {"__name__": "h"}, "histogram": [1, {
            "count": "3", "sum": "4.5", "buckets": [[3, "-0.5", "0.5", "1"], [0, "1", "2", "2"]],
        }]});
        let buckets = vec![(3, -0.5, 0.5, 1.0), (0, 1.0, 2.0, 2.0)];
        let native = Piece::Native(Native { count: 3.0, sum: 4.5, buckets });
        assert_eq!(one(&histogram).unwrap(), ("h{}".to_owned(), native));
        assert!(one(&serde_json::json!({"metric": {}, "value": [1]})).is_none());
    }

    #[test]
    fn exemplars_are_named_by_all_that_they_have() {
        let series = serde_json::json!({"seriesLabels": {"__name__": "a"}, "exemplars": [
            {"labels": {"trace_id": "7"}, "value": "1.50", "timestamp": 3.25},
        ]});
        let expected = ("a{} # {trace_id=\"7\"} 1.5".to_owned(), Piece::Number(3.25));
        assert_eq!(exemplars_of(&series).unwrap(), [expected]);
    }
}

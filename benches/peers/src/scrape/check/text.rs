//! Reads Prometheus' text and OpenMetrics, as far as our own workloads need it: no label has a comma or a quote.

use anyhow::{Context, Result, bail};

use super::{Labels, Part, Tally};
use crate::scrape::workload::{COUNTER_ON_PAGE, HISTOGRAM};

pub(super) fn read(page: &str, tally: &mut Tally<'_>) -> Result<()> {
    let lines = page.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    for line in lines {
        sample(line, tally).with_context(|| format!("in the line {line:?}"))?;
    }
    Ok(())
}

fn sample(line: &str, tally: &mut Tally<'_>) -> Result<()> {
    let (name, rest) = line.split_once('{').context("no labels")?;
    let (pairs, value) = rest.split_once("} ").context("no value")?;
    let mut labels = Labels::default();
    let mut bound = None;
    for pair in pairs.split(',') {
        let (key, value) = pair.split_once('=').context("a label without a value")?;
        let value = value.trim_matches('"');
        match key {
            "method" => labels.method = value,
            "route" => labels.route = value,
            "status" => labels.status = value,
            "le" => bound = Some(value.parse()?),
            _ => bail!("a label too many"),
        }
    }
    let part = match (name.strip_prefix(HISTOGRAM), bound) {
        (Some("_bucket"), Some(bound)) => Part::Bucket(bound),
        (Some("_sum"), None) => Part::Sum,
        (Some("_count"), None) => Part::Count,
        (None, None) if name == COUNTER_ON_PAGE => Part::Counter,
        _ => bail!("a sample too many"),
    };
    tally.sample(labels, part, value.parse()?)
}

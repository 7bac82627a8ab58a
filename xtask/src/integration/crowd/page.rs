//! A scraped page in the text format, and what has to hold from one to the next.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};

use crate::integration::compare::Labels;

#[derive(Debug, Default)]
pub(in crate::integration) struct Page(BTreeMap<(String, Labels), f64>);

/// What only rises.
const RISING: [&str; 4] = ["_bucket", "_count", "_sum", "_total"];

impl Page {
    pub(in crate::integration) fn parse(text: &str) -> Result<Self> {
        let mut page = BTreeMap::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (name, labels, value) = sample(line).with_context(|| format!("odd line {line}"))?;
            ensure!(page.insert((name, labels), value).is_none(), "a series is there twice: {line}");
        }
        Ok(Self(page))
    }

    pub(in crate::integration) fn samples(&self, metric: &str) -> impl Iterator<Item = (&Labels, f64)> {
        let of_metric = move |entry: &(&(String, Labels), &f64)| entry.0.0 == metric;
        self.0.iter().filter(of_metric).map(|((_, labels), value)| (labels, *value))
    }

    /// No series has gone, and none has fallen that only rises.
    pub(in crate::integration) fn follows(&self, earlier: &Self) -> Result<()> {
        for (series, then) in &earlier.0 {
            let now = self.0.get(series).with_context(|| format!("{series:?} has gone, which was {then}"))?;
            let rises = RISING.iter().any(|suffix| series.0.ends_with(suffix));
            ensure!(!rises || now >= then, "{series:?} has fallen from {then} to {now}");
        }
        Ok(())
    }

    /// Each histogram has as many values in its buckets as it says, and no count is below zero.
    pub(in crate::integration) fn is_sound(&self) -> Result<()> {
        for ((name, labels), value) in &self.0 {
            ensure!(*value >= 0.0, "{name} {labels:?} is {value}");
            let Some(histogram) = name.strip_suffix("_count") else { continue };
            let mut all = labels.clone();
            all.insert("le".to_owned(), "+Inf".to_owned());
            let bucket = self.0.get(&(format!("{histogram}_bucket"), all));
            ensure!(bucket == Some(value), "{name} {labels:?} is {value}, and its last bucket {bucket:?}");
        }
        Ok(())
    }
}

/// The playground has no label with a value that would have to be escaped.
fn sample(line: &str) -> Option<(String, Labels, f64)> {
    let (series, value) = line.rsplit_once(' ')?;
    let (name, mut rest) = match series.split_once('{') {
        Some((name, labels)) => (name, labels.strip_suffix('}')?),
        None => (series, ""),
    };
    let mut labels = Labels::new();
    while !rest.is_empty() {
        let (label, behind) = rest.split_once("=\"")?;
        let (value, behind) = behind.split_once('"')?;
        labels.insert(label.to_owned(), value.to_owned());
        rest = if behind.is_empty() { behind } else { behind.strip_prefix(',')? };
    }
    let is_plain = !series.contains('\\');
    is_plain.then_some((name.to_owned(), labels, value.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# TYPE a gauge\na{b=\"{c} d\",e=\"f,g\"} 3\nh_bucket{le=\"+Inf\"} 2\nh_count 2\nh_sum 0.5\n";

    fn page(from: &str, to: &str) -> Page {
        Page::parse(&PAGE.replace(from, to)).unwrap()
    }

    #[test]
    fn samples_are_read_with_their_labels() {
        let page = page("", "");
        let found: Vec<_> = page.samples("a").collect();
        let labels = [("b", "{c} d"), ("e", "f,g")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(found, [(&Labels::from(labels), 3.0)]);
        assert_eq!(page.samples("h_count").map(|(_, value)| value).sum::<f64>(), 2.0);
    }

    #[test]
    fn odd_lines_are_errors() {
        for odd in ["a", "a{b=\"c\" 1", "a{b=c} 1", "a{b=\"c\"d=\"e\"} 1", "a x", "a{b=\"\\n\"} 1", "h_count 5"] {
            assert!(Page::parse(&format!("{PAGE}{odd}\n")).is_err(), "{odd}");
        }
    }

    #[test]
    fn what_rises_may_not_fall_and_nothing_may_go() {
        let earlier = page("", "");
        for (from, to) in [("", ""), ("} 3", "} 1"), ("} 2", "} 3"), ("0.5", "0.7")] {
            assert!(page(from, to).follows(&earlier).is_ok(), "{to}");
        }
        for (from, to) in [("} 2", "} 1"), ("0.5", "0.4"), ("_count 2", "_count 1"), ("h_sum 0.5\n", ""), ("e=", "i=")]
        {
            assert!(page(from, to).follows(&earlier).is_err(), "{to}");
        }
    }

    #[test]
    fn a_histogram_agrees_with_itself() {
        assert!(page("", "").is_sound().is_ok());
        for (from, to) in [("} 2", "} 1"), ("_count 2", "_count 3"), ("+Inf", "5"), ("} 3", "} -1")] {
            assert!(page(from, to).is_sound().is_err(), "{to}");
        }
    }
}

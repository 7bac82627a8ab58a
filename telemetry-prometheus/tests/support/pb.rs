//! What holds for every page of protocol buffers.

use std::collections::{BTreeMap, HashSet};

use super::wire::Message;

pub(crate) const TYPES: [&str; 5] = ["counter", "gauge", "summary", "untyped", "histogram"];

/// Holds families against the rules PX-08, PX-60, PX-61, PX-84, PX-104, PX-108, T-07, PB-03, PB-04, PB-06, PB-07 and
/// PB-09 to PB-14.
pub(crate) fn check(families: &[Message]) {
    let mut names = HashSet::new();
    for family in families {
        let name = family.text("name").unwrap();
        assert!(!name.is_empty() && names.insert(name), "{name} is there twice");
        // Absent, not empty.
        assert!(family.text("help") != Some("") && family.text("unit") != Some(""), "{family:?}");
        if let Some(unit) = family.text("unit") {
            let stem = name.strip_suffix("_total").unwrap_or(name);
            assert!(stem.ends_with(&format!("_{unit}")), "{name} {unit}");
        }
        let kind = TYPES[family.uint("type").unwrap() as usize];
        let metrics = family.nested("metric");
        assert!(!metrics.is_empty(), "{name} has no series");
        let mut series = HashSet::new();
        for metric in metrics {
            let labels = metric.labels();
            assert!(labels.is_sorted_by(|a, b| a.0 < b.0), "{name} {labels:?}");
            assert!(labels.iter().all(|(name, value)| !name.is_empty() && *name != "__name__" && !value.is_empty()));
            assert!(series.insert(labels), "{name} has a series twice");
            let fields = metric.names().into_iter().filter(|field| *field != "label").collect::<Vec<_>>();
            assert_eq!(fields, [kind], "{name}");
            if kind == "histogram" {
                histogram(metric.only(kind));
            }
        }
    }
}

fn histogram(histogram: &Message) {
    for float in ["sample_count_float", "zero_count_float", "negative_count", "positive_count"] {
        assert!(!histogram.has(float));
    }
    let count = histogram.uint("sample_count").unwrap();
    let buckets = histogram.nested("bucket");
    let bound = |bucket: &Message| bucket.double("upper_bound").unwrap();
    let cumulative = |bucket: &Message| bucket.uint("cumulative_count").unwrap();
    assert!(buckets.is_sorted_by(|a, b| bound(a) < bound(b)));
    assert!(buckets.is_sorted_by_key(|bucket| cumulative(bucket)));
    let mut lower = f64::NEG_INFINITY;
    for bucket in buckets {
        assert!(cumulative(bucket) <= count);
        if bound(bucket) == f64::INFINITY {
            assert_eq!(cumulative(bucket), count);
        }
        if let Some(exemplar) = bucket.nested("exemplar").first() {
            let value = exemplar.double("value").unwrap();
            assert!(lower < value && value <= bound(bucket), "{exemplar:?}");
        }
        lower = bound(bucket);
    }
    match histogram.ints("schema").first() {
        None => {
            for native in ["zero_threshold", "zero_count", "negative_span", "positive_span", "exemplars"] {
                assert!(!histogram.has(native), "{native}");
            }
        }
        Some(schema) => {
            assert!((-4..=8).contains(schema), "schema {schema}");
            assert!(histogram.double("zero_threshold").unwrap() > 0.0);
            let sides = [native_buckets(histogram, "positive"), native_buckets(histogram, "negative")];
            let in_buckets: u64 = sides.iter().flat_map(BTreeMap::values).sum();
            assert_eq!(histogram.uint("zero_count").unwrap() + in_buckets, count, "{histogram:?}");
            assert!(histogram.nested("exemplars").iter().all(|exemplar| exemplar.has("timestamp")));
        }
    }
}

/// The buckets of a side that hold something, by index.
pub(crate) fn native_buckets(histogram: &Message, side: &str) -> BTreeMap<i64, u64> {
    let deltas = histogram.ints(&format!("{side}_delta"));
    let mut deltas = deltas.iter();
    let (mut buckets, mut index, mut count) = (BTreeMap::new(), 0, 0);
    for (number, span) in histogram.nested(&format!("{side}_span")).into_iter().enumerate() {
        let (offset, length) = (span.ints("offset")[0], span.uint("length").unwrap());
        assert!(length > 0 && (number == 0 || offset > 0), "{span:?}");
        index += offset;
        for _ in 0..length {
            count += deltas.next().unwrap();
            assert!(count >= 0);
            if count > 0 {
                buckets.insert(index, count as u64);
            }
            index += 1;
        }
    }
    assert_eq!(deltas.next(), None, "more deltas than buckets");
    buckets
}

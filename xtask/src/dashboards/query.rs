//! Queries, put together from parts that several panels need.

/// The window of a rate: Grafana makes it hold a few scrapes.
const WINDOW: &str = "[$__rate_interval]";

/// The services that were chosen.
const CHOSEN: &str = "job=~\"$job\", instance=~\"$instance\"";

/// Requests that failed. A client that hung up is no failure of the service.
pub(super) const FAILED: &str = "error_type!=\"\", error_type!=\"cancelled\"";
pub(super) const SUCCEEDED: &str = "error_type=\"\"";
pub(super) const CANCELLED: &str = "error_type=\"cancelled\"";
pub(super) const NOT_CANCELLED: &str = "error_type!=\"cancelled\"";
pub(super) const ALL: &str = "";

/// Series of the chosen services, with `more` conditions on them.
pub(super) fn select(metric: &str, more: &str) -> String {
    let comma = if more.is_empty() { "" } else { ", " };
    format!("{metric}{{{CHOSEN}{comma}{more}}}")
}

/// The growth of a counter, in a second.
pub(super) fn rate(counter: &str, more: &str) -> String {
    format!("rate({}{WINDOW})", select(counter, more))
}

/// The change of a gauge, in a second.
pub(super) fn change(gauge: &str, more: &str) -> String {
    format!("deriv({}{WINDOW})", select(gauge, more))
}

pub(super) fn sum(by: &str, query: &str) -> String {
    aggregate("sum", by, query)
}

pub(super) fn max(by: &str, query: &str) -> String {
    aggregate("max", by, query)
}

pub(super) fn count(by: &str, query: &str) -> String {
    aggregate("count", by, query)
}

/// A part of a whole. Where there is no whole there is no share either, rather than a division by nothing.
pub(super) fn share(part: &str, whole: &str) -> String {
    format!("{part} / ({whole} > 0)")
}

/// Parts of one whole, which has none of their labels.
pub(super) fn shares(parts: &str, whole: &str) -> String {
    format!("{parts} / on () group_left () ({whole} > 0)")
}

/// Names in the legend what has no value of `label`.
pub(super) fn or_named(label: &str, name: &str, query: &str) -> String {
    format!("label_replace({query}, \"{label}\", \"{name}\", \"{label}\", \"\")")
}

fn aggregate(how: &str, by: &str, query: &str) -> String {
    if by.is_empty() { format!("{how}({query})") } else { format!("{how} by ({by}) ({query})") }
}

/// A histogram, which Prometheus keeps as series of buckets, as a native histogram under the bare name, or both.
#[derive(Debug, Clone, Copy)]
pub(super) struct Histogram {
    pub(super) name: &'static str,
    /// Conditions on its series beyond the chosen services.
    pub(super) of: &'static str,
}

impl Histogram {
    /// How many were recorded in a second.
    pub(super) fn count(self, by: &str, more: &str) -> String {
        sum(by, &self.either("count", more))
    }

    /// The same, of what has buckets.
    pub(super) fn classic_count(self, by: &str, more: &str) -> String {
        sum(by, &rate(&format!("{}_count", self.name), &self.with(more)))
    }

    /// What was recorded in a second, added up.
    pub(super) fn total(self, by: &str, more: &str) -> String {
        sum(by, &self.either("sum", more))
    }

    pub(super) fn mean(self, by: &str) -> String {
        share(&self.total(by, ALL), &self.count(by, ALL))
    }

    /// The share of those with `more`, in all.
    pub(super) fn share(self, by: &str, more: &str) -> String {
        share(&self.count(by, more), &self.count(by, ALL))
    }

    /// From the buckets.
    pub(super) fn classic(self, quantile: f64, by: &str) -> String {
        let by = if by.is_empty() { "le".to_owned() } else { format!("le, {by}") };
        format!("histogram_quantile({quantile}, {})", self.buckets(&by, ALL))
    }

    /// From the native histogram.
    pub(super) fn native(self, quantile: f64, by: &str) -> String {
        format!("histogram_quantile({quantile}, {})", self.whole(by, ALL))
    }

    /// From whichever there is, over all series.
    pub(super) fn quantile(self, quantile: f64) -> String {
        format!("{} or {}", self.classic(quantile, ""), self.native(quantile, ""))
    }

    pub(super) fn buckets(self, by: &str, more: &str) -> String {
        sum(by, &rate(&format!("{}_bucket", self.name), &self.with(more)))
    }

    pub(super) fn whole(self, by: &str, more: &str) -> String {
        sum(by, &rate(self.name, &self.with(more)))
    }

    /// Each series counts once, whether Prometheus keeps it as one kind or as both: they have the same labels.
    fn either(self, part: &str, more: &str) -> String {
        let more = self.with(more);
        format!("{} or histogram_{part}({})", rate(&format!("{}_{part}", self.name), &more), rate(self.name, &more))
    }

    fn with(self, more: &str) -> String {
        [self.of, more].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const H: Histogram = Histogram { name: "h", of: "route=~\"$route\"" };

    #[test]
    fn a_histogram_of_either_kind_counts_once() {
        let selector = "{job=~\"$job\", instance=~\"$instance\", route=~\"$route\", error_type=\"\"}[$__rate_interval]";
        let expected = format!("sum by (a) (rate(h_count{selector}) or histogram_count(rate(h{selector})))");
        assert_eq!(H.count("a", SUCCEEDED), expected);
    }

    #[test]
    fn percentiles_keep_the_bounds_of_buckets() {
        let selector = "{job=~\"$job\", instance=~\"$instance\", route=~\"$route\"}[$__rate_interval]";
        assert_eq!(
            H.classic(0.95, "a"),
            format!("histogram_quantile(0.95, sum by (le, a) (rate(h_bucket{selector})))")
        );
        assert_eq!(H.native(0.5, ""), format!("histogram_quantile(0.5, sum(rate(h{selector})))"));
    }
}

//! Questions about one of the programs that are scraped.

use crate::integration::compare::{Check, Expected, Labels};

/// A program, by the name of its job.
#[derive(Debug, Clone, Copy)]
pub(super) struct Of(pub(super) &'static str);

impl Of {
    /// The sum of all series with these labels. There has to be one.
    pub(super) fn sum(self, metric: &str, labels: &[(&str, &str)], expected: u64) -> Check {
        Check::one(format!("sum({})", self.selector(metric, labels)), Expected::count(expected))
    }

    pub(super) fn at_least(self, metric: &str, labels: &[(&str, &str)], least: u64) -> Check {
        // Nothing here comes near 2^53.
        Check::one(format!("sum({})", self.selector(metric, labels)), Expected::AtLeast(least as f64))
    }

    /// There is no such series.
    pub(super) fn none(self, metric: &str, labels: &[(&str, &str)]) -> Check {
        Check::one(format!("count({}) or vector(0)", self.selector(metric, labels)), Expected::count(0))
    }

    /// The sums for each value of some labels, and no other.
    pub(super) fn by(self, metric: &str, labels: &[&str], rows: &[(&[&str], u64)]) -> Check {
        self.by_where(metric, &[], labels, rows)
    }

    /// The same of the series with the labels in `only`; an empty one is one that is not there.
    pub(super) fn by_where(
        self,
        metric: &str,
        only: &[(&str, &str)],
        labels: &[&str],
        rows: &[(&[&str], u64)],
    ) -> Check {
        let query = format!("sum by ({}) ({})", labels.join(", "), self.selector(metric, only));
        let series = rows.iter().map(|(values, expected)| {
            // An empty label is none.
            let present = labels.iter().zip(*values).filter(|(_, value)| !value.is_empty());
            let labels: Labels = present.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            (labels, Expected::count(*expected))
        });
        Check { query, series: series.collect() }
    }

    /// Bytes in and out.
    pub(super) fn bytes(self, metric: &str, received: u64, transmitted: u64) -> Check {
        self.by(metric, &["network_io_direction"], &[(&["receive"], received), (&["transmit"], transmitted)])
    }

    fn selector(self, metric: &str, labels: &[(&str, &str)]) -> String {
        let labels = [&[("job", self.0)], labels].concat();
        let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
        format!("{metric}{{{}}}", labels.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_about_one_program() {
        let job = Of("j");
        assert_eq!(job.sum("m", &[("a", "b")], 1).query, r#"sum(m{job="j",a="b"})"#);
        assert_eq!(job.none("m", &[]).query, r#"count(m{job="j"}) or vector(0)"#);
        let check = job.by("m", &["a", "b"], &[(&["x", ""], 1), (&["y", "z"], 2)]);
        assert_eq!(check.query, r#"sum by (a, b) (m{job="j"})"#);
        assert_eq!(check.series.iter().map(|(labels, _)| labels.len()).collect::<Vec<_>>(), [1, 2]);
    }
}

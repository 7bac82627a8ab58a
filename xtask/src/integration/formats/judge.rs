//! All that is expected of an answer against all that is in it, piece by piece.

use std::collections::BTreeMap;
use std::fmt;

use crate::integration::compare::Row;

/// What Prometheus computes from a logarithm may differ from ours in the last digits.
const BORDER: f64 = 1e-9;

const NOTHING: &str = "nothing";

/// One piece of an answer, or what it has to be.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::integration) enum Piece {
    Number(f64),
    /// Expected alone: a number in this range, with its borders.
    Within(f64, f64),
    Text(String),
    Native(Native),
}

/// A native histogram as Prometheus' API shows it.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::integration) struct Native {
    pub(super) count: f64,
    pub(super) sum: f64,
    /// Which borders belong to the bucket, the borders, and the count: ascending.
    pub(super) buckets: Vec<(u64, f64, f64, f64)>,
}

/// Both sides have a name for each piece; a name that comes twice is one too many.
pub(in crate::integration) fn compare(expected: BTreeMap<String, Piece>, got: Vec<(String, Piece)>) -> Vec<Row> {
    let mut left = expected;
    let mut rows: Vec<Row> = got
        .into_iter()
        .map(|(name, got)| {
            let expected = left.remove(&name);
            let passed = expected.as_ref().is_some_and(|expected| expected.is_met_by(&got));
            Row { query: name, expected: shown(expected.as_ref()), got: got.to_string(), passed }
        })
        .collect();
    rows.extend(left.into_iter().map(|(name, expected)| {
        let (expected, got) = (expected.to_string(), NOTHING.to_owned());
        Row { query: name, expected, got, passed: false }
    }));
    rows
}

fn shown(piece: Option<&Piece>) -> String {
    piece.map_or_else(|| NOTHING.to_owned(), ToString::to_string)
}

impl Piece {
    fn is_met_by(&self, got: &Self) -> bool {
        match (self, got) {
            (Self::Number(expected), Self::Number(got)) => is_same(*expected, *got),
            (Self::Within(low, high), Self::Number(got)) => low <= got && got <= high,
            (Self::Native(expected), Self::Native(got)) => expected.is_met_by(got),
            (expected, got) => expected == got,
        }
    }
}

impl Native {
    fn is_met_by(&self, got: &Self) -> bool {
        let is_near = |a: f64, b: f64| (a - b).abs() <= BORDER * a.abs();
        let pairs = || self.buckets.iter().zip(&got.buckets);
        self.count == got.count
            && self.sum == got.sum
            && self.buckets.len() == got.buckets.len()
            && pairs().all(|(a, b)| a.0 == b.0 && is_near(a.1, b.1) && is_near(a.2, b.2) && a.3 == b.3)
    }
}

fn is_same(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan())
}

impl fmt::Display for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(value) => write!(f, "{value}"),
            Self::Within(low, high) => write!(f, "{low} to {high}"),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Native(Native { count, sum, buckets }) => {
                write!(f, "count {count} sum {sum}")?;
                buckets.iter().try_for_each(|(rule, low, high, count)| write!(f, " {rule}:{low}..{high}={count}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(expected: &[(&str, Piece)], got: &[(&str, Piece)]) -> usize {
        let owned = |pieces: &[(&str, Piece)]| -> Vec<(String, Piece)> {
            pieces.iter().map(|(name, piece)| ((*name).to_owned(), piece.clone())).collect()
        };
        let rows = compare(owned(expected).into_iter().collect(), owned(got));
        rows.iter().filter(|row| !row.passed).count()
    }

    #[test]
    fn everything_has_to_be_there_once() {
        let pieces = [("a", Piece::Number(1.0)), ("b", Piece::Number(f64::NAN)), ("a", Piece::Number(1.0))];
        let [one, two, again] = pieces.clone();
        assert_eq!(wrong(&pieces[..2], &[two, one]), 0);
        assert_eq!(wrong(&pieces[..2], &[again]), 1);
        assert_eq!(wrong(&pieces[..1], &pieces[1..2]), 2);
        assert_eq!(wrong(&pieces[..2], &pieces), 1);
    }

    #[test]
    fn a_number_has_to_be_in_its_range() {
        let within = [("a", Piece::Within(1.0, 2.0))];
        assert_eq!(wrong(&within, &[("a", Piece::Number(2.0))]), 0);
        assert_eq!(wrong(&within, &[("a", Piece::Number(2.1))]), 1);
        assert_eq!(wrong(&within, &[("a", Piece::Number(f64::NAN))]), 1);
    }

    #[test]
    fn a_native_histogram_has_to_have_the_same_buckets() {
        let native =
            |low, count| [("a", Piece::Native(Native { count: 2.0, sum: 3.0, buckets: vec![(0, low, 2.0, count)] }))];
        assert_eq!(wrong(&native(1.0, 2.0), &native(1.000_000_000_1, 2.0)), 0);
        assert_eq!(wrong(&native(1.0, 2.0), &native(1.01, 2.0)), 1);
        assert_eq!(wrong(&native(1.0, 2.0), &native(1.0, 1.0)), 1);
        assert_eq!(wrong(&native(1.0, 2.0), &[("a", Piece::Number(2.0))]), 1);
    }
}

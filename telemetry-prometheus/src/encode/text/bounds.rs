//! The texts of bucket bounds, which nearly always are those of the series before.

use bytes::BufMut;

use super::Dialect;
use crate::number::{push_canonical, push_float};

#[derive(Debug)]
pub(super) struct Bounds {
    dialect: Dialect,
    known: Vec<f64>,
    /// The texts back to back, each with what stands between it and the count.
    pub(super) texts: Vec<u8>,
    /// Where each text ends, that of infinity at last.
    pub(super) ends: Vec<usize>,
}

impl Bounds {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self { dialect, known: Vec::new(), texts: Vec::new(), ends: Vec::new() }
    }

    pub(super) fn set(&mut self, bounds: &[f64]) {
        // Zero and negative zero are equal, but not in writing.
        let is_known = self.known.iter().map(|bound| bound.to_bits()).eq(bounds.iter().map(|bound| bound.to_bits()));
        if is_known && !self.ends.is_empty() {
            return;
        }
        self.known.clear();
        self.known.extend(bounds);
        self.texts.clear();
        self.ends.clear();
        for bound in bounds.iter().chain([&f64::INFINITY]) {
            self.dialect.push_label_number(&mut self.texts, *bound);
            self.texts.put_slice(b"\"} ");
            self.ends.push(self.texts.len());
        }
    }
}

impl Dialect {
    /// Writes a number that is the value of a label. Another spelling would be another series.
    pub(super) fn push_label_number(self, out: &mut impl BufMut, number: f64) {
        match self {
            Self::Prometheus => push_float(out, number),
            Self::OpenMetrics { .. } => push_canonical(out, number),
        }
    }
}

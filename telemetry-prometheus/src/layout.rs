//! The labels of series whose attributes have the same keys.
//!
//! Everything that depends on the keys alone (names, order, clashes) is worked out once for all such series.

use crate::family::{Family, Part};
use crate::label::label_name;
use crate::warning::{Warning, Warnings};

/// The labels of a series, sorted by name.
#[derive(Debug)]
pub(crate) struct Layout {
    slots: Vec<Slot>,
    varying: usize,
}

/// One label: its name, and what its value is made of.
#[derive(Debug)]
pub(crate) struct Slot {
    name: String,
    /// More than one where several keys came to the same name: their values are joined.
    pieces: Vec<Piece>,
}

#[derive(Debug)]
pub(crate) enum Piece {
    Fixed(String),
    /// The value of the attribute at this position.
    Attribute(usize),
}

impl Layout {
    pub(crate) fn new(family: &Family<'_>, part: &Part<'_>, keys: &[&str], warnings: &Warnings) -> Self {
        let reserved = family.kind().reserved_label();
        let fixed = part.fixed_labels.iter();
        let fixed = fixed.map(|label| (label.key.as_str(), Piece::Fixed(label.value.clone())));
        let varying = keys.iter().enumerate();
        let varying = varying.map(|(index, key)| (*key, Piece::Attribute(index)));

        let mut labels: Vec<(String, &str, Piece)> = fixed
            .chain(varying)
            .map(|(key, piece)| {
                let (name, renamed) = label_name(key, part.origin, reserved);
                if renamed {
                    warnings.report(&Warning::LabelRenamed { family: family.name(), key, label: &name });
                }
                (name, key, piece)
            })
            .collect();
        // Values of one name are joined in the order of their original keys.
        labels.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));

        let mut slots: Vec<Slot> = Vec::with_capacity(labels.len());
        for (name, _, piece) in labels {
            match slots.last_mut() {
                Some(slot) if slot.name == name => slot.pieces.push(piece),
                _ => slots.push(Slot { name, pieces: vec![piece] }),
            }
        }
        let varying = slots.iter().filter(|slot| slot.fixed().is_none()).count();
        Self { slots, varying }
    }

    pub(crate) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// How many slots have a value that differs from series to series.
    pub(crate) fn varying(&self) -> usize {
        self.varying
    }
}

impl Slot {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The value, if it is the same in all series.
    pub(crate) fn fixed(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [Piece::Fixed(value)] => Some(value),
            _ => None,
        }
    }
}

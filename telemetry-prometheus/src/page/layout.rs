//! The labels of series whose attributes have the same keys.
//!
//! Everything that depends on the keys alone (names, order, clashes) is worked out once for all such series.

use super::Setting;
use super::head::Head;
use super::known::KnownKey;
use crate::encode::Encoder;
use crate::label::{Attribute, FixedLabel, Origin, label_name};
use crate::warning::Warning;

/// The labels of a series, sorted by name.
#[derive(Debug)]
pub(super) struct Layout {
    keys: Vec<KnownKey>,
    slots: Vec<Slot>,
}

/// One label: its name, and what its value is made of.
#[derive(Debug)]
struct Slot {
    name: String,
    /// More than one where several keys came to the same name: their values are joined.
    pieces: Vec<Piece>,
}

#[derive(Debug)]
enum Piece {
    Fixed(String),
    /// The value of the attribute at this position.
    Attribute(usize),
}

impl Layout {
    pub(super) fn new(
        head: &Head,
        fixed_labels: &[FixedLabel],
        origin: Origin,
        attributes: &[Attribute<'_>],
        setting: Setting<'_>,
    ) -> Self {
        let reserved = head.kind.reserved_label();
        let fixed = fixed_labels.iter();
        let fixed = fixed.map(|label| (label.key.as_str(), Piece::Fixed(label.value.clone())));
        let varying = attributes.iter().enumerate();
        let varying = varying.map(|(index, attribute)| (attribute.key, Piece::Attribute(index)));

        let strategy = setting.options.translation_strategy;
        let escaping = setting.exposition.escaping();
        let mut labels: Vec<(String, &str, Piece)> = fixed
            .chain(varying)
            .map(|(key, piece)| {
                let (name, renamed) = label_name(key, origin, reserved, strategy, escaping);
                if renamed {
                    setting.warnings.report(&Warning::LabelRenamed { family: &head.name, key, label: &name });
                }
                (name, key, piece)
            })
            .collect();
        // Values of one name are joined in the order of their original keys.
        labels.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));

        let mut slots: Vec<Slot> = Vec::with_capacity(labels.len());
        let mut attribute = None;
        for (name, key, piece) in labels {
            // Of a key that was recorded twice the SDK keeps the first value, or both: that depends on its hash map.
            if matches!(piece, Piece::Attribute(_)) && attribute.replace(key) == Some(key) {
                continue;
            }
            match slots.last_mut() {
                Some(slot) if slot.name == name => slot.pieces.push(piece),
                _ => slots.push(Slot { name, pieces: vec![piece] }),
            }
        }
        Self { keys: attributes.iter().map(KnownKey::new).collect(), slots }
    }

    pub(super) fn keys(&self) -> &[KnownKey] {
        &self.keys
    }

    pub(super) fn has_keys_of(&self, attributes: &[Attribute<'_>]) -> bool {
        self.keys.len() == attributes.len() && self.keys.iter().zip(attributes).all(|(key, a)| key.is(a.key))
    }

    /// Appends the labels of the series with these attributes. A label without a value is as good as none, so it is left
    /// out, and series that differ in such a label are equal.
    pub(super) fn render<E: Encoder>(&self, attributes: &[Attribute<'_>], value: &mut String, labels: &mut Vec<u8>) {
        let start = labels.len();
        for slot in &self.slots {
            value.clear();
            for (i, piece) in slot.pieces.iter().enumerate() {
                if i > 0 {
                    value.push(';');
                }
                match piece {
                    Piece::Fixed(text) => value.push_str(text),
                    Piece::Attribute(index) => attributes[*index].value.push_to(value),
                }
            }
            if !value.is_empty() {
                E::push_label(labels, labels.len() == start, &slot.name, value);
            }
        }
    }
}

//! The series of one source: what their labels were made from, to know when they can be used again.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use super::Setting;
use super::column::Column;
use super::head::Head;
use super::known::KnownValues;
use super::layout::Layout;
use crate::collected::Source;
use crate::encode::Encoder;
use crate::label::{Attribute, FixedLabel, Origin};

/// More kinds of label sets than this are not kept for the next time.
const MANY_LAYOUTS: usize = 64;

/// One source of a family's series.
#[derive(Debug)]
pub(super) struct Part {
    /// The position of the source in the collection.
    source: usize,
    fixed_labels: Vec<FixedLabel>,
    origin: Origin,
    layouts: Vec<Layout>,
    /// The layout of each point, by its place in `layouts`.
    points: Vec<usize>,
    known: KnownValues,
}

impl Part {
    pub(super) fn new(source: usize, fixed_labels: Vec<FixedLabel>, origin: Origin) -> Self {
        Self { source, fixed_labels, origin, layouts: Vec::new(), points: Vec::new(), known: KnownValues::default() }
    }

    pub(super) fn source(&self) -> usize {
        self.source
    }

    /// Reads the values of the source. Tells whether it has the same attributes as when the labels were rendered, in the
    /// same order.
    ///
    /// The SDK gives the points of a synchronous instrument in one order until new ones come.
    pub(super) fn read(&mut self, sources: &[Source<'_>], column: &mut Column) -> bool {
        let points = sources[self.source].points();
        column.clear();
        let are_known = points.read(self.known.reader(&self.points, &self.layouts), column);
        are_known && points.len() == self.points.len()
    }

    /// Appends the labels of each point to `labels` and tells their place there, and what the series is known by.
    pub(super) fn render<E: Encoder>(
        &mut self,
        sources: &[Source<'_>],
        head: &Head,
        setting: Setting<'_>,
        labels: &mut Vec<u8>,
        mut line: impl FnMut(usize, Range<usize>, u64),
    ) {
        self.points.clear();
        self.known.clear();
        // A callback may make up other keys each time.
        if self.layouts.len() > MANY_LAYOUTS {
            self.layouts.clear();
        }
        let mut value = String::new();
        let mut layout = 0;
        sources[self.source].points().each_attributes(&mut |attributes| {
            // Neighbouring points nearly always have the same keys.
            if !self.layouts.get(layout).is_some_and(|layout| layout.has_keys_of(attributes)) {
                layout = self.layout(head, attributes, setting);
            }
            let start = labels.len();
            self.layouts[layout].render::<E>(attributes, &mut value, labels);
            line(self.points.len(), start..labels.len(), identity(attributes));
            self.points.push(layout);
            attributes.iter().for_each(|attribute| self.known.push(attribute.value));
        });
        self.known.shrink();
        self.points.shrink_to_fit();
    }

    /// The place of the layout for these attributes, which is made if there is none.
    fn layout(&mut self, head: &Head, attributes: &[Attribute<'_>], setting: Setting<'_>) -> usize {
        // Where there are so many, they are not worth the search.
        let is_searched = self.layouts.len() <= MANY_LAYOUTS;
        let known = self.layouts.iter().position(|layout| is_searched && layout.has_keys_of(attributes));
        known.unwrap_or_else(|| {
            self.layouts.push(Layout::new(head, &self.fixed_labels, self.origin, attributes, setting));
            self.layouts.len() - 1
        })
    }
}

/// A number for the attributes in any order.
fn identity(attributes: &[Attribute<'_>]) -> u64 {
    let hashes = attributes.iter().map(|attribute| {
        let mut hasher = DefaultHasher::new();
        attribute.key.hash(&mut hasher);
        attribute.value.hash(&mut hasher);
        hasher.finish()
    });
    hashes.fold(0, u64::wrapping_add)
}

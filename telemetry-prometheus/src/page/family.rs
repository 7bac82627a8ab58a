//! A family: its head, and its series in the order in which they are written.

use std::ops::Range;
use std::sync::Arc;

use telemetry_core::exemplar::{ExemplarReservoir, ExemplarStore};

use super::Setting;
use super::column::Column;
use super::head::Head;
use super::series::Part;
use crate::collected::Source;
use crate::encode::Encoder;
use crate::kind::Kind;
use crate::source::ExemplarKey;
use crate::warning::{Warning, Warnings};

#[derive(Debug)]
pub(super) struct Family {
    head: Head,
    /// In the order of their arrival: of equal series, that of the first part is exported.
    parts: Vec<Part>,
    /// The rendered labels of all series, back to back.
    labels: Vec<u8>,
    lines: Vec<Line>,
    /// Whether labels and lines are those of the parts.
    is_rendered: bool,
    /// The reservoirs of the lines, or none at all where no line has one.
    reservoirs: Vec<Option<ExemplarReservoir>>,
    /// How far the store had come when they were looked up, if they were for these lines.
    generation: Option<u64>,
}

/// Where a series is found.
#[derive(Clone, Debug)]
pub(super) struct Line {
    part: usize,
    point: usize,
    labels: Range<usize>,
    /// The place among the lines, for what lies beside them.
    position: usize,
    /// What the series is known by, in whatever way its attributes were translated.
    identity: u64,
}

impl Line {
    /// The position of the source among those of the family.
    pub(super) fn part(&self) -> usize {
        self.part
    }

    /// The position of the point in its source.
    pub(super) fn point(&self) -> usize {
        self.point
    }
}

impl Family {
    pub(super) fn new(head: Head, part: Part) -> Self {
        let (labels, lines, reservoirs) = (Vec::new(), Vec::new(), Vec::new());
        Self { head, parts: vec![part], labels, lines, is_rendered: false, reservoirs, generation: None }
    }

    /// Adds the series of another metric with the same name, if they fit.
    pub(super) fn join(&mut self, head: &Head, part: Part, warnings: &Warnings) {
        let own = &mut self.head;
        let family = head.name.as_str();
        if own.kind == Kind::Info {
            warnings.report(&Warning::SecondTargetInfo);
            return;
        }
        if own.kind != head.kind {
            warnings.report(&Warning::KindConflict { family, kept: own.kind, dropped: head.kind });
            return;
        }
        if own.help.is_empty() {
            own.help.clone_from(&head.help);
        } else if !head.help.is_empty() && own.help != head.help {
            warnings.report(&Warning::HelpConflict { family, kept: &own.help, dropped: &head.help });
        }
        if own.unit != head.unit {
            warnings.report(&Warning::UnitConflict { family, kept: &own.unit, dropped: &head.unit });
        }
        if own.exponential_bounds.is_empty() {
            own.exponential_bounds = Arc::clone(&head.exponential_bounds);
        }
        self.parts.push(part);
    }

    pub(super) fn head(&self) -> &Head {
        &self.head
    }

    /// The series, sorted by their labels.
    pub(super) fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The source of a line's series, by its position in the collection.
    pub(super) fn source(&self, line: &Line) -> usize {
        self.parts[line.part].source()
    }

    pub(super) fn labels(&self, line: &Line) -> &[u8] {
        &self.labels[line.labels.clone()]
    }

    pub(super) fn reservoir(&self, line: &Line) -> Option<&ExemplarReservoir> {
        self.reservoirs.get(line.position)?.as_ref()
    }

    /// Reads all values, a column for each part, and brings labels and order up to the data.
    pub(super) fn update<E: Encoder>(
        &mut self,
        sources: &[Source<'_>],
        columns: &mut Vec<Column>,
        setting: Setting<'_>,
    ) {
        if columns.len() < self.parts.len() {
            columns.resize_with(self.parts.len(), Column::default);
        }
        let mut is_current = self.is_rendered;
        for (part, column) in self.parts.iter_mut().zip(columns) {
            is_current &= part.read(sources, column);
        }
        if is_current {
            return;
        }
        let before = (std::mem::take(&mut self.labels), std::mem::take(&mut self.lines));
        self.reservoirs.clear();
        self.generation = None;
        for (index, part) in self.parts.iter_mut().enumerate() {
            part.render::<E>(sources, &self.head, setting, &mut self.labels, |point, labels, identity| {
                self.lines.push(Line { part: index, point, labels, position: 0, identity });
            });
        }

        // The labels of a series are sorted and rendered the same way each time, so equal text means equal labels.
        let text = |line: &Line| &self.labels[line.labels.clone()];
        self.lines.sort_by(|a, b| text(a).cmp(text(b)));
        if self.lines.windows(2).any(|lines| text(&lines[0]) == text(&lines[1])) {
            // Of equal series that of the first source is exported. In one source it is the one that was exported before,
            // or else one that their attributes choose, because the order in which the SDK gives them changes.
            let (labels, lines) = &before;
            let was_exported = |line: &Line| {
                let found = lines.binary_search_by(|known| labels[known.labels.clone()].cmp(text(line)));
                found.is_ok_and(|position| lines[position].identity == line.identity)
            };
            let rank = |line: &Line| (line.part, !was_exported(line), line.identity);
            self.lines.sort_by(|a, b| text(a).cmp(text(b)).then_with(|| rank(a).cmp(&rank(b))));
            self.lines.dedup_by(|later, first| text(later) == text(first));
            setting.warnings.report(&Warning::DuplicateSeries { family: &self.head.name });
        }
        self.lay_out();
        self.is_rendered = true;
    }

    /// Takes over what was exported under the same name, when all families are made anew.
    pub(super) fn succeed(&mut self, before: Self) {
        self.labels = before.labels;
        self.lines = before.lines;
    }

    /// Puts the labels into the order in which they are written.
    fn lay_out(&mut self) {
        let mut labels = Vec::with_capacity(self.labels.len());
        for (position, line) in self.lines.iter_mut().enumerate() {
            let start = labels.len();
            labels.extend(&self.labels[line.labels.clone()]);
            line.labels = start..labels.len();
            line.position = position;
        }
        self.labels = labels;
        self.lines.shrink_to_fit();
    }

    /// Looks up where the exemplars of the series are kept, if that may have changed.
    pub(super) fn find_reservoirs(&mut self, sources: &[Source<'_>], store: &ExemplarStore) {
        // Read before: what is added meanwhile is found the next time.
        let generation = Some(store.generation());
        if std::mem::replace(&mut self.generation, generation) == generation {
            return;
        }
        self.reservoirs.clear();
        if !matches!(self.head.kind, Kind::Counter | Kind::Histogram) {
            return;
        }
        let found = self.lines.iter().map(|line| match sources[self.parts[line.part].source()] {
            source @ Source::Instrument { scope, metric } => {
                source.points().reservoir(line.point, &ExemplarKey { store, scope, metric: metric.name() })
            }
            Source::Target(_) | Source::Registry { .. } => None,
        });
        self.reservoirs.extend(found);
        if self.reservoirs.iter().all(Option::is_none) {
            self.reservoirs.clear();
        }
    }
}

//! The series of one family: labels resolved, in a fixed order, each once.

use std::cmp::Ordering;
use std::collections::HashMap;

use crate::family::{Family, Part};
use crate::label::{Attribute, AttributeValue};
use crate::layout::{Layout, Piece, Slot};
use crate::memory::{Orders, natural_order};
use crate::number::Number;
use crate::warning::{Warning, Warnings};

/// What one series has to say, borrowed from the data that was collected.
#[derive(Clone, Copy)]
pub(crate) enum Point<'a> {
    Number(Number),
    Histogram(&'a dyn HistogramPoint),
    Summary(&'a dyn SummaryPoint),
}

/// A histogram with explicit buckets.
pub(crate) trait HistogramPoint {
    fn count(&self) -> u64;
    fn sum(&self) -> Number;
    /// Visits upper bound and cumulative count of each bucket but the infinite one, in ascending order.
    fn each_bucket(&self, visit: &mut dyn FnMut(f64, u64));
}

/// Quantiles that were computed by the source.
pub(crate) trait SummaryPoint {
    fn count(&self) -> u64;
    fn sum(&self) -> Number;
    /// Visits quantile and value, in ascending order.
    fn each_quantile(&self, visit: &mut dyn FnMut(f64, f64));
}

/// Where points come from: a metric of the SDK or a family of the `prometheus` crate.
pub(crate) trait Points {
    fn each_point<'a>(&'a self, attributes: &mut Vec<Attribute<'a>>, visit: &mut Visit<'a, '_>);
}

/// Takes the attributes of a point, the point, and its time in milliseconds if the source insists on one (else 0).
pub(crate) type Visit<'a, 'v> = dyn FnMut(&[Attribute<'a>], Point<'a>, i64) + 'v;

/// The series of a family. Reused from family to family, so that a scrape allocates little.
pub(crate) struct SeriesSet<'a> {
    layouts: Vec<Layout>,
    /// The values of all series; each series owns as many as its layout has slots that vary.
    values: Vec<LabelValue<'a>>,
    /// Values that had to be rendered.
    rendered: String,
    series: Vec<Series<'a>>,
    /// Positions of the series, sorted by their labels.
    order: Vec<u32>,
    orders: Orders,
}

struct Series<'a> {
    layout: usize,
    first_value: usize,
    point: Point<'a>,
    timestamp_ms: i64,
}

#[derive(Clone, Copy)]
enum LabelValue<'a> {
    Borrowed(&'a str),
    Rendered { start: usize, end: usize },
}

/// One series, ready to be written.
pub(crate) struct SeriesRef<'s, 'a> {
    set: &'s SeriesSet<'a>,
    series: &'s Series<'a>,
}

impl<'a> SeriesSet<'a> {
    pub(crate) fn new(orders: Orders) -> Self {
        Self {
            layouts: Vec::new(),
            values: Vec::new(),
            rendered: String::new(),
            series: Vec::new(),
            order: Vec::new(),
            orders,
        }
    }

    /// Replaces the content by the series of `family`, sorted by their labels. Of two series with the same labels
    /// the first stays.
    pub(crate) fn fill(&mut self, family: &Family<'a>, warnings: &Warnings) {
        self.layouts.clear();
        self.values.clear();
        self.rendered.clear();
        self.series.clear();

        for part in family.parts() {
            self.add(family, part, warnings);
        }

        let count = self.series.len();
        let mut order = self.orders.recall(family.name(), count);
        let is_sorted = order.windows(2).all(|pair| self.compare(pair[0], pair[1]) == Ordering::Less);
        if !is_sorted {
            // The sort is stable, so of equal series the first comes first.
            order = natural_order(count);
            order.sort_by(|a, b| self.compare(*a, *b));
            order.dedup_by(|later, first| self.compare(*later, *first) == Ordering::Equal);
        }
        if order.len() == count {
            self.orders.keep(family.name(), &order);
        } else {
            warnings.report(&Warning::DuplicateSeries { family: family.name() });
        }
        self.order = order;
    }

    pub(crate) fn into_orders(self) -> Orders {
        self.orders.next_scrape()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.series.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = SeriesRef<'_, 'a>> {
        self.order.iter().map(|position| SeriesRef { set: self, series: self.at(*position) })
    }

    fn add(&mut self, family: &Family<'a>, part: &Part<'a>, warnings: &Warnings) {
        let mut by_keys: HashMap<Vec<&'a str>, usize> = HashMap::new();
        let mut current: Option<(Vec<&'a str>, usize)> = None;
        part.points.each_point(&mut Vec::new(), &mut |attributes, point, timestamp_ms| {
            let keys = attributes.iter().map(|attribute| attribute.key);
            let layout = match &current {
                // Neighbouring points nearly always have the same keys.
                Some((known, layout)) if keys.clone().eq(known.iter().copied()) => *layout,
                _ => {
                    let keys: Vec<&'a str> = keys.collect();
                    let layout = *by_keys.entry(keys.clone()).or_insert_with(|| {
                        self.layouts.push(Layout::new(family, part, &keys, warnings));
                        self.layouts.len() - 1
                    });
                    current = Some((keys, layout));
                    layout
                }
            };
            let first_value = self.values.len();
            for slot in self.layouts[layout].slots() {
                self.values.extend(slot_value(slot, attributes, &mut self.rendered));
            }
            self.series.push(Series { layout, first_value, point, timestamp_ms });
        });
    }

    /// Orders by the label set as a map in which an absent label is an empty one, as Prometheus sees it: the first
    /// label name with different values decides.
    fn compare(&self, a: u32, b: u32) -> Ordering {
        let (a, b) = (self.at(a), self.at(b));
        if a.layout == b.layout {
            let varying = self.layouts[a.layout].varying();
            let values = |series: &Series<'a>| {
                self.values[series.first_value..][..varying].iter().map(|value| self.resolve(*value))
            };
            return values(a).cmp(values(b));
        }
        let (mut left, mut right) = (self.labels(a).peekable(), self.labels(b).peekable());
        loop {
            let by_name = match (left.peek(), right.peek()) {
                (None, None) => return Ordering::Equal,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some((a, _)), Some((b, _))) => a.cmp(b),
            };
            let a = if by_name.is_le() { left.next() } else { None };
            let b = if by_name.is_ge() { right.next() } else { None };
            let by_value = a.map_or("", |label| label.1).cmp(b.map_or("", |label| label.1));
            if by_value != Ordering::Equal {
                return by_value;
            }
        }
    }

    fn at(&self, position: u32) -> &Series<'a> {
        &self.series[position as usize]
    }

    fn labels<'s>(&'s self, series: &Series<'a>) -> impl Iterator<Item = (&'s str, &'s str)> {
        let mut values = self.values[series.first_value..].iter();
        self.layouts[series.layout].slots().iter().map(move |slot| {
            let value = match slot.fixed() {
                Some(value) => value,
                None => values.next().map_or("", |value| self.resolve(*value)),
            };
            (slot.name(), value)
        })
    }

    fn resolve(&self, value: LabelValue<'a>) -> &str {
        match value {
            LabelValue::Borrowed(text) => text,
            LabelValue::Rendered { start, end } => &self.rendered[start..end],
        }
    }
}

/// The value of a slot that varies from series to series.
fn slot_value<'a>(slot: &Slot, attributes: &[Attribute<'a>], rendered: &mut String) -> Option<LabelValue<'a>> {
    if slot.fixed().is_some() {
        return None;
    }
    if let [Piece::Attribute(index)] = slot.pieces()
        && let AttributeValue::Text(text) = attributes[*index].value
    {
        return Some(LabelValue::Borrowed(text));
    }
    let start = rendered.len();
    for (i, piece) in slot.pieces().iter().enumerate() {
        if i > 0 {
            rendered.push(';');
        }
        match piece {
            Piece::Fixed(text) => rendered.push_str(text),
            Piece::Attribute(index) => attributes[*index].value.push_to(rendered),
        }
    }
    let end = rendered.len();
    Some(LabelValue::Rendered { start, end })
}

impl<'s, 'a> SeriesRef<'s, 'a> {
    /// Name and value of each label, sorted by name.
    pub(crate) fn labels(&self) -> impl Iterator<Item = (&'s str, &'s str)> {
        self.set.labels(self.series)
    }

    pub(crate) fn point(&self) -> Point<'a> {
        self.series.point
    }

    /// The time that the source gave to the sample, in milliseconds, or 0 for the time of the scrape.
    pub(crate) fn timestamp_ms(&self) -> i64 {
        self.series.timestamp_ms
    }
}

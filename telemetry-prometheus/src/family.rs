//! Families: everything of one name, from all scopes and registries, with conflicts settled.

use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;

use crate::label::{FixedLabel, Origin};
use crate::memory::Memory;
use crate::series::Points;
use crate::warning::{Warning, Warnings};

/// The type of a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Counter,
    Gauge,
    Histogram,
    Summary,
    /// The one series that describes the target: a gauge where a format has no type for it.
    Info,
    Untyped,
}

impl Kind {
    /// The label that the samples of this type need for themselves.
    pub(crate) fn reserved_label(self) -> Option<&'static str> {
        match self {
            Self::Histogram => Some("le"),
            Self::Summary => Some("quantile"),
            _ => None,
        }
    }

    /// The endings of sample names beside the family's own name.
    fn sample_suffixes(self) -> &'static [&'static str] {
        match self {
            Self::Histogram => &["_bucket", "_count", "_sum"],
            Self::Summary => &["_count", "_sum"],
            _ => &[],
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::Summary => "summary",
            Self::Info => "info",
            Self::Untyped => "untyped",
        })
    }
}

/// One source of a family's series.
pub(crate) struct Part<'a> {
    pub(crate) points: &'a dyn Points,
    pub(crate) fixed_labels: Rc<[FixedLabel]>,
    pub(crate) origin: Origin,
}

/// A metric on its way into a family.
pub(crate) struct Entry<'a> {
    /// The same in every scrape, so that the metric is known again.
    pub(crate) source: u64,
    pub(crate) name: Cow<'a, str>,
    pub(crate) unit: Cow<'a, str>,
    pub(crate) help: &'a str,
    pub(crate) kind: Kind,
    pub(crate) part: Part<'a>,
}

/// All series of one name, with one type and one help text.
pub(crate) struct Family<'a> {
    name: Cow<'a, str>,
    unit: Cow<'a, str>,
    help: &'a str,
    kind: Kind,
    parts: Vec<Part<'a>>,
}

impl<'a> Family<'a> {
    /// Groups the entries by name. The result is sorted by name; of contradicting entries the first decides. Those that
    /// were there before come first, so that a new one does not change what is exported, and the new ones come in the
    /// order of `entries`.
    pub(crate) fn assemble(entries: Vec<Entry<'a>>, memory: &Memory) -> Vec<Self> {
        let arrivals = memory.arrivals(entries.iter().map(|entry| entry.source));
        let mut entries: Vec<_> = entries.into_iter().zip(arrivals).collect();
        entries.sort_by(|(a, a_arrival), (b, b_arrival)| (&a.name, a_arrival).cmp(&(&b.name, b_arrival)));

        let warnings = &memory.warnings;
        let mut families: Vec<Self> = Vec::with_capacity(entries.len());
        for (entry, _) in entries {
            match families.last_mut() {
                Some(family) if family.name == entry.name => family.join(entry, warnings),
                _ => match owner_of_sample(&families, &entry.name) {
                    Some(base) => warnings.report(&Warning::SampleNameConflict { family: &entry.name, base }),
                    None => families.push(entry.into()),
                },
            }
        }
        families
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn help(&self) -> &'a str {
        self.help
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn parts(&self) -> &[Part<'a>] {
        &self.parts
    }

    fn join(&mut self, entry: Entry<'a>, warnings: &Warnings) {
        let family = &*self.name;
        if self.kind == Kind::Info {
            warnings.report(&Warning::SecondTargetInfo);
            return;
        }
        if self.kind != entry.kind {
            warnings.report(&Warning::KindConflict { family, kept: self.kind, dropped: entry.kind });
            return;
        }
        if self.help.is_empty() {
            self.help = entry.help;
        } else if !entry.help.is_empty() && self.help != entry.help {
            warnings.report(&Warning::HelpConflict { family, kept: self.help, dropped: entry.help });
        }
        if self.unit != entry.unit {
            warnings.report(&Warning::UnitConflict { family, kept: &self.unit, dropped: &entry.unit });
        }
        self.parts.push(entry.part);
    }
}

impl<'a> From<Entry<'a>> for Family<'a> {
    fn from(entry: Entry<'a>) -> Self {
        Self { name: entry.name, unit: entry.unit, help: entry.help, kind: entry.kind, parts: vec![entry.part] }
    }
}

/// The family before it whose samples bear `name`, like the `_count` of a histogram.
fn owner_of_sample<'f>(families: &'f [Family<'_>], name: &str) -> Option<&'f str> {
    let (end, _) = name.rmatch_indices('_').next()?;
    let (base, suffix) = name.split_at(end);
    // A base sorts before its samples, so it is among the families already.
    let index = families.binary_search_by(|family| family.name().cmp(base)).ok()?;
    let family = &families[index];
    let owns = family.kind.sample_suffixes().contains(&suffix);
    owns.then_some(family.name())
}

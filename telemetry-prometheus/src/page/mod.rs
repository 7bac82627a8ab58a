//! What an exporter remembers between two responses of one format, and how it writes the next one.

mod column;
mod exemplars;
mod family;
mod head;
mod known;
mod layout;
mod series;
mod settle;

use std::collections::HashMap;
use std::sync::Arc;

use telemetry_core::exemplar::ExemplarStore;

use crate::builder::Options;
use crate::collected::{Collected, Source};
use crate::encode::{Encoder, Series};
use crate::exposition::Exposition;
use crate::inventory::Inventory;
use crate::negotiate::NameFilter;
use crate::warning::Warnings;

pub(crate) use column::Column;
pub(crate) use exemplars::ReadyExemplar;
pub(crate) use head::Head;
pub(crate) use known::KnownAttributes;

use exemplars::Exemplars;
use family::Family;

/// Memory for fewer points or values than this is never given up.
const MUCH: usize = 1024;

/// What holds for all families of a page.
#[derive(Clone, Copy)]
pub(crate) struct Setting<'a> {
    pub(crate) options: &'a Options,
    pub(crate) warnings: &'a Warnings,
    pub(crate) exposition: Exposition,
}

/// The families in one format, with everything that depends on names and labels alone: in most scrapes only the numbers
/// are new.
#[derive(Debug)]
pub(crate) struct Page<E> {
    encoder: E,
    /// The inventory that the families were made for.
    inventory: Option<Arc<Inventory>>,
    families: Vec<Family>,
    exemplars: Exemplars,
    /// The values of the family at hand, by its sources.
    columns: Vec<Column>,
    /// Empty between scrapes: kept for its memory.
    sources: Vec<Source<'static>>,
}

impl<E: Encoder> Page<E> {
    pub(crate) fn new(encoder: E) -> Self {
        Self {
            encoder,
            inventory: None,
            families: Vec::new(),
            exemplars: Exemplars::default(),
            columns: Vec::new(),
            sources: Vec::new(),
        }
    }

    /// Gives the families that `filter` includes to the encoder, sorted by name, each with its series in order.
    pub(crate) fn write(&mut self, collected: &Collected, setting: Setting<'_>, filter: &NameFilter) -> &mut E {
        self.encoder.start();
        let mut sources = recycled(std::mem::take(&mut self.sources));
        sources.extend(collected.sources());

        let inventory = collected.inventory();
        if !self.inventory.as_ref().is_some_and(|known| Arc::ptr_eq(known, inventory)) {
            let before = std::mem::replace(&mut self.families, settle::families(&sources, collected, setting));
            let before = before.into_iter().map(|family| (family.head().name.clone(), family));
            let mut before: HashMap<String, Family> = before.collect();
            for family in &mut self.families {
                if let Some(before) = before.remove(&family.head().name) {
                    family.succeed(before);
                }
            }
            self.inventory = Some(Arc::clone(inventory));
        }
        let store = exemplar_store(setting);
        let mut most_points = 0;
        for family in &mut self.families {
            if !filter.is_all() && !family.head().is_named_by(filter) {
                continue;
            }
            family.update::<E>(&sources, &mut self.columns, setting);
            if let Some(store) = store {
                family.find_reservoirs(&sources, store);
            }
            most_points = self.columns.iter().map(Column::len).fold(most_points, usize::max);
            let Self { encoder, exemplars, columns, .. } = self;
            write_family(family, &sources, columns, encoder, exemplars, setting);
        }
        for column in &mut self.columns {
            column.shrink(most_points);
            // What this page has must not count for the next one.
            column.clear();
        }
        self.sources = recycled(sources);
        &mut self.encoder
    }
}

fn write_family<E: Encoder>(
    family: &Family,
    sources: &[Source<'_>],
    columns: &[Column],
    encoder: &mut E,
    exemplars: &mut Exemplars,
    setting: Setting<'_>,
) {
    let head = family.head();
    let mut is_begun = false;
    for line in family.lines() {
        let points = sources[family.source(line)].points();
        let Some(point) = columns[line.part()].point(line.point(), points) else {
            continue;
        };
        if !is_begun {
            encoder.begin(head);
            is_begun = true;
        }
        let series = Series {
            labels: family.labels(line),
            point,
            created: points.start_time(),
            exemplars: exemplars.of(family.reservoir(line), setting),
        };
        encoder.series(head, &series, setting.warnings);
    }
    if is_begun {
        encoder.end(head);
    }
}

/// The store to read exemplars from, if the format can carry them.
fn exemplar_store(setting: Setting<'_>) -> Option<&ExemplarStore> {
    if setting.exposition.format().has_exemplars() { setting.options.exemplars.as_ref() } else { None }
}

/// The memory of a vector for references of another lifetime.
fn recycled<'a>(mut sources: Vec<Source<'_>>) -> Vec<Source<'a>> {
    sources.clear();
    // Collecting into a type of the same size happens in place.
    sources.into_iter().map_while(|_| None).collect()
}

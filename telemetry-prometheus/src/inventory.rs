//! Which metrics there are, from collection to collection.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use telemetry_core::opentelemetry::{InstrumentationScope, Value};

use crate::bridge;
use crate::collected::Source;
use crate::kind::Kind;
use crate::label::FixedLabel;
use crate::sdk::{self, Shape};

/// The metrics of a collection, in its order. As long as no metric comes or goes, all collections share one inventory,
/// and whatever was worked out from it stays right.
#[derive(Debug, Default)]
pub(crate) struct Inventory {
    items: Vec<Item>,
    next_arrival: u64,
}

#[derive(Debug)]
struct Item {
    identity: Identity,
    arrival: u64,
}

/// What a metric is known by.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Identity {
    Target,
    Instrument { scope: Scope, name: String, unit: String, help: String, shape: Shape },
    Registry { registry: usize, name: String, help: String, kind: Kind },
}

/// A scope, equal to others by the labels that it gives. Its own comparison finds not-a-number different from itself.
#[derive(Debug)]
struct Scope {
    scope: InstrumentationScope,
    labels: Vec<FixedLabel>,
}

impl PartialEq for Scope {
    fn eq(&self, other: &Self) -> bool {
        self.labels == other.labels
    }
}

impl Eq for Scope {}

impl Hash for Scope {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.labels.hash(state);
    }
}

impl Scope {
    /// Whether it is the same without a doubt. The scopes of one provider differ in the order of their attributes only if
    /// something else differs too, so there is no need to sort them, for which the comparison of the API allocates.
    fn is(&self, other: &InstrumentationScope) -> bool {
        let own = &self.scope;
        own.name() == other.name()
            && own.version() == other.version()
            && own.schema_url() == other.schema_url()
            && own.attributes().count() == other.attributes().count()
            && own
                .attributes()
                .zip(other.attributes())
                .all(|(a, b)| a.key == b.key && is_same_value(&a.value, &b.value))
    }
}

fn is_same_value(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::F64(a), Value::F64(b)) => a.to_bits() == b.to_bits(),
        _ => a == b,
    }
}

/// Keeps the inventory of the last collection.
#[derive(Debug, Default)]
pub(crate) struct Stock {
    last: Mutex<(Ticket, Arc<Inventory>)>,
    next: AtomicU64,
}

/// The place of a collection in the order in which collections began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ticket(u64);

impl Stock {
    /// To be drawn before the collection.
    pub(crate) fn ticket(&self) -> Ticket {
        Ticket(self.next.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// The last inventory if it still is right, or else a new one.
    ///
    /// A collection that has been overtaken by a later one may miss what that has found, and must not make it new again.
    pub(crate) fn take<'a, I: Iterator<Item = Source<'a>>>(
        &self,
        ticket: Ticket,
        sources: impl Fn() -> I,
    ) -> Arc<Inventory> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let (last_ticket, inventory) = &mut *last;
        if inventory.is_of(sources()) {
            *last_ticket = ticket.max(*last_ticket);
            return Arc::clone(inventory);
        }
        let successor = Arc::new(inventory.successor(sources()));
        if ticket > *last_ticket {
            *last = (ticket, Arc::clone(&successor));
        }
        successor
    }
}

impl Inventory {
    /// A number for each metric, in the order of the collection. Of two metrics that cannot both be exported, that with
    /// the lower number was there first, without a break since then, and stays.
    pub(crate) fn arrivals(&self) -> impl Iterator<Item = u64> {
        self.items.iter().map(|item| item.arrival)
    }

    fn is_of<'a>(&self, sources: impl Iterator<Item = Source<'a>>) -> bool {
        let mut known = self.items.iter();
        let all_known = sources.into_iter().all(|source| known.next().is_some_and(|item| item.identity.is_of(source)));
        all_known && known.next().is_none()
    }

    fn successor<'a>(&self, sources: impl Iterator<Item = Source<'a>>) -> Self {
        let sources: Vec<_> = sources.collect();
        let before: HashMap<&Identity, u64> = self.items.iter().map(|item| (&item.identity, item.arrival)).collect();
        let mut items: Vec<_> = sources
            .iter()
            .map(|source| {
                let identity = Identity::from(*source);
                let arrival = before.get(&identity).copied();
                (identity, arrival)
            })
            .collect();

        // The SDK keeps scopes in a hash map, whose order differs from process to process. Scopes that come at once are
        // told apart by their labels; the sort is stable, so the metrics of one scope stay in the order of the SDK.
        let mut newcomers: Vec<usize> = (0..items.len()).filter(|position| items[*position].1.is_none()).collect();
        newcomers.sort_by_cached_key(|position| match sources[*position] {
            Source::Target(_) => (0, Vec::new()),
            Source::Instrument { scope, .. } => (1, sdk::scope_labels(scope)),
            Source::Registry { .. } => (2, Vec::new()),
        });
        let mut next_arrival = self.next_arrival;
        for position in newcomers {
            items[position].1 = Some(next_arrival);
            next_arrival += 1;
        }
        let items = items.into_iter();
        let items = items.map(|(identity, arrival)| Item { identity, arrival: arrival.unwrap_or(next_arrival) });
        Self { items: items.collect(), next_arrival }
    }
}

impl Identity {
    /// The same as a comparison with `Identity::from`, but for the copies.
    fn is_of(&self, source: Source<'_>) -> bool {
        match (self, source) {
            (Self::Target, Source::Target(_)) => true,
            (Self::Instrument { scope: own, name, unit, help, shape }, Source::Instrument { scope, metric }) => {
                name == metric.name()
                    && unit == metric.unit()
                    && help == metric.description()
                    && *shape == Shape::of(metric)
                    && own.is(scope)
            }
            (Self::Registry { registry: own, name, help, kind }, Source::Registry { registry, family }) => {
                *own == registry && name == family.name() && help == family.help() && *kind == bridge::kind(family)
            }
            _ => false,
        }
    }
}

impl From<Source<'_>> for Identity {
    fn from(source: Source<'_>) -> Self {
        match source {
            Source::Target(_) => Self::Target,
            Source::Instrument { scope, metric } => Self::Instrument {
                scope: Scope { scope: scope.clone(), labels: sdk::scope_labels(scope) },
                name: metric.name().to_owned(),
                unit: metric.unit().to_owned(),
                help: metric.description().to_owned(),
                shape: Shape::of(metric),
            },
            Source::Registry { registry, family } => Self::Registry {
                registry,
                name: family.name().to_owned(),
                help: family.help().to_owned(),
                kind: bridge::kind(family),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prometheus::proto::MetricFamily;
    use std::slice;

    fn family(name: &str) -> MetricFamily {
        let mut family = MetricFamily::default();
        family.set_name(name.to_owned());
        family
    }

    fn arrivals(stock: &Stock, ticket: Ticket, families: &[MetricFamily]) -> Vec<u64> {
        let sources = || families.iter().map(|family| Source::Registry { registry: 0, family });
        stock.take(ticket, sources).arrivals().collect()
    }

    #[test]
    fn px105_metrics_keep_their_number_until_they_are_gone() {
        let (a, b, c) = (family("a"), family("b"), family("c"));
        let stock = Stock::default();
        let next = |families: &[MetricFamily]| arrivals(&stock, stock.ticket(), families);
        assert_eq!(next(&[b.clone(), c.clone()]), [0, 1]);
        assert_eq!(next(&[a.clone(), b.clone(), c.clone()]), [2, 0, 1]);
        assert_eq!(next(&[a.clone(), c.clone()]), [2, 1]);
        assert_eq!(next(&[a, b, c]), [2, 3, 1]);
    }

    /// What a collection that began earlier has not seen must not be new to the next one.
    #[test]
    fn px105_a_collection_that_was_overtaken_changes_nothing() {
        let (a, b) = (family("a"), family("b"));
        let stock = Stock::default();
        let slow = stock.ticket();
        let fast = stock.ticket();
        assert_eq!(arrivals(&stock, fast, slice::from_ref(&b)), [0]);
        assert_eq!(arrivals(&stock, slow, slice::from_ref(&a)), [1]);
        assert_eq!(arrivals(&stock, stock.ticket(), &[a, b]), [1, 0]);
    }

    #[test]
    fn as_long_as_nothing_changes_the_inventory_is_shared() {
        let families = [family("a"), family("b")];
        let stock = Stock::default();
        let next =
            || stock.take(stock.ticket(), || families.iter().map(|family| Source::Registry { registry: 0, family }));
        assert!(Arc::ptr_eq(&next(), &next()));
    }
}

//! What an exporter keeps from scrape to scrape, beside its settings.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::warning::Warnings;

#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) warnings: Warnings,
    orders: Mutex<Orders>,
    arrivals: Mutex<Arrivals>,
    last_size: AtomicUsize,
}

impl Memory {
    /// Takes the orders out for one scrape. One that runs in parallel finds none, and has to sort.
    pub(crate) fn take_orders(&self) -> Orders {
        std::mem::take(&mut *self.orders.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn keep_orders(&self, orders: Orders) {
        *self.orders.lock().unwrap_or_else(PoisonError::into_inner) = orders;
    }

    /// For each of the sources in a scrape a number that tells which of two was there first.
    pub(crate) fn arrivals(&self, sources: impl Iterator<Item = u64>) -> Vec<u64> {
        self.arrivals.lock().unwrap_or_else(PoisonError::into_inner).scrape(sources)
    }

    /// Room for an output that is a little longer than the last one.
    pub(crate) fn expected_size(&self) -> usize {
        let last = self.last_size.load(Ordering::Relaxed);
        last + last / 16
    }

    pub(crate) fn keep_size(&self, bytes: usize) {
        self.last_size.store(bytes, Ordering::Relaxed);
    }
}

/// How the series of each family were sorted in the last scrape.
///
/// The SDK gives the series of an instrument in the same order each time, unless new ones came or a callback observed
/// them, so that the order of the last scrape nearly always is right: to check that costs a tenth of sorting.
#[derive(Debug, Default)]
pub(crate) struct Orders {
    last: HashMap<String, Vec<u32>>,
    /// Families that are gone are not carried along.
    this: HashMap<String, Vec<u32>>,
}

/// Fewer series than this are sorted in no time.
const WORTH_KEEPING: usize = 32;

impl Orders {
    /// The positions of `count` series of a family as they were sorted last, or else in their natural order.
    pub(crate) fn recall(&mut self, family: &str, count: usize) -> Vec<u32> {
        match self.last.remove(family) {
            Some(order) if order.len() == count => order,
            _ => natural_order(count),
        }
    }

    pub(crate) fn keep(&mut self, family: &str, order: &[u32]) {
        if order.len() >= WORTH_KEEPING {
            self.this.insert(family.to_owned(), order.to_owned());
        }
    }

    pub(crate) fn next_scrape(self) -> Self {
        Self { last: self.this, this: HashMap::new() }
    }
}

pub(crate) fn natural_order(count: usize) -> Vec<u32> {
    (0..).take(count).collect()
}

/// Since when each source has been there without a break. One that was not in the last scrape is forgotten.
#[derive(Debug, Default)]
struct Arrivals {
    by_source: HashMap<u64, Arrival>,
    scrapes: u64,
    next: u64,
}

#[derive(Debug)]
struct Arrival {
    number: u64,
    last_scrape: u64,
}

impl Arrivals {
    fn scrape(&mut self, sources: impl Iterator<Item = u64>) -> Vec<u64> {
        self.scrapes += 1;
        let numbers = sources.map(|source| {
            let arrival = self.by_source.entry(source).or_insert_with(|| {
                self.next += 1;
                Arrival { number: self.next, last_scrape: 0 }
            });
            arrival.last_scrape = self.scrapes;
            arrival.number
        });
        let numbers = numbers.collect();
        self.by_source.retain(|_, arrival| arrival.last_scrape == self.scrapes);
        numbers
    }
}

/// What a source is known by from scrape to scrape.
pub(crate) fn source_id(identity: impl Hash) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(identity)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn px105_sources_keep_their_order_until_they_are_gone() {
        let mut arrivals = Arrivals::default();
        assert_eq!(arrivals.scrape([20, 30].into_iter()), [1, 2]);
        assert_eq!(arrivals.scrape([10, 20, 30].into_iter()), [3, 1, 2]);
        assert_eq!(arrivals.scrape([10, 30].into_iter()), [3, 2]);
        assert_eq!(arrivals.scrape([10, 20, 30].into_iter()), [3, 4, 2]);
    }

    #[test]
    fn px105_sources_that_are_gone_take_no_room() {
        let mut arrivals = Arrivals::default();
        for source in 0..1000 {
            arrivals.scrape([source].into_iter());
            assert_eq!(arrivals.by_source.len(), 1);
        }
    }

    #[test]
    fn t17_an_order_is_recalled_for_as_many_series_as_it_had() {
        let order: Vec<u32> = natural_order(40).into_iter().rev().collect();
        let mut orders = Orders::default();
        orders.keep("family", &order);
        let mut orders = orders.next_scrape();
        assert_eq!(orders.recall("family", 40), order);

        orders.keep("family", &order);
        let mut orders = orders.next_scrape();
        assert_eq!(orders.recall("family", 41), natural_order(41));
        assert_eq!(orders.recall("other", 2), [0, 1]);
    }

    #[test]
    fn orders_of_families_that_are_gone_are_forgotten() {
        let mut orders = Orders::default();
        orders.keep("family", &natural_order(40));
        orders.keep("small", &natural_order(3));
        let orders = orders.next_scrape();
        assert_eq!(orders.last.len(), 1);
        assert!(orders.next_scrape().last.is_empty());
    }
}

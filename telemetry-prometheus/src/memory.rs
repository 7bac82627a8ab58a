//! What an exporter keeps from scrape to scrape, beside its settings.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::warning::Warnings;

#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) warnings: Warnings,
    orders: Mutex<Orders>,
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

#[cfg(test)]
mod tests {
    use super::*;

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

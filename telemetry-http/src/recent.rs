use std::sync::atomic::AtomicU32;

use telemetry_core::bound::{PerStripe, Stripe};

use crate::overflow::OVERFLOW;
use crate::series::HeadKey;

/// Where the heads of the last requests stand, for each stripe of threads.
///
/// A router gives all requests of a route the same string. So its address says where to look first, and no more than
/// that: what is found there has to be compared.
#[derive(Debug)]
pub(crate) struct RecentHeads(PerStripe<[AtomicU32; CELLS]>);

/// As many as fill a cache line.
const CELLS: usize = 16;

impl RecentHeads {
    pub(crate) fn new() -> Self {
        Self(PerStripe::new(|| [const { AtomicU32::new(OVERFLOW) }; CELLS]))
    }

    /// The place where a head may stand that has this key.
    #[inline]
    pub(crate) fn cell(&self, key: &HeadKey<'_>, stripe: Stripe) -> &AtomicU32 {
        // Allocations begin at multiples of 16. The method is the third hexadecimal digit.
        let address = key.route.map_or(0, |route| route.as_ptr().addr() >> 4);
        &self.0.get(stripe)[(address ^ key.small.method() as usize) % CELLS]
    }
}

#[cfg(test)]
mod tests {
    use crate::metrics::Metrics;
    use crate::options::Options;
    use crate::series::{HeadKey, Small};
    use crate::side::Side;

    #[test]
    fn an_address_alone_proves_nothing() {
        let metrics = Metrics::buffered(&Options::new(Side::Server));
        let metrics = metrics.local();
        let place = |route: &str| {
            let key = HeadKey { small: Small::new(0, None, None), route: Some(route), rare: None };
            metrics.recent_head(&key, metrics.stripe()).0
        };
        let mut route = String::from("/a");
        let first = place(&route);
        route.replace_range(1.., "b");
        let second = place(&route);
        assert_ne!(second, first, "the other route stands at the same address");
        assert_eq!(metrics.head_at(second).unwrap().route.as_deref(), Some("/b"));
        assert_eq!(place("/a"), first);
        assert_eq!(place(&route), second);
    }

    #[test]
    fn heads_that_differ_in_anything_but_the_route_are_others() {
        let metrics = Metrics::buffered(&Options::new(Side::Server));
        let metrics = metrics.local();
        let place = |method| {
            let key = HeadKey { small: Small::new(method, None, None), route: None, rare: None };
            metrics.recent_head(&key, metrics.stripe()).0
        };
        // More methods than there are cells.
        let places: Vec<_> = (0..40).map(place).collect();
        assert!((0..40).map(place).eq(places.iter().copied()));
        assert!(places.iter().enumerate().all(|(i, place)| !places[..i].contains(place)));
    }
}

//! Text that many requests have in common, kept so that each need not copy it.

use std::borrow::Borrow;
use std::cell::RefCell;
use std::hash::{BuildHasher, Hash};
use std::net::IpAddr;
use std::sync::Arc;
use std::thread::LocalKey;

use foldhash::fast::FixedState;
use telemetry_core::opentelemetry::StringValue;

/// Longer text is copied each time.
const LONGEST: usize = 256;

/// Places in a thread's table. What comes to a place that is taken takes it over.
const PLACES: usize = 64;

struct Recent<K>([Option<(K, Arc<str>)>; PLACES]);

thread_local! {
    static TEXTS: RefCell<Recent<Arc<str>>> = const { RefCell::new(Recent([const { None }; PLACES])) };
    static ADDRESSES: RefCell<Recent<IpAddr>> = const { RefCell::new(Recent([const { None }; PLACES])) };
}

impl<K> Recent<K> {
    /// A thread that is ending has no table any more.
    fn get<Q>(table: &'static LocalKey<RefCell<Self>>, key: &Q, make: impl Fn() -> (K, Arc<str>)) -> Arc<str>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let found = table.try_with(|table| {
            let place = FixedState::with_seed(0).hash_one(key) as usize % PLACES;
            let mut table = table.borrow_mut();
            match &table.0[place] {
                Some((known, text)) if known.borrow() == key => Arc::clone(text),
                _ => Arc::clone(&table.0[place].insert(make()).1),
            }
        });
        found.unwrap_or_else(|_| make().1)
    }
}

/// A text that is likely to come again.
pub(super) fn text(text: &str) -> StringValue {
    if text.len() > LONGEST {
        return text.to_owned().into();
    }
    let make = || {
        let text: Arc<str> = text.into();
        (Arc::clone(&text), text)
    };
    Recent::get(&TEXTS, text, make).into()
}

/// An address as text.
pub(super) fn address(ip: IpAddr) -> StringValue {
    Recent::get(&ADDRESSES, &ip, || (ip, ip.to_string().into())).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_again_is_not_copied_again() {
        let ip: IpAddr = "2001:db8::7".parse().unwrap();
        assert_eq!((text("curl").as_str(), address(ip).as_str()), ("curl", "2001:db8::7"));
        let info = allocation_counter::measure(|| {
            assert_eq!((text("curl").as_str(), address(ip).as_str()), ("curl", "2001:db8::7"));
        });
        assert_eq!(info.count_total, 0);
    }

    #[test]
    fn any_number_of_texts_keeps_a_bounded_number() {
        let info = allocation_counter::measure(|| {
            for number in 0..10_000 {
                let wanted = format!("agent {number}");
                assert_eq!(text(&wanted).as_str(), wanted);
            }
        });
        assert!(info.count_current <= PLACES as i64, "{info:?}");
        let long = "x".repeat(LONGEST + 1);
        assert_eq!(text(&long).as_str(), long);
    }
}

//! What many requests have in common, kept so that each need not read or copy it again.

use std::borrow::Borrow;
use std::cell::RefCell;
use std::hash::{BuildHasher, Hash};
use std::net::IpAddr;
use std::sync::Arc;
use std::thread::LocalKey;

use foldhash::fast::FixedState;
use telemetry_core::opentelemetry::StringValue;

use super::value::bounded;
use crate::head::authority::Authority;

/// What comes from longer text is not kept.
const LONGEST: usize = 256;

/// Places in a thread's table. What comes to a place that is taken takes it over.
const PLACES: usize = 64;

type Table<K, V> = RefCell<[Option<(K, V)>; PLACES]>;

/// A server's address, and its port if it is named.
pub(super) type Host = (StringValue, Option<u16>);

thread_local! {
    static TEXTS: Table<Box<[u8]>, Arc<str>> = const { RefCell::new([const { None }; PLACES]) };
    static HOSTS: Table<Box<str>, Option<Host>> = const { RefCell::new([const { None }; PLACES]) };
    static ADDRESSES: Table<IpAddr, Arc<str>> = const { RefCell::new([const { None }; PLACES]) };
}

/// A thread that is ending has no table any more.
#[inline]
fn get<K, Q, V>(table: &'static LocalKey<Table<K, V>>, key: &Q, keep: impl Fn(&Q) -> K, make: impl Fn(&Q) -> V) -> V
where
    K: Borrow<Q>,
    V: Clone,
    Q: Hash + Eq + ?Sized,
{
    let found = table.try_with(|table| {
        let place = FixedState::with_seed(0).hash_one(key) as usize % PLACES;
        let mut table = table.borrow_mut();
        match &table[place] {
            Some((known, value)) if known.borrow() == key => value.clone(),
            _ => table[place].insert((keep(key), make(key))).1.clone(),
        }
    });
    found.unwrap_or_else(|_| make(key))
}

/// A text that is likely to come again, with what is no text in it replaced.
pub(super) fn text(bytes: &[u8]) -> StringValue {
    if bytes.len() > LONGEST {
        return bounded(String::from_utf8_lossy(bytes)).into_owned().into();
    }
    get(&TEXTS, bytes, |bytes| bytes.into(), |bytes| String::from_utf8_lossy(bytes).into()).into()
}

/// A host that is written in this way, if it is one.
pub(super) fn host(written: &str) -> Option<Host> {
    let read = |written: &str| {
        let Authority { address, port } = Authority::read(written)?;
        Some((Arc::<str>::from(address).into(), port))
    };
    if written.len() > LONGEST { read(written) } else { get(&HOSTS, written, |written| written.into(), read) }
}

/// An address as text.
pub(super) fn address(ip: IpAddr) -> StringValue {
    get(&ADDRESSES, &ip, |ip| *ip, |ip| ip.to_string().into()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_again_is_not_copied_again() {
        let ip: IpAddr = "2001:db8::7".parse().unwrap();
        let all = || {
            assert_eq!((text(b"curl").as_str(), address(ip).as_str()), ("curl", "2001:db8::7"));
            assert_eq!(host("Shop.example:81"), Some(("shop.example".into(), Some(81))));
            assert_eq!(host("no host"), None);
        };
        all();
        assert_eq!(allocation_counter::measure(all).count_total, 0);
    }

    #[test]
    fn any_number_of_texts_keeps_a_bounded_number() {
        let info = allocation_counter::measure(|| {
            for number in 0..10_000 {
                let wanted = format!("agent{number}");
                assert_eq!(text(wanted.as_bytes()).as_str(), wanted);
                assert_eq!(host(&wanted), Some((wanted.into(), None)));
            }
        });
        assert!(info.count_current <= 4 * PLACES as i64, "{info:?}");
    }

    #[test]
    fn long_text_is_not_kept_and_what_is_no_text_is_replaced() {
        let long = "x".repeat(LONGEST + 1);
        let info = allocation_counter::measure(|| {
            assert_eq!(text(long.as_bytes()).as_str(), long);
            assert_eq!(host(&long), None, "no name is that long");
        });
        assert_eq!(info.count_current, 0);
        assert_eq!(text(b"a\xffb").as_str(), "a\u{fffd}b");
    }
}

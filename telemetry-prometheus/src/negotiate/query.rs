//! `?name[]=..`: the families that a scrape wants.

use std::borrow::Cow;

/// More names than that in one query are not looked at. `http` reads no URI above 64 KiB, which has room for 7000.
const MAX_NAMES: usize = 1000;

/// The families that a page is to have, by the names that they have in it.
///
/// Filters that let the same names through are equal, in whatever order the query has them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct NameFilter {
    /// Sorted, each once. Without any there is no filter.
    names: Box<[String]>,
}

impl NameFilter {
    /// The filter of a request with this query. What the query has besides `name[]` is not looked at.
    ///
    /// `name[]=` asks for a family without a name, and so for an empty page.
    pub(crate) fn new(query: Option<&str>) -> Self {
        let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        let names = pairs.filter(|(key, _)| key == "name[]").map(|(_, name)| name);
        let mut names: Vec<String> = names.take(MAX_NAMES).map(Cow::into_owned).collect();
        names.sort_unstable();
        names.dedup();
        Self { names: names.into() }
    }

    pub(crate) fn is_all(&self) -> bool {
        self.names.is_empty()
    }

    pub(crate) fn includes(&self, name: &str) -> bool {
        self.is_all() || self.names.binary_search_by(|own| own.as_str().cmp(name)).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn filter(query: &str) -> NameFilter {
        NameFilter::new(Some(query))
    }

    #[test]
    fn px155_without_names_everything_is_included() {
        for query in ["", "&&", "name=a", "names[]=a", "NAME[]=a", "name[0]=a", "collect[]=a", "%"] {
            assert!(filter(query).is_all(), "{query}");
            assert!(filter(query).includes("a"));
        }
        assert_eq!(NameFilter::new(None), filter(""));
    }

    #[test]
    fn px155_only_the_names_that_were_asked_for_are_included() {
        for query in [
            "name[]=a&name[]=b_total",
            "name%5B%5D=a&name%5b%5d=b_total",
            "x=1&name[]=b_total&y&name[]=%61",
            "name[]=a&name[]=a&name[]=b%5Ftotal",
        ] {
            let filter = filter(query);
            assert!(!filter.is_all(), "{query}");
            assert!(filter.includes("a") && filter.includes("b_total"), "{query}");
            assert!(!filter.includes("b") && !filter.includes("") && !filter.includes("A"), "{query}");
        }
    }

    #[test]
    fn px155_names_are_not_only_ascii() {
        assert!(filter("name[]=caf%C3%A9.au+lait").includes("caf\u{e9}.au lait"));
        // What is not UTF-8 is no name that exists, but a name all the same.
        assert!(!filter("name[]=%FF").is_all());
    }

    #[test]
    fn px155_an_empty_name_is_no_family() {
        assert!(!filter("name[]=").is_all());
        assert!(!filter("name[]").includes("a"));
    }

    #[test]
    fn px155_filters_for_the_same_names_are_one_key() {
        assert_eq!(filter("name[]=a&name[]=b"), filter("name%5B%5D=b&z=1&name[]=a&name[]=b"));
        assert_ne!(filter("name[]=a"), filter("name[]=b"));
        assert_ne!(filter("name[]="), filter(""));
    }

    #[test]
    fn px155_the_number_of_names_is_limited() {
        let query: String = (0..MAX_NAMES + 10).map(|i| format!("name[]=n{i}&")).collect();
        let filter = filter(&query);
        assert_eq!(filter.names.len(), MAX_NAMES);
        assert!(filter.includes(&format!("n{}", MAX_NAMES - 1)));
        assert!(!filter.includes(&format!("n{MAX_NAMES}")));
    }

    proptest! {
        #[test]
        fn px155_any_name_comes_through(names in prop::collection::vec(any::<String>(), 1..5)) {
            let query = form_urlencoded::Serializer::new(String::new())
                .extend_pairs(names.iter().map(|name| ("name[]", name)))
                .finish();
            for name in &names {
                prop_assert!(filter(&query).includes(name));
            }
        }

        #[test]
        fn px155_any_query_is_a_filter(query in any::<String>(), name in any::<String>()) {
            let filter = filter(&query);
            prop_assert!(filter.includes(&name) || !filter.is_all());
        }
    }
}

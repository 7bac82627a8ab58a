use std::sync::Arc;

use http::Method;
use telemetry_core::opentelemetry::StringValue;
use telemetry_core::semconv::attribute::OTHER;

/// The methods that the conventions know.
const KNOWN: [&str; 10] = ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS", "CONNECT", "TRACE", "QUERY"];

/// Replaces the list of known methods: names between commas.
const VARIABLE: &str = "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS";

/// Far more than there are.
const MOST: usize = 1024;

/// The methods that are reported by name; all others are `_OTHER`.
#[derive(Clone, Debug)]
pub(crate) struct KnownMethods(Vec<Method>);

impl KnownMethods {
    /// The list of the environment, or else that of the conventions.
    pub(crate) fn from_env() -> Self {
        std::env::var(VARIABLE).ok().and_then(|list| Self::parse(&list)).unwrap_or_else(Self::conventions)
    }

    fn conventions() -> Self {
        KNOWN.into_iter().collect()
    }

    fn parse(list: &str) -> Option<Self> {
        let names: Self = list.split(',').collect();
        if names.0.is_empty() { None } else { Some(names) }
    }

    /// The names, `_OTHER` last. [`index`](Self::index) points into this list.
    pub(crate) fn names(&self) -> impl Iterator<Item = StringValue> {
        self.0.iter().map(|method| Arc::<str>::from(method.as_str()).into()).chain([OTHER.into()])
    }

    /// Where in [`names`](Self::names) the method stands. Case counts.
    #[inline]
    pub(crate) fn index(&self, method: &Method) -> u16 {
        self.0.iter().position(|known| known == method).unwrap_or(self.0.len()) as u16
    }
}

impl<'a> FromIterator<&'a str> for KnownMethods {
    fn from_iter<I: IntoIterator<Item = &'a str>>(names: I) -> Self {
        // What is no method, the empty item among it, never comes in a request.
        let methods = names.into_iter().filter_map(|name| Method::from_bytes(name.trim().as_bytes()).ok());
        Self(methods.take(MOST).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reported(known: &KnownMethods, method: &str) -> String {
        let index = known.index(&Method::from_bytes(method.as_bytes()).unwrap());
        known.names().nth(index.into()).unwrap().to_string()
    }

    #[test]
    fn hs_01_known_methods_keep_their_name_and_others_do_not() {
        let known = KnownMethods::conventions();
        for method in KNOWN {
            assert_eq!(reported(&known, method), method);
        }
        for method in ["get", "Get", "PURGE", "GETS", "X"] {
            assert_eq!(reported(&known, method), "_OTHER");
        }
    }

    #[test]
    fn hs_02_a_given_list_replaces_the_default() {
        let known = KnownMethods::parse(" GET , PURGE,, ").unwrap();
        assert_eq!(reported(&known, "GET"), "GET");
        assert_eq!(reported(&known, "PURGE"), "PURGE");
        assert_eq!(reported(&known, "POST"), "_OTHER");
        assert!(KnownMethods::parse(" , ").is_none());
    }
}

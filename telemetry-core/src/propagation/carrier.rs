use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::propagation::{Extractor, Injector};

/// Lets a propagator of OpenTelemetry read from a [`HeaderMap`].
///
/// Names are compared without regard to case. A value that has anything but visible ASCII, blanks and tabs is no text
/// and is passed over: `get` is the first of the others, `get_all` all of them in order.
///
/// ```
/// use http::HeaderMap;
/// use telemetry_core::opentelemetry::propagation::Extractor;
/// use telemetry_core::propagation::HeaderExtractor;
///
/// let mut headers = HeaderMap::new();
/// headers.append("baggage", "a=1".parse()?);
/// headers.append("baggage", "b=2".parse()?);
/// let extractor = HeaderExtractor(&headers);
/// assert_eq!(extractor.get("Baggage"), Some("a=1"));
/// assert_eq!(extractor.get_all("Baggage"), Some(vec!["a=1", "b=2"]));
/// # Ok::<(), http::header::InvalidHeaderValue>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct HeaderExtractor<'a>(pub &'a HeaderMap);

impl HeaderExtractor<'_> {
    fn texts(&self, key: &str) -> impl Iterator<Item = &str> {
        self.0.get_all(key).iter().filter_map(|value| value.to_str().ok())
    }
}

impl Extractor for HeaderExtractor<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.texts(key).next()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }

    fn get_all(&self, key: &str) -> Option<Vec<&str>> {
        let texts: Vec<_> = self.texts(key).collect();
        (!texts.is_empty()).then_some(texts)
    }
}

/// Lets a propagator of OpenTelemetry write into a [`HeaderMap`].
///
/// What is set replaces all lines that the header had. An empty value takes the header away, since an [`Injector`]
/// knows no other way to say so; so does a value that no header can have. A name that no header can have is passed
/// over, and so is a header that does not fit into a full map.
///
/// ```
/// use http::HeaderMap;
/// use telemetry_core::opentelemetry::propagation::Injector;
/// use telemetry_core::propagation::HeaderInjector;
///
/// let mut headers = HeaderMap::new();
/// headers.insert("tracestate", "stale=1".parse()?);
/// HeaderInjector(&mut headers).set("tracestate", String::new());
/// assert!(headers.is_empty());
/// # Ok::<(), http::header::InvalidHeaderValue>(())
/// ```
#[derive(Debug)]
pub struct HeaderInjector<'a>(pub &'a mut HeaderMap);

impl Injector for HeaderInjector<'_> {
    fn set(&mut self, key: &str, value: String) {
        let Ok(name) = HeaderName::from_bytes(key.as_bytes()) else { return };
        let value = (!value.is_empty()).then(|| HeaderValue::try_from(value).ok()).flatten();
        replace(self.0, &name, true, value);
    }
}

/// Puts `value` in the place of all lines of `name`, or nothing. `present` is whether there may be such lines.
pub(super) fn replace(headers: &mut HeaderMap, name: &HeaderName, present: bool, value: Option<HeaderValue>) {
    match value {
        // A map that is full keeps what it has.
        Some(value) => drop(headers.try_insert(name, value)),
        None if present => drop(headers.remove(name)),
        None => {}
    }
}

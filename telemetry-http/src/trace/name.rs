//! The names of spans.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::sync::LazyLock;

use telemetry_core::bound::Interner;
use telemetry_core::opentelemetry::StringValue;
use telemetry_core::semconv::attribute::OTHER;

/// What a span is named after, and its name.
#[derive(Clone, Debug)]
pub(super) enum Name {
    Known(&'static Known),
    Other(Box<Other>),
}

/// A name that is kept for good.
#[derive(Debug)]
pub(super) struct Known {
    method: &'static str,
    target: Option<&'static str>,
    text: &'static str,
}

#[derive(Clone, Debug)]
pub(super) struct Other {
    method: String,
    target: Option<String>,
    text: String,
    /// Whether the caller has given the text.
    is_given: bool,
}

/// The names that all layers of the process have used, which are never freed. An application has a few routes: whatever
/// comes past that is copied for each request.
static KNOWN: LazyLock<Interner<Known>> = LazyLock::new(|| Interner::with_limit(MOST));

const MOST: usize = 2000;

/// Longer than a route should be.
const LONGEST: usize = 512;

struct Key<'a> {
    method: &'a str,
    target: Option<&'a str>,
}

impl Hash for Key<'_> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        // A route has few methods.
        hasher.write(self.target.unwrap_or(self.method).as_bytes());
    }
}

impl Name {
    /// `{method} {target}`, or `{method}` alone. Methods that are not known are `HTTP` here, whatever the attribute says.
    pub(super) fn of(method: &str, target: Option<&str>) -> Self {
        let key = Key { method, target };
        let is = |known: &Known| known.method == method && known.target == target;
        let is_short = method.len() + target.map_or(0, str::len) <= LONGEST;
        let place = if is_short { KNOWN.find_or_insert(KNOWN.hash(&key), is, || key.leak()) } else { None };
        place.and_then(|place| KNOWN.get(place)).map_or_else(|| Self::Other(Box::new(key.own())), Self::Known)
    }

    /// The same with another text.
    pub(super) fn with_text(self, text: String) -> Self {
        let (method, target) = (self.method().to_string(), self.target().map(|target| target.to_string()));
        Self::Other(Box::new(Other { method, target, text, is_given: true }))
    }

    pub(super) fn method(&self) -> StringValue {
        match self {
            Self::Known(known) => known.method.into(),
            Self::Other(other) => other.method.clone().into(),
        }
    }

    /// The route, or for a client the template of the URL.
    pub(super) fn target(&self) -> Option<StringValue> {
        match self {
            Self::Known(known) => known.target.map(StringValue::from),
            Self::Other(other) => other.target.clone().map(StringValue::from),
        }
    }

    pub(super) fn text(&self) -> Cow<'static, str> {
        match self {
            Self::Known(known) => Cow::Borrowed(known.text),
            Self::Other(other) => Cow::Owned(other.text.clone()),
        }
    }

    /// Whether the caller has given the text.
    pub(super) fn is_given(&self) -> bool {
        matches!(self, Self::Other(other) if other.is_given)
    }
}

impl Key<'_> {
    fn text(&self) -> String {
        let method = if self.method == OTHER { "HTTP" } else { self.method };
        match self.target {
            Some(target) => format!("{method} {target}"),
            None => method.to_owned(),
        }
    }

    fn own(&self) -> Other {
        let (method, target) = (self.method.to_owned(), self.target.map(str::to_owned));
        Other { method, target, text: self.text(), is_given: false }
    }

    fn leak(&self) -> Known {
        let leak = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
        let Other { method, target, text, .. } = self.own();
        Known { method: leak(method), target: target.map(leak), text: leak(text) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sp_02_sp_03_a_name_is_the_method_and_the_target() {
        let text = |method, target| Name::of(method, target).text();
        assert_eq!(text("GET", Some("/users/{id}")), "GET /users/{id}");
        assert_eq!(text("GET", None), "GET");
        assert_eq!(text("_OTHER", Some("/users/{id}")), "HTTP /users/{id}");
        assert_eq!(text("_OTHER", None), "HTTP");
        assert_eq!(Name::of("_OTHER", None).method().as_str(), "_OTHER");
        let given = Name::of("GET", Some("/users/{id}")).with_text("user".to_owned());
        assert_eq!((&*given.text(), given.target()), ("user", Some("/users/{id}".into())));
    }

    #[test]
    fn a_known_name_is_not_copied_and_a_long_one_is_not_kept() {
        let known = || {
            let name = Name::of("POST", Some("/known"));
            assert_eq!((&*name.text(), name.method().as_str()), ("POST /known", "POST"));
        };
        known();
        assert_eq!(allocation_counter::measure(known).count_total, 0);
        let long = "/".repeat(LONGEST);
        let info = allocation_counter::measure(|| assert_eq!(Name::of("POST", Some(&long)).text().len(), LONGEST + 5));
        assert_eq!(info.count_current, 0);
    }
}

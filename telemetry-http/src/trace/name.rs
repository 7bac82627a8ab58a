//! The names of spans.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::sync::LazyLock;

use telemetry_core::bound::Interner;
use telemetry_core::opentelemetry::StringValue;
use telemetry_core::semconv::attribute::OTHER;

/// What a span is named after, and its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) method: StringValue,
    /// The route, or for a client the template of the URL.
    pub(super) target: Option<StringValue>,
    pub(super) text: Cow<'static, str>,
    /// Whether the caller has given the text.
    pub(super) is_given: bool,
}

/// The names that all layers of the process have used, which are never freed. An application has a few routes: whatever
/// comes past that is copied for each request.
static KNOWN: LazyLock<Interner<Known>> = LazyLock::new(|| Interner::with_limit(MOST));

const MOST: usize = 2000;

/// Longer than a route should be.
const LONGEST: usize = 512;

struct Known {
    method: &'static str,
    target: Option<&'static str>,
    text: &'static str,
}

struct Key<'a> {
    method: &'a str,
    target: Option<&'a str>,
}

impl Hash for Key<'_> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write(self.method.as_bytes());
        hasher.write(self.target.unwrap_or_default().as_bytes());
    }
}

impl Name {
    /// `{method} {target}`, or `{method}` alone. Methods that are not known are `HTTP` here, whatever the attribute says.
    pub(super) fn of(method: &str, target: Option<&str>) -> Self {
        let key = Key { method, target };
        let is = |known: &Known| known.method == method && known.target == target;
        let is_short = method.len() + target.map_or(0, str::len) <= LONGEST;
        let place = if is_short { KNOWN.find_or_insert(KNOWN.hash(&key), is, || key.leak()) } else { None };
        match place.and_then(|place| KNOWN.get(place)) {
            Some(known) => Self {
                method: known.method.into(),
                target: known.target.map(StringValue::from),
                text: known.text.into(),
                is_given: false,
            },
            None => Self {
                method: method.to_owned().into(),
                target: target.map(|target| target.to_owned().into()),
                text: key.text().into(),
                is_given: false,
            },
        }
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

    fn leak(&self) -> Known {
        let leak = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
        Known {
            method: leak(self.method.to_owned()),
            target: self.target.map(|target| leak(target.to_owned())),
            text: leak(self.text()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sp_02_sp_03_a_name_is_the_method_and_the_target() {
        let text = |method, target| Name::of(method, target).text;
        assert_eq!(text("GET", Some("/users/{id}")), "GET /users/{id}");
        assert_eq!(text("GET", None), "GET");
        assert_eq!(text("_OTHER", Some("/users/{id}")), "HTTP /users/{id}");
        assert_eq!(text("_OTHER", None), "HTTP");
        assert_eq!(Name::of("_OTHER", None).method.as_str(), "_OTHER");
    }

    #[test]
    fn a_known_name_is_not_copied_and_a_long_one_is_not_kept() {
        let known = Name::of("POST", Some("/known"));
        let info = allocation_counter::measure(|| assert_eq!(Name::of("POST", Some("/known")), known));
        assert_eq!(info.count_total, 0);
        let long = "/".repeat(LONGEST);
        let info = allocation_counter::measure(|| assert_eq!(Name::of("POST", Some(&long)).text.len(), LONGEST + 5));
        assert_eq!(info.count_current, 0);
    }
}

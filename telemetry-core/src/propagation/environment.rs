use std::borrow::Cow;

use super::Propagator;
use super::formats::Formats;

const VARIABLE: &str = "OTEL_PROPAGATORS";
const IS_IGNORED: &str = "is ignored in part";
const DEFAULT: Formats = Formats { trace_context: true, baggage: true };

impl Propagator {
    /// What `OTEL_PROPAGATORS` says: a list of `tracecontext` and `baggage`, in any case, or `none`.
    ///
    /// Without the variable, or with an empty one, it is both. `none` wins over what stands beside it. Other names are
    /// left out, and one warning tells of them: `b3`, `b3multi`, `jaeger`, `xray` and `ottrace` are not spoken here,
    /// and a propagator that does can be given to [`new`](Self::new). When no name is left, there is no propagation.
    ///
    /// ```
    /// use telemetry_core::opentelemetry::global;
    /// use telemetry_core::propagation::Propagator;
    ///
    /// global::set_text_map_propagator(Propagator::from_env());
    /// ```
    #[must_use]
    pub fn from_env() -> Self {
        // What is no Unicode is an unknown name as well, and not a missing one.
        let value = std::env::var_os(VARIABLE);
        let value = value.as_deref().map_or(Cow::Borrowed(""), |value| value.to_string_lossy());
        Self::named(&value, |problem| tracing::warn!("{VARIABLE} {IS_IGNORED}: {problem}"))
    }

    /// As [`from_env`](Self::from_env), for a setup that has its variables from elsewhere.
    #[cfg(feature = "sdk")]
    pub(crate) fn from_settings(settings: &crate::settings::Settings) -> Self {
        let value = settings.text(VARIABLE).unwrap_or_default();
        Self::named(&value, |problem| settings.object(VARIABLE, IS_IGNORED, problem))
    }

    fn named(value: &str, object: impl FnOnce(String)) -> Self {
        let (formats, ignored) = parse(value);
        if !ignored.is_empty() {
            object(format!("{ignored:?} is not supported, only tracecontext, baggage and none are"));
        }
        Self::formats(formats)
    }
}

/// The formats, and the names that are none.
fn parse(value: &str) -> (Formats, Vec<&str>) {
    let (mut formats, mut none, mut empty) = (Formats::default(), false, true);
    let mut ignored = Vec::new();
    for name in value.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        empty = false;
        match name {
            _ if name.eq_ignore_ascii_case("tracecontext") => formats.trace_context = true,
            _ if name.eq_ignore_ascii_case("baggage") => formats.baggage = true,
            _ if name.eq_ignore_ascii_case("none") => none = true,
            _ => ignored.push(name),
        }
    }
    match (empty, none) {
        (true, _) => (DEFAULT, ignored),
        (_, true) => (Formats::default(), ignored),
        _ => (formats, ignored),
    }
}

use std::borrow::Cow;

const VARIABLE: &str = "OTEL_METRICS_EXEMPLAR_FILTER";

/// Which measurements may become exemplars.
///
/// ```
/// use telemetry_core::exemplar::{ExemplarFilter, ExemplarStore};
///
/// let store = ExemplarStore::builder().with_filter(ExemplarFilter::AlwaysOn).build();
/// # let _ = store;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExemplarFilter {
    /// Those that were made in a sampled span.
    #[default]
    TraceBased,
    /// All, also those that were made in no span.
    AlwaysOn,
    /// None.
    AlwaysOff,
}

impl ExemplarFilter {
    /// What `OTEL_METRICS_EXEMPLAR_FILTER` says: `trace_based`, `always_on` or `always_off`, in any case.
    ///
    /// Without the variable, or with an empty one, it is [`TraceBased`](Self::TraceBased). With any other value it is
    /// the same, and a warning is logged.
    ///
    /// ```
    /// use telemetry_core::exemplar::ExemplarFilter;
    ///
    /// let filter = ExemplarFilter::from_env();
    /// # let _ = filter;
    /// ```
    #[must_use]
    pub fn from_env() -> Self {
        // What is no Unicode is an unknown value as well, and not a missing one.
        let value = std::env::var_os(VARIABLE);
        Self::parse(&value.as_deref().map_or(Cow::Borrowed(""), |value| value.to_string_lossy()))
    }

    fn parse(value: &str) -> Self {
        let known = [("trace_based", Self::TraceBased), ("always_on", Self::AlwaysOn), ("always_off", Self::AlwaysOff)];
        if value.is_empty() {
            return Self::default();
        }
        if let Some((_, filter)) = known.into_iter().find(|(name, _)| value.eq_ignore_ascii_case(name)) {
            return filter;
        }
        tracing::warn!("{VARIABLE} is ignored: {value:?} is not one of trace_based, always_on, always_off");
        Self::default()
    }
}

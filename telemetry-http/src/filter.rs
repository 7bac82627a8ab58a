use std::fmt;
use std::sync::Arc;

use http::request::Parts;

type Keep = dyn Fn(&Parts) -> bool + Send + Sync;

/// Which requests are observed. A request that is not appears in no metric, not even in the active ones, and has no span; a
/// client's goes out as it is, without the headers that would pass a trace on.
///
/// One filter may be given to several layers, so that all of them keep the same requests out. The default observes all.
///
/// ```
/// use telemetry_http::{RequestFilter, RequestMetricsLayer};
///
/// let filter = RequestFilter::except_paths(["/healthz", "/metrics"]);
/// let layer = RequestMetricsLayer::new().with_filter(filter.clone());
/// # let _ = layer;
/// ```
#[derive(Clone, Default)]
pub struct RequestFilter(Option<Arc<Keep>>);

impl RequestFilter {
    /// Observes the requests for which `keep` returns `true`. It runs once for each request, on the hot path.
    ///
    /// If it panics, the panic goes on to the caller, and the request was never observed.
    #[must_use]
    pub fn new(keep: impl Fn(&Parts) -> bool + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(keep)))
    }

    /// Observes all but the requests for exactly these paths, whatever their query says.
    #[must_use]
    pub fn except_paths<P: Into<String>>(paths: impl IntoIterator<Item = P>) -> Self {
        let paths: Box<[String]> = paths.into_iter().map(Into::into).collect();
        Self::new(move |parts| !paths.iter().any(|path| path == parts.uri.path()))
    }

    #[inline]
    pub(crate) fn keeps(&self, parts: &Parts) -> bool {
        self.0.as_ref().is_none_or(|keep| keep(parts))
    }
}

impl fmt::Debug for RequestFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "RequestFilter(..)" } else { "RequestFilter(all)" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_kept_out_exactly() {
        let keeps =
            |filter: &RequestFilter, uri: &str| filter.keeps(&http::Request::get(uri).body(()).unwrap().into_parts().0);
        let filter = RequestFilter::except_paths(["/metrics"]);
        assert!(!keeps(&filter, "/metrics"));
        assert!(!keeps(&filter, "/metrics?name[]=up"));
        assert!(keeps(&filter, "/metrics/more"));
        assert!(keeps(&RequestFilter::default(), "/metrics"));
    }
}

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::StatusCode;
use http::request::Parts;
use telemetry_core::opentelemetry::StringValue;

type Extract = dyn Fn(&Parts) -> Option<StringValue> + Send + Sync;

/// Where the route comes from.
#[derive(Clone, Default)]
pub(crate) enum RouteSource {
    /// From axum's `MatchedPath`, where the feature is on and the layer stands inside the router.
    #[default]
    Framework,
    /// From the caller's function.
    Function(Arc<Extract>),
}

impl RouteSource {
    pub(crate) fn route(&self, parts: &Parts) -> Option<StringValue> {
        match self {
            Self::Framework => matched_path(parts),
            Self::Function(extract) => extract(parts),
        }
    }
}

impl fmt::Debug for RouteSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Framework => "Framework",
            Self::Function(_) => "Function",
        })
    }
}

#[cfg(feature = "axum")]
fn matched_path(parts: &Parts) -> Option<StringValue> {
    let path = parts.extensions.get::<axum::extract::MatchedPath>()?;
    Some(shared(path.as_str()).into())
}

#[cfg(not(feature = "axum"))]
fn matched_path(_: &Parts) -> Option<StringValue> {
    None
}

/// More routes than a router has; a bound in case something makes up routes as it goes.
const MOST_SHARED: usize = 1024;

/// A shared copy of `route`, so that a request does not have to allocate one: `MatchedPath` does not give its own away.
#[cfg_attr(not(feature = "axum"), allow(dead_code))]
fn shared(route: &str) -> Arc<str> {
    thread_local! {
        static SHARED: RefCell<HashSet<Arc<str>>> = RefCell::default();
    }
    // A thread that is ending has no map any more, but may still drop requests.
    let known = SHARED.try_with(|shared| {
        let mut shared = shared.borrow_mut();
        if let Some(known) = shared.get(route) {
            return Arc::clone(known);
        }
        let new = Arc::<str>::from(route);
        if shared.len() < MOST_SHARED {
            shared.insert(Arc::clone(&new));
        }
        new
    });
    known.unwrap_or_else(|_| route.into())
}

/// Says once why no route is seen.
#[derive(Debug, Default)]
pub(crate) struct MissingRouteNotice(AtomicBool);

impl MissingRouteNotice {
    /// To be called for a response to a request of which no route was seen.
    pub(crate) fn check(&self, source: &RouteSource, status: StatusCode) {
        let unmatched = matches!(status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED);
        if unmatched || matches!(source, RouteSource::Function(_)) {
            return;
        }
        // Only read from the second time on: a write would pass the cache line from core to core with each request.
        if self.0.load(Ordering::Relaxed) || self.0.swap(true, Ordering::Relaxed) {
            return;
        }
        if cfg!(feature = "axum") {
            tracing::warn!(
                "http.route is missing from the metrics: RequestMetricsLayer sees no axum MatchedPath. It stands around \
                 the whole router, or the request went to a fallback or a nested service. Add it with Router::layer or \
                 Router::route_layer, or give it a function with with_route"
            );
        } else {
            tracing::warn!(
                "http.route is missing from the metrics: RequestMetricsLayer knows no router. Turn on feature `axum` of \
                 telemetry-http, or give the layer a function with with_route"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_route_is_shared() {
        let first = shared("/users/{id}");
        assert!(Arc::ptr_eq(&first, &shared("/users/{id}")));
        assert!(!Arc::ptr_eq(&first, &shared("/users")));
    }

    #[test]
    fn made_up_routes_do_not_pile_up() {
        let routes: Vec<_> = (0..2 * MOST_SHARED).map(|i| shared(&format!("/{i}"))).collect();
        let kept = routes.iter().filter(|route| Arc::strong_count(route) > 1).count();
        assert!(kept <= MOST_SHARED, "{kept}");
    }
}

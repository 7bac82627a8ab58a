use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::StatusCode;
use http::request::Parts;
use telemetry_core::opentelemetry::StringValue;

use crate::common::Common;
use crate::side::Side;

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
    /// What the caller's function says, which may panic.
    #[inline]
    pub(crate) fn given(&self, parts: &Parts) -> Option<StringValue> {
        match self {
            Self::Framework => None,
            Self::Function(extract) => extract(parts),
        }
    }

    /// What stands in the request's extensions.
    #[inline]
    pub(crate) fn known<'a>(&self, side: Side, parts: &'a Parts) -> Option<&'a str> {
        match (self, side) {
            (Self::Function(_), _) => None,
            (Self::Framework, Side::Server) => matched_path(parts),
            (Self::Framework, Side::Client) => parts.extensions.get().map(UrlTemplate::as_str),
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
#[inline]
fn matched_path(parts: &Parts) -> Option<&str> {
    parts.extensions.get::<axum::extract::MatchedPath>().map(axum::extract::MatchedPath::as_str)
}

#[cfg(not(feature = "axum"))]
fn matched_path(_: &Parts) -> Option<&str> {
    None
}

/// The route of a request, in the extensions of its response: for a router, or a handler, that knows it later than the
/// layer around it. [`RequestMetricsLayer`](crate::RequestMetricsLayer) looks for it when the head is there; it wins over
/// what the layer knew itself. `RequestTraceLayer` does the same, but a span keeps the route that it began with.
///
/// ```
/// use telemetry_http::HttpRoute;
///
/// let mut response = http::Response::new("hello");
/// response.extensions_mut().insert(HttpRoute::new("/users/{id}"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRoute(StringValue);

/// The template of the URL that a client asks for, in the extensions of its request: `url.template`. It must be from a
/// small set, never the path.
///
/// ```
/// use telemetry_http::UrlTemplate;
///
/// let mut request = http::Request::get("http://shop.example/users/42").body(())?;
/// request.extensions_mut().insert(UrlTemplate::new("/users/{id}"));
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlTemplate(StringValue);

impl HttpRoute {
    /// Takes a route. A `&'static str` or an `Arc<str>` costs no allocation.
    #[must_use]
    pub fn new(route: impl Into<StringValue>) -> Self {
        Self(route.into())
    }

    /// The route.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

#[cfg(any(feature = "axum", feature = "trace"))]
impl HttpRoute {
    pub(crate) fn value(&self) -> StringValue {
        self.0.clone()
    }
}

impl UrlTemplate {
    /// Takes a template. A `&'static str` or an `Arc<str>` costs no allocation.
    #[must_use]
    pub fn new(template: impl Into<StringValue>) -> Self {
        Self(template.into())
    }

    /// The template.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// Says once why no route is seen.
#[derive(Debug, Default)]
pub(crate) struct MissingRouteNotice(AtomicBool);

impl MissingRouteNotice {
    /// To be called when a request of which no route was seen has been answered.
    pub(crate) fn check(&self, options: &Common, status: StatusCode) {
        let unmatched = matches!(status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED);
        if unmatched || matches!(options.route, RouteSource::Function(_)) || options.side == Side::Client {
            return;
        }
        // Only read from the second time on: a write would pass the cache line from core to core with each request.
        if self.0.load(Ordering::Relaxed) || self.0.swap(true, Ordering::Relaxed) {
            return;
        }
        if cfg!(feature = "axum") {
            tracing::warn!(
                "http.route is missing: the layer around this request sees no axum MatchedPath. It stands around the whole \
                 router, or the request went to a fallback or a nested service. Add it with Router::layer or \
                 Router::route_layer, add RouteLayer inside of the router, or give it a function with with_route"
            );
        } else {
            tracing::warn!(
                "http.route is missing: the layer around this request knows no router. Turn on feature `axum` of \
                 telemetry-http, or give the layer a function with with_route"
            );
        }
    }
}

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use http::Extensions;
use telemetry_core::opentelemetry::{KeyValue, StringValue};

/// What the handler of a request adds to its metrics and its span while it runs: attributes, and the route if only it knows
/// that.
///
/// [`RequestMetricsLayer::with_labels`](crate::RequestMetricsLayer::with_labels) puts one into the extensions of each
/// request, and so does `RequestTraceLayer::with_labels`; two such layers around a request share it. Clones share their
/// content. What is set after the response has ended is not seen any more, and neither is what is set on a default one,
/// which belongs to no request.
///
/// ```
/// use telemetry_core::opentelemetry::KeyValue;
/// use telemetry_http::RequestLabels;
///
/// async fn handler(request: http::Request<()>) -> http::Response<String> {
///     if let Some(labels) = request.extensions().get::<RequestLabels>() {
///         labels.add(KeyValue::new("shop.plan", "gold"));
///     }
///     http::Response::new("hello".to_owned())
/// }
/// # let _ = handler;
/// ```
///
/// With feature `axum` it is also an extractor, which never fails: a handler takes `labels: RequestLabels` as an
/// argument.
#[derive(Clone, Debug, Default)]
pub struct RequestLabels(Arc<Mutex<Content>>);

#[derive(Debug, Default)]
struct Content {
    attributes: Vec<KeyValue>,
    route: Option<StringValue>,
}

/// More than a metric should have.
const MOST: usize = 32;

impl RequestLabels {
    /// Adds an attribute to the duration and the body sizes of this request. A later one of the same name wins, also
    /// over those that the layer was given. A request takes 32; more are left out, and so are the names that the layer
    /// sets itself and values that are not a number.
    ///
    /// Every different value makes a series of its own: take values from small sets.
    ///
    /// A span shows values of any kind. It cannot replace what it was given when it began, and would show both: take other
    /// names than those of `RequestTraceLayer::with_attributes`.
    pub fn add(&self, attribute: KeyValue) {
        let mut content = self.lock();
        if content.attributes.len() < MOST {
            content.attributes.push(attribute);
        }
    }

    /// Sets `http.route`: a template from a small set, never the path. It wins over what the layer knew itself, except that
    /// a span keeps the route that it began with.
    pub fn set_route(&self, route: impl Into<StringValue>) {
        self.lock().route = Some(route.into());
    }

    /// Those that a request is given: the layer around this one may have done so, and its labels are `shared`.
    pub(crate) fn give(shared: Option<&OnceLock<Self>>, extensions: &mut Extensions) -> Self {
        if let Some(given) = shared.and_then(OnceLock::get) {
            return given.clone();
        }
        let labels = Self::default();
        if let Some(shared) = shared {
            let _ = shared.set(labels.clone());
        }
        extensions.insert(labels.clone());
        labels
    }

    /// What is there: the metrics and the span of a request both ask.
    pub(crate) fn content(&self) -> (Vec<KeyValue>, Option<StringValue>) {
        let content = self.lock();
        (content.attributes.clone(), content.route.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(feature = "axum")]
impl<S: Sync> axum::extract::FromRequestParts<S> for RequestLabels {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut http::request::Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_takes_so_many_labels_and_no_more() {
        let labels = RequestLabels::default();
        let clone = labels.clone();
        (0..2 * MOST as i64).for_each(|i| clone.add(KeyValue::new("n", i)));
        clone.set_route("/first");
        clone.set_route("/second");
        let (attributes, route) = labels.content();
        assert_eq!((attributes.len(), route), (MOST, Some("/second".into())));
        assert_eq!(labels.content().0.len(), MOST, "whoever asks next finds the same");
    }
}

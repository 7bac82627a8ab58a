use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use http::Extensions;

/// Counts how often a request is sent, for `http.request.resend_count` on the spans of
/// `ClientTraceLayer`.
///
/// Put one into the extensions of a request outside of the layer that retries it or follows redirects, with the trace
/// layer inside of that. Clones of the request share it. The first attempt has no count, the second one has 1.
///
/// ```
/// use telemetry_http::Resends;
///
/// let mut request = http::Request::get("http://shop.example/").body(())?;
/// request.extensions_mut().insert(Resends::default());
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Resends(Arc<AtomicU32>);

impl Resends {
    /// How often the request was sent before, if it was. It is being sent now.
    pub(super) fn count(extensions: &Extensions) -> Option<i64> {
        let before = extensions.get::<Self>()?.0.fetch_add(1, Ordering::Relaxed);
        (before > 0).then(|| before.into())
    }
}

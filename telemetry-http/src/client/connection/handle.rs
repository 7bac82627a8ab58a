use std::sync::Arc;

use super::record::Connection;
use super::state::Event;

/// Leads from a response to the connection that it came on.
///
/// [`ClientConnectionLayer`](crate::ClientConnectionLayer) puts it into the extensions of each response. Clones are
/// cheap; they keep the connection neither open nor counted.
///
/// ```
/// use telemetry_http::{ActiveStream, ConnectionHandle};
///
/// /// Keep the guard until the body has ended.
/// fn mark_active<B>(response: &http::Response<B>) -> Option<ActiveStream> {
///     response.extensions().get::<ConnectionHandle>().map(ConnectionHandle::stream)
/// }
/// # assert!(mark_active(&http::Response::new(())).is_none());
/// ```
#[derive(Clone, Debug)]
pub struct ConnectionHandle(pub(super) Arc<Connection>);

impl ConnectionHandle {
    /// Holds the connection `active` until the guard is dropped. Take it when the head of a response arrives, and drop
    /// it at the end of the response's body.
    ///
    /// A connection is active while it has any guard. A guard of a connection that has closed does nothing.
    pub fn stream(&self) -> ActiveStream {
        self.0.on(Event::StreamBegan);
        ActiveStream(Arc::clone(&self.0))
    }
}

/// Holds a connection `active` for as long as it lives; [`ConnectionHandle::stream`] makes it.
#[derive(Debug)]
#[must_use = "dropping the guard ends the stream at once"]
pub struct ActiveStream(Arc<Connection>);

impl ActiveStream {
    /// The response switched to another protocol, which goes on after its head (101, or 2xx to CONNECT). An HTTP/1
    /// connection carries nothing else from then on, and stays active until it is closed. For HTTP/2 this is the end of
    /// the guard and nothing more: when one of many streams ends as a tunnel is not seen here.
    pub fn upgrade(self) {
        self.0.on(Event::Upgraded);
    }
}

impl Drop for ActiveStream {
    fn drop(&mut self) {
        self.0.on(Event::StreamEnded);
    }
}

use std::io;

use super::Listener;
use super::limit::Limit;
use super::pause::Pauses;
use super::status::Status;
use crate::settings::Shared;

/// A listener whose connections are metered, and its failures and rejections too.
/// [`NetworkMetricsLayer::listen`](crate::NetworkMetricsLayer::listen) makes it.
#[derive(Debug)]
#[must_use = "a listener accepts what it is asked for"]
pub struct MeteredListener<L> {
    pub(super) listener: L,
    pub(super) status: Status,
    pub(super) limit: Option<Limit>,
    pub(super) pauses: Pauses,
}

impl<L: Listener> MeteredListener<L> {
    pub(crate) fn new(listener: L, shared: Shared) -> Self {
        let status = Status::new(&listener, shared);
        Self { listener, status, limit: None, pauses: Pauses::new() }
    }

    /// Where it listens.
    ///
    /// # Errors
    ///
    /// When the system does not tell.
    pub fn local_address(&self) -> io::Result<L::Address> {
        self.listener.local_address()
    }
}

impl<L> MeteredListener<L> {
    /// Lets so many connections of this listener be open at once. What comes beyond is accepted, closed at once and
    /// counted in `transport.server.rejected_connections`; it is never among the connections that are open, nor has it a
    /// duration. A connection that is there before this is called takes no place.
    ///
    /// A peer whose bytes nobody has read sees its connection reset, as TCP has it.
    pub fn with_max_connections(mut self, most: usize) -> Self {
        self.limit = Some(Limit::new(most));
        self
    }

    /// The listener inside.
    #[must_use]
    pub fn get_ref(&self) -> &L {
        &self.listener
    }

    /// The listener inside, no longer metered. Connections that it has accepted still are.
    #[must_use]
    pub fn into_inner(self) -> L {
        self.listener
    }
}

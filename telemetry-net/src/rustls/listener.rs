//! All handshakes of a listener.

use std::fmt;
use std::future::poll_fn;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;

use super::{MeteredTlsAcceptor, TlsStream};
use crate::{Listener, MeteredListener};

/// So many handshakes may go on at once, unless set otherwise.
const HANDSHAKES: usize = 1024;

/// So long a handshake may take, unless set otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

type Accepted<L> = (TlsStream<<L as Listener>::Io>, <L as Listener>::Address);

/// A listener whose connections have TLS when they come out of it. [`MeteredTlsAcceptor::listen`] makes it.
///
/// Handshakes are made in tasks beside each other, so a slow client holds nobody up. Those that fail are recorded, and
/// their connections closed; they never come out. A handshake may take ten seconds unless the acceptor was told
/// otherwise, for which the runtime needs its time driver.
///
/// Dropping it cancels the handshakes that go on.
#[must_use = "a listener accepts what it is asked for"]
pub struct MeteredTlsListener<L: Listener> {
    acceptor: MeteredTlsAcceptor,
    listener: MeteredListener<L>,
    limit: usize,
    /// `None` if it failed.
    handshakes: JoinSet<Option<Accepted<L>>>,
}

impl<L: Listener> MeteredTlsListener<L> {
    pub(super) fn new(acceptor: MeteredTlsAcceptor, listener: MeteredListener<L>) -> Self
    where
        L::Io: Send,
        L::Address: Send + 'static,
    {
        let timeout = acceptor.timeout().unwrap_or(TIMEOUT);
        Self { acceptor: acceptor.with_timeout(timeout), listener, limit: HANDSHAKES, handshakes: JoinSet::new() }
    }

    /// Sets how many handshakes may go on at once: 1024 unless this is called, and never less than one. While there are so
    /// many, no connection is accepted. Those that are done and wait for [`accept`](Self::accept) count as well.
    pub fn with_handshake_limit(mut self, limit: usize) -> Self {
        self.limit = limit.max(1);
        self
    }

    /// The listener below.
    pub fn get_ref(&self) -> &MeteredListener<L> {
        &self.listener
    }
}

impl<L> MeteredTlsListener<L>
where
    L: Listener,
    L::Io: AsyncRead + AsyncWrite + Unpin + Send,
    L::Address: Send + 'static,
{
    /// The next connection whose handshake is done, which need not be the next that came. It accepts while it waits, as
    /// [`MeteredListener::accept`] does.
    ///
    /// It is safe to drop the future before it is done: no connection is lost, and handshakes go on.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub async fn accept(&mut self) -> (TlsStream<L::Io>, L::Address) {
        poll_fn(|cx| self.poll_accept(cx)).await
    }

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<Accepted<L>> {
        loop {
            match self.handshakes.poll_join_next(cx) {
                Poll::Ready(Some(Ok(Some(done)))) => return Poll::Ready(done),
                // It failed or panicked, which is recorded.
                Poll::Ready(Some(_)) => continue,
                Poll::Ready(None) | Poll::Pending => {}
            }
            if self.handshakes.len() >= self.limit {
                return Poll::Pending;
            }
            let (stream, address) = ready!(self.listener.poll_accept(cx));
            let accepting = self.acceptor.accept(stream);
            self.handshakes.spawn(async { Some((accepting.await.ok()?, address)) });
        }
    }
}

impl<L: Listener + fmt::Debug> fmt::Debug for MeteredTlsListener<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeteredTlsListener")
            .field("listener", &self.listener)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

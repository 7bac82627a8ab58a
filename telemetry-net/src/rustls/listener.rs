//! All handshakes of a listener.

use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;

use super::{MeteredTlsAcceptor, TlsStream};
use crate::{Listener, MeteredListener, MeteredStream};

/// So many handshakes may go on at once, unless set otherwise.
const HANDSHAKES: usize = 1024;

/// So long a handshake may take, unless set otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Where metered connections come from.
pub trait Incoming: Send {
    /// The stream that is metered.
    type Io: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// The peer's address.
    type Address: Send + 'static;

    /// Waits for the next one. Dropping the future loses none.
    fn next(&mut self) -> impl Future<Output = (MeteredStream<Self::Io>, Self::Address)> + Send;
}

impl<F, Next, IO, A> Incoming for F
where
    F: FnMut() -> Next + Send,
    Next: Future<Output = (MeteredStream<IO>, A)> + Send,
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    A: Send + 'static,
{
    type Io = IO;
    type Address = A;

    fn next(&mut self) -> impl Future<Output = (MeteredStream<IO>, A)> + Send {
        self()
    }
}

type Accepted<L> = (TlsStream<<L as Incoming>::Io>, <L as Incoming>::Address);

impl<L> Incoming for MeteredListener<L>
where
    L: Listener + Send,
    L::Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    L::Address: Send + 'static,
{
    type Io = L::Io;
    type Address = L::Address;

    async fn next(&mut self) -> (MeteredStream<L::Io>, L::Address) {
        self.accept().await
    }
}

/// A listener whose connections have TLS when they come out of it. [`MeteredTlsAcceptor::listen`] makes it.
///
/// Handshakes are made in tasks beside each other, so a slow client holds nobody up. Those that fail are recorded, and
/// their connections closed; they never come out. A handshake may take ten seconds unless the acceptor was told
/// otherwise, for which the runtime needs its time driver.
///
/// Dropping it cancels the handshakes that go on.
pub struct MeteredTlsListener<L: Incoming> {
    acceptor: MeteredTlsAcceptor,
    listener: L,
    limit: usize,
    handshakes: JoinSet<Option<Accepted<L>>>,
}

impl<L: Incoming> MeteredTlsListener<L> {
    pub(super) fn new(acceptor: MeteredTlsAcceptor, listener: L) -> Self {
        let timeout = acceptor.timeout().unwrap_or(TIMEOUT);
        Self { acceptor: acceptor.with_timeout(timeout), listener, limit: HANDSHAKES, handshakes: JoinSet::new() }
    }

    /// Sets how many handshakes may go on at once: 1024 unless this is called, and never less than one. While there are so
    /// many, no connection is accepted. Those that are done and wait for [`accept`](Self::accept) count as well.
    #[must_use]
    pub fn with_handshake_limit(mut self, limit: usize) -> Self {
        self.limit = limit.max(1);
        self
    }

    /// The listener below.
    #[must_use]
    pub fn get_ref(&self) -> &L {
        &self.listener
    }

    /// The next connection whose handshake is done, which need not be the next that came. It accepts while it waits.
    ///
    /// It is safe to drop the future before it is done: no connection is lost, and handshakes go on.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub async fn accept(&mut self) -> (TlsStream<L::Io>, L::Address) {
        loop {
            let accepted = {
                let room = self.handshakes.len() < self.limit;
                let mut next = pin!(self.listener.next());
                let handshakes = &mut self.handshakes;
                poll_fn(|cx| match handshakes.poll_join_next(cx) {
                    Poll::Ready(Some(done)) => Poll::Ready(Err(done)),
                    _ if room => next.as_mut().poll(cx).map(Ok),
                    _ => Poll::Pending,
                })
                .await
            };
            match accepted {
                Ok((stream, address)) => {
                    let accepting = self.acceptor.accept(stream);
                    self.handshakes.spawn(async { Some((accepting.await.ok()?, address)) });
                }
                Err(Ok(Some(done))) => return done,
                // It failed or panicked, which is recorded.
                Err(Ok(None) | Err(_)) => {}
            }
        }
    }
}

impl<L: Incoming + fmt::Debug> fmt::Debug for MeteredTlsListener<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeteredTlsListener")
            .field("listener", &self.listener)
            .field("limit", &self.limit)
            .field("handshakes", &self.handshakes.len())
            .finish_non_exhaustive()
    }
}

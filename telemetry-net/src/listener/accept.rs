//! The accept loop.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use super::{Listener, MeteredListener, errors};
use crate::MeteredStream;

/// So many failures and rejections in a row are dealt with before other tasks have their turn.
const IN_A_ROW: usize = 32;

type Accepted<L> = (MeteredStream<<L as Listener>::Io>, <L as Listener>::Address);

impl<L: Listener> MeteredListener<L> {
    /// Waits for the next connection. That never fails: what fails is counted in `transport.server.accept.errors`, and
    /// goes on.
    ///
    /// - An error of one connection, which was gone before it was accepted, is followed by the next connection.
    /// - Any other error is the listener's, such as a process without a file descriptor left. It is followed by a pause of
    ///   5 ms, during which others may give back what is missing. Each pause in a row is twice as long as the one before,
    ///   up to a second. Connections that come meanwhile wait in the system's queue.
    ///
    /// The pause is waited for on a thread of its own, which lives no longer: there may be no timer in the runtime, or no
    /// runtime.
    ///
    /// It is safe to drop the future before it is done: no connection is lost, and a pause goes on when it is next called.
    pub async fn accept(&mut self) -> (MeteredStream<L::Io>, L::Address) {
        poll_fn(|cx| self.poll_accept(cx)).await
    }

    /// Like [`accept`](Self::accept) for those who deal with errors by themselves: there is no pause, and errors are
    /// counted all the same.
    ///
    /// # Errors
    ///
    /// Whatever the listener inside says. Most errors are no reason to stop.
    pub async fn try_accept(&mut self) -> io::Result<(MeteredStream<L::Io>, L::Address)> {
        poll_fn(|cx| self.poll_try_accept(cx)).await
    }

    pub(crate) fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<Accepted<L>> {
        for _ in 0..IN_A_ROW {
            ready!(self.pauses.poll(cx));
            match ready!(self.poll_next(cx)) {
                Ok(Some(accepted)) => return Poll::Ready(accepted),
                Ok(None) => {}
                Err(error) if errors::of_one_connection(&error) => {}
                Err(_) => self.pauses.begin(),
            }
        }
        let_others_go_first(cx)
    }

    fn poll_try_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Accepted<L>>> {
        for _ in 0..IN_A_ROW {
            if let Some(accepted) = ready!(self.poll_next(cx))? {
                return Poll::Ready(Ok(accepted));
            }
        }
        let_others_go_first(cx)
    }

    /// The next connection; nothing if it was turned away.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Accepted<L>>>> {
        let (stream, peer) = match ready!(self.listener.poll_accept(cx)) {
            Ok(accepted) => accepted,
            Err(error) => {
                self.status.failed(&error);
                return Poll::Ready(Err(error));
            }
        };
        let now = Instant::now();
        self.status.accepted(now);
        self.pauses.start_over();
        let permit = match &mut self.limit {
            None => None,
            Some(limit) => match limit.take() {
                Some(permit) => Some(permit),
                None => {
                    // Whoever sees it closed finds it counted.
                    self.status.rejected();
                    drop(stream);
                    return Poll::Ready(Ok(None));
                }
            },
        };
        Poll::Ready(Ok(Some((self.status.meter::<L>(stream, now, &peer).with_permit(permit), peer))))
    }
}

fn let_others_go_first<T>(cx: &Context<'_>) -> Poll<T> {
    cx.waker().wake_by_ref();
    Poll::Pending
}

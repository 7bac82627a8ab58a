use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream whose reads and writes follow two scripts.
///
/// Without steps left, a read meets the end of the stream and a write takes all that it is given.
///
/// ```
/// use std::io;
/// use telemetry_core::testing::ScriptedStream;
///
/// let stream = ScriptedStream::new()
///     .then_read("GET / HTTP/1.1\r\n\r\n")
///     .then_read_error(io::ErrorKind::ConnectionReset)
///     .then_write(10); // takes ten bytes, whatever it is offered
/// # let _ = stream;
/// ```
#[derive(Debug, Default)]
pub struct ScriptedStream {
    reads: VecDeque<Step<Bytes>>,
    writes: VecDeque<Step<usize>>,
    written: Vec<u8>,
}

#[derive(Debug)]
enum Step<T> {
    Take(T),
    Pending,
    Error(io::ErrorKind),
}

impl ScriptedStream {
    /// A stream that is at its end and takes everything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives these bytes to one read, or to several when a read has less room.
    #[must_use]
    pub fn then_read(mut self, bytes: impl Into<Bytes>) -> Self {
        self.reads.push_back(Step::Take(bytes.into()));
        self
    }

    /// A read is pending once.
    #[must_use]
    pub fn then_read_pending(mut self) -> Self {
        self.reads.push_back(Step::Pending);
        self
    }

    /// A read fails.
    #[must_use]
    pub fn then_read_error(mut self, kind: io::ErrorKind) -> Self {
        self.reads.push_back(Step::Error(kind));
        self
    }

    /// A write takes at most this many bytes.
    #[must_use]
    pub fn then_write(mut self, bytes: usize) -> Self {
        self.writes.push_back(Step::Take(bytes));
        self
    }

    /// A write is pending once.
    #[must_use]
    pub fn then_write_pending(mut self) -> Self {
        self.writes.push_back(Step::Pending);
        self
    }

    /// A write fails.
    #[must_use]
    pub fn then_write_error(mut self, kind: io::ErrorKind) -> Self {
        self.writes.push_back(Step::Error(kind));
        self
    }

    /// What was written so far.
    #[must_use]
    pub fn written(&self) -> &[u8] {
        &self.written
    }
}

impl AsyncRead for ScriptedStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let reads = &mut self.get_mut().reads;
        match reads.pop_front() {
            None => Poll::Ready(Ok(())),
            Some(Step::Pending) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Some(Step::Error(kind)) => Poll::Ready(Err(kind.into())),
            Some(Step::Take(mut bytes)) => {
                let now = bytes.split_to(bytes.len().min(buf.remaining()));
                buf.put_slice(&now);
                if bytes.has_remaining() {
                    reads.push_front(Step::Take(bytes));
                }
                Poll::Ready(Ok(()))
            }
        }
    }
}

impl AsyncWrite for ScriptedStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let limit = match this.writes.pop_front() {
            None => usize::MAX,
            Some(Step::Take(limit)) => limit,
            Some(Step::Error(kind)) => return Poll::Ready(Err(kind.into())),
            Some(Step::Pending) => {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        };
        let before = this.written.len();
        this.written.extend(bufs.iter().flat_map(|buf| buf.iter()).take(limit));
        Poll::Ready(Ok(this.written.len() - before))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

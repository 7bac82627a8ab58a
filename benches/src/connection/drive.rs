//! Open connections with something to do.

use std::fmt;
use std::hint::black_box;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use anyhow::{Context as _, Result};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::stream::Memory;
use super::systems::Wrap;
use super::totals::Totals;
use crate::metrics::Metrics;

/// So many bytes are read and written at a time.
pub const OPERATION: usize = 1024;

/// What a connection does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Reads [`OPERATION`] bytes.
    Read,
    /// Writes [`OPERATION`] bytes.
    Write,
    /// Is made, reads once, writes once, and is dropped.
    OpenClose,
}

impl Operation {
    /// All operations.
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::OpenClose];

    /// The name in arguments and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::OpenClose => "open-close",
        }
    }
}

/// [`Connections`] of any system.
pub trait Drive: fmt::Debug {
    /// Does the same so many times, one after the other.
    fn run(&mut self, operation: Operation, times: u64);

    /// Has every open connection read and write once.
    fn move_all(&mut self);

    /// Makes room for so many further connections, so that [`hold`](Self::hold) needs none.
    fn reserve(&mut self, more: usize);

    /// Opens further connections, which stay open. Each reads and writes once.
    fn hold(&mut self, more: usize);

    /// How much larger a metered stream is than the one inside, in bytes.
    fn own_size(&self) -> usize;

    /// Collects, as a scrape does, and tells how long the page is.
    ///
    /// # Errors
    ///
    /// When that fails.
    fn collect(&self) -> Result<usize>;

    /// Collects, and compares what was counted with what was done.
    ///
    /// # Errors
    ///
    /// When something was lost.
    fn check(&mut self) -> Result<()>;

    /// Ends all connections, and [`check`](Self::check)s what is left.
    ///
    /// # Errors
    ///
    /// When something was lost.
    fn finish(self: Box<Self>) -> Result<()>;
}

/// A connection that is in use, and others that are open beside it.
pub struct Connections<W: Wrap> {
    name: &'static str,
    wrap: W,
    metrics: Option<Metrics>,
    /// The first is in use.
    streams: Vec<W::Stream<Memory>>,
    totals: Totals,
}

impl<W: Wrap> Connections<W> {
    /// One connection and `beside` others, all of which have read and written. What `metrics` tell has to be what they did,
    /// if there are any.
    pub fn new(name: &'static str, wrap: W, metrics: Option<Metrics>, beside: usize) -> Self {
        let mut connections = Self { name, wrap, metrics, streams: Vec::new(), totals: Totals::default() };
        connections.reserve(1 + beside);
        connections.hold(1 + beside);
        connections
    }

    fn compare(&self) -> Result<()> {
        let Some(metrics) = &self.metrics else { return Ok(()) };
        self.totals.check(&metrics.page()?).with_context(|| format!("{} counts wrong", self.name))
    }

    fn moved(&mut self, operations: u64) {
        self.totals.read += operations * OPERATION as u64;
        self.totals.written += operations * OPERATION as u64;
    }
}

impl<W: Wrap> Drive for Connections<W> {
    fn run(&mut self, operation: Operation, times: u64) {
        let space = &mut [0; OPERATION];
        let stream = &mut self.streams[0];
        match operation {
            Operation::Read => self.totals.read += (0..times).map(|_| read(stream, space)).sum::<u64>(),
            Operation::Write => self.totals.written += (0..times).map(|_| write(stream, space)).sum::<u64>(),
            Operation::OpenClose => {
                (0..times).for_each(|_| open_close(&self.wrap, space));
                self.totals.ended += times;
                self.moved(times);
            }
        }
    }

    fn move_all(&mut self) {
        let space = &mut [0; OPERATION];
        for stream in &mut self.streams {
            read(stream, space);
            write(stream, space);
        }
        self.moved(self.streams.len() as u64);
    }

    fn reserve(&mut self, more: usize) {
        self.streams.reserve_exact(more);
    }

    fn hold(&mut self, more: usize) {
        let space = &mut [0; OPERATION];
        for _ in 0..more {
            let mut stream = self.wrap.open(Memory::default());
            read(&mut stream, space);
            write(&mut stream, space);
            self.streams.push(stream);
        }
        self.totals.open += more as u64;
        self.moved(more as u64);
    }

    fn own_size(&self) -> usize {
        size_of::<W::Stream<Memory>>() - size_of::<Memory>()
    }

    fn collect(&self) -> Result<usize> {
        self.metrics.as_ref().map_or(Ok(0), |metrics| Ok(metrics.page()?.len()))
    }

    fn check(&mut self) -> Result<()> {
        self.compare()
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.check()?;
        self.totals.ended += self.streams.len() as u64;
        self.totals.open = 0;
        self.streams.clear();
        self.compare()
    }
}

impl<W: Wrap> fmt::Debug for Connections<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections").field("name", &self.name).field("totals", &self.totals).finish_non_exhaustive()
    }
}

/// Reads once, as those do who give a stream room of their own and then look at what is in it. Tells how many bytes.
///
/// # Panics
///
/// When the stream fails or has to wait.
#[inline(never)]
pub fn read<IO: AsyncRead + Unpin>(stream: &mut IO, space: &mut [u8]) -> u64 {
    let mut buf = ReadBuf::new(black_box(space));
    match Pin::new(stream).poll_read(&mut Context::from_waker(Waker::noop()), &mut buf) {
        Poll::Ready(Ok(())) => buf.filled().len() as u64,
        Poll::Ready(Err(_)) | Poll::Pending => stuck(),
    }
}

/// Writes once. Tells how many bytes.
///
/// # Panics
///
/// When the stream fails or has to wait.
#[inline(never)]
pub fn write<IO: AsyncWrite + Unpin>(stream: &mut IO, bytes: &[u8]) -> u64 {
    match Pin::new(stream).poll_write(&mut Context::from_waker(Waker::noop()), black_box(bytes)) {
        Poll::Ready(Ok(bytes)) => bytes as u64,
        Poll::Ready(Err(_)) | Poll::Pending => stuck(),
    }
}

/// Opens a connection that reads once, writes once, and ends.
///
/// # Panics
///
/// As [`read`] and [`write()`].
#[inline]
pub fn open_close<W: Wrap>(wrap: &W, space: &mut [u8]) {
    let mut stream = wrap.open(Memory::default());
    black_box(read(&mut stream, space));
    black_box(write(&mut stream, space));
}

#[cold]
#[inline(never)]
fn stuck() -> ! {
    unreachable!("a stream of a bench fails or waits")
}

#[cfg(test)]
mod tests {
    use super::super::systems::{BARE, Bare, Entry, NAIVE, OURS, SYSTEMS};
    use super::*;

    #[test]
    fn every_system_counts_every_operation() {
        for entry in SYSTEMS {
            let mut system = (entry.build)(3);
            system.check().unwrap();
            for operation in Operation::ALL {
                system.run(operation, 100);
                system.check().unwrap();
            }
            system.move_all();
            system.hold(5);
            system.check().unwrap();
            system.finish().unwrap();
        }
    }

    #[test]
    fn a_system_that_does_not_count_is_found() {
        let idle = Connections::new("idle", Bare, Some(Metrics::new()), 0);
        let error = (Box::new(idle) as Box<dyn Drive>).check().unwrap_err();
        assert!(format!("{error:#}").starts_with("idle counts wrong"), "{error:#}");
    }

    #[test]
    fn sizes_are_those_of_the_wrapper() {
        let sizes = [BARE, OURS, NAIVE].map(|Entry { build, .. }| build(0).own_size());
        assert!(sizes[0] == 0 && sizes[1] > 0 && sizes[2] > 0, "{sizes:?}");
    }
}

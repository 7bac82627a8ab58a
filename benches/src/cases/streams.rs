//! Streams of tokio's: a duplex in memory, and sockets. And the memory of connections that stay open.

use std::hint::black_box;

use anyhow::{Context, Result};
use tokio::io::DuplexStream;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};

use crate::case::{Budget, Case, Work};
use crate::connection::{
    BARE, Bare, Drive, Naive, OPERATION, OURS, Operation, Ours, SYSTEMS, State, Totals, Wrap, read, write,
};
use crate::metrics::Metrics;

/// How many connections stay open.
const LIVE: u64 = 10_000;

pub(super) fn cases() -> Vec<Case> {
    let streams = [
        of_systems("operation-duplex", Duplex::new, Duplex::new, Duplex::new),
        of_systems("open-close-tcp", Sockets::new, Sockets::new, Sockets::new),
    ];
    let memory = SYSTEMS.iter().map(|entry| {
        let id = |name| format!("telemetry-net/memory/{name}");
        let prepare = || Ok(Held(State::Scraped.warmed_up(entry, Operation::OpenClose, 1)?));
        let case = Case::new(id(entry.name), prepare).times(LIVE).only_counts();
        match entry.name {
            name if name == BARE.name => case,
            name if name == OURS.name => case.beyond(id(BARE.name)).budget(MEMORY_BUDGET),
            _ => case.beyond(id(BARE.name)),
        }
    });
    streams.into_iter().flatten().chain(memory).collect()
}

const MEMORY_BUDGET: Budget = Budget { time: None, instructions: None, allocations: None, kept: Some(200.0) };

type New<W, T> = fn(W, Option<Metrics>) -> Result<T>;

fn of_systems<B, O, N>(scenario: &str, bare: New<Bare, B>, ours: New<Ours, O>, naive: New<Naive, N>) -> [Case; 3]
where
    B: Work + 'static,
    O: Work + 'static,
    N: Work + 'static,
{
    let id = |name| format!("telemetry-net/{scenario}/{name}");
    [
        Case::new(id("bare"), move || bare(Bare, None)),
        Case::new(id("ours"), move || metered(Ours::new, ours)).beyond(id("bare")),
        Case::new(id("naive"), move || metered(Naive::new, naive)).beyond(id("bare")),
    ]
}

fn metered<W, T>(wrap: fn(&Metrics) -> W, new: New<W, T>) -> Result<T> {
    let metrics = Metrics::new();
    new(wrap(&metrics), Some(metrics))
}

/// What was done, and where it has to be counted if anywhere.
struct Done {
    metrics: Option<Metrics>,
    totals: Totals,
}

impl Done {
    fn check(&self) -> Result<()> {
        self.metrics.as_ref().map_or(Ok(()), |metrics| self.totals.check(&metrics.page()?))
    }
}

/// Both ends of a stream of tokio's, of which one is metered: a write and a read of it.
struct Duplex<W: Wrap> {
    done: Done,
    stream: W::Stream<DuplexStream>,
    peer: DuplexStream,
    /// Lives as long as its streams, as that of an accept loop.
    _wrap: W,
}

impl<W: Wrap> Duplex<W> {
    fn new(wrap: W, metrics: Option<Metrics>) -> Result<Self> {
        let (stream, peer) = tokio::io::duplex(2 * OPERATION);
        let done = Done { metrics, totals: Totals { open: 1, ..Totals::default() } };
        let mut duplex = Self { done, stream: wrap.open(stream), peer, _wrap: wrap };
        duplex.run(1_000);
        duplex.done.check()?;
        Ok(duplex)
    }
}

impl<W: Wrap> Work for Duplex<W> {
    fn run(&mut self, times: u64) {
        let mut space = [0; OPERATION];
        for _ in 0..times {
            self.done.totals.written += write(&mut self.stream, &space);
            write(&mut self.peer, &space);
            read(&mut self.peer, &mut space);
            self.done.totals.read += read(&mut self.stream, &mut space);
        }
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.done.check()?;
        drop(self.stream);
        self.done.totals.open = 0;
        self.done.totals.ended = 1;
        self.done.check()
    }
}

/// A socket that is metered and given back, without a read or a write.
struct Sockets<W: Wrap> {
    done: Done,
    wrap: W,
    /// Always there.
    socket: Option<TcpStream>,
    _peer: TcpStream,
    _runtime: Runtime,
}

impl<W: Wrap> Sockets<W> {
    fn new(wrap: W, metrics: Option<Metrics>) -> Result<Self> {
        let runtime = Builder::new_current_thread().enable_io().build()?;
        let (peer, socket) = runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let peer = TcpStream::connect(listener.local_addr()?).await?;
            let (socket, _) = listener.accept().await?;
            anyhow::Ok((peer, socket))
        })?;
        let done = Done { metrics, totals: Totals::default() };
        let mut sockets = Self { done, wrap, socket: Some(socket), _peer: peer, _runtime: runtime };
        sockets.run(1_000);
        sockets.done.check()?;
        Ok(sockets)
    }
}

impl<W: Wrap> Work for Sockets<W> {
    fn run(&mut self, times: u64) {
        for _ in 0..times {
            self.socket = self.socket.take().map(|socket| W::close(black_box(self.wrap.accept(socket))));
        }
        self.done.totals.ended += times;
    }

    fn finish(self: Box<Self>) -> Result<()> {
        self.socket.context("the socket is gone")?;
        self.done.check()
    }
}

/// Connections that are opened and stay open. What is kept for each is on the heap, and what the stream itself is large.
struct Held(Box<dyn Drive>);

impl Work for Held {
    fn run(&mut self, times: u64) {
        self.0.reserve(times as usize);
        self.0.hold(times as usize);
    }

    fn finish(self: Box<Self>) -> Result<()> {
        self.0.finish()
    }
}

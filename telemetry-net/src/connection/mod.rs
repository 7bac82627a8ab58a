//! An open connection: its state, the guard that ends it, and the handle by which others know it.

mod handle;

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;

use telemetry_core::bound::Local;
use telemetry_core::{Address, ConnectionInfo, ErrorType, TlsInfo, Transport};

use crate::kernel::Socket;
use crate::outcome::{CloseReason, Outcome};
use crate::recorder::{Record, Recorder};
use crate::series::Series;
use crate::tally::{Moved, Tally};

pub use handle::ConnectionHandle;

/// All that is kept of a connection while it is open.
#[derive(Debug)]
pub(crate) struct Open {
    pub(crate) received: Tally,
    pub(crate) transmitted: Tally,
    /// Where it stands in its list.
    pub(crate) slot: AtomicU32,
    pub(crate) socket: Socket,
    /// When it began, on the recorder's clock.
    started: u64,
    // The parts of a `ConnectionInfo`, which takes more room, and is made when somebody wants one.
    peer: Option<Address>,
    local: Option<Address>,
    tls: OnceLock<Box<Tls>>,
    series: u32,
    /// The recorder's number for the first error; zero without one.
    error: AtomicU32,
    requests: AtomicU32,
    /// The second of the recorder's clock at which a collection last saw that something had moved.
    moved_at: AtomicU32,
    transport: Transport,
    /// Which side was the first to end.
    ended: AtomicU8,
    counts_requests: AtomicBool,
    /// Whether it was upgraded, and whether it is over.
    stage: AtomicU8,
}

/// What only connections with TLS have.
#[derive(Debug)]
struct Tls {
    info: Arc<TlsInfo>,
    received: Tally,
    transmitted: Tally,
}

const NEITHER: u8 = 0;
const PEER: u8 = 1;
const LOCAL: u8 = 2;

const UPGRADED: u8 = 1;
const OVER: u8 = 2;

impl Open {
    pub(crate) fn series(&self) -> u32 {
        self.series
    }

    /// Notes that a side has ended, if it is the first.
    fn end_of(&self, side: u8) {
        // Only the connection's stream comes here: no other thread can be in between.
        if self.ended.load(Ordering::Relaxed) == NEITHER {
            self.ended.store(side, Ordering::Relaxed);
        }
    }

    /// Gives a series what has changed since the last collection, and says for how many seconds nothing has moved. Absent
    /// if something has.
    pub(crate) fn gather(&self, series: &Series, second: u32) -> Option<u32> {
        let wire = self.take();
        let moved = wire != Moved::default();
        if moved {
            series.wire.gather(wire);
            self.moved_at.store(second, Ordering::Relaxed);
        }
        if let Some(tls) = self.tls.get() {
            series.plain.gather(tls.take());
        }
        (!moved).then(|| second.saturating_sub(self.moved_at.load(Ordering::Relaxed)))
    }

    fn take(&self) -> Moved {
        Moved { received: self.received.take(), transmitted: self.transmitted.take() }
    }

    fn info(&self) -> ConnectionInfo {
        let mut info = ConnectionInfo::new(self.transport);
        if let Some(peer) = &self.peer {
            info = info.with_peer(peer.clone());
        }
        if let Some(local) = &self.local {
            info = info.with_local(local.clone());
        }
        match self.tls.get() {
            Some(tls) => info.with_tls(Arc::clone(&tls.info)),
            None => info,
        }
    }
}

impl Tls {
    fn new(info: Arc<TlsInfo>) -> Box<Self> {
        Box::new(Self { info, received: Tally::default(), transmitted: Tally::default() })
    }

    fn take(&self) -> Moved {
        Moved { received: self.received.take(), transmitted: self.transmitted.take() }
    }
}

/// The connection as its stream has it. Its drop is the end, and there is no other.
#[derive(Debug)]
pub(crate) struct Connection(ConnectionHandle);

impl Connection {
    /// Counts one more.
    pub(crate) fn open(recorder: Local<Recorder>, series: u32, info: &ConnectionInfo, socket: Socket) -> Self {
        let started = recorder.now();
        let tls = info.shared_tls().map(Tls::new);
        let open = Arc::new(Open {
            received: Tally::default(),
            transmitted: Tally::default(),
            slot: AtomicU32::new(0),
            socket,
            started,
            peer: info.peer().cloned(),
            local: info.local().cloned(),
            tls: tls.map_or_else(OnceLock::new, OnceLock::from),
            series,
            error: AtomicU32::new(0),
            requests: AtomicU32::new(0),
            moved_at: AtomicU32::new(Recorder::second_of(started)),
            transport: info.transport(),
            ended: AtomicU8::new(NEITHER),
            counts_requests: AtomicBool::new(false),
            stage: AtomicU8::new(0),
        });
        recorder.registry.insert(recorder.stripe(), Arc::clone(&open));
        recorder.series(series).active().add(1, &recorder);
        Self(ConnectionHandle { open, recorder })
    }

    pub(crate) fn handle(&self) -> &ConnectionHandle {
        &self.0
    }

    #[inline(always)]
    pub(crate) fn received(&self, bytes: usize) {
        self.0.open.received.add(bytes as u64);
    }

    #[inline(always)]
    pub(crate) fn transmitted(&self, bytes: usize) {
        self.0.open.transmitted.add(bytes as u64);
    }

    /// A read gave no bytes. With room for some that is the end of what the peer sends, and not of the connection: the
    /// other direction may go on.
    #[cold]
    #[inline(never)]
    pub(crate) fn nothing_read(&self, room: usize) {
        if room > 0 {
            self.0.peer_ended();
        }
    }

    pub(crate) fn shut_down(&self) {
        self.0.open.end_of(LOCAL);
    }

    /// Remembers the first error, which is the cause of those after it, and gives it back.
    #[cold]
    #[inline(never)]
    pub(crate) fn failed(&self, error: io::Error) -> io::Error {
        self.0.failed(&error);
        error
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let ConnectionHandle { open, recorder } = &self.0;
        if thread::panicking() {
            self.0.set_error(ErrorType::Panic);
        }
        let seconds = recorder.seconds_since(open.started);
        let series = recorder.series(open.series);
        // The stream is dropped after this.
        series.kernel.observe(&open.socket, &series.attributes);
        let tls = open.tls.get();
        let take = || (open.take(), tls.map(|tls| tls.take()));
        let (wire, plain) = recorder.registry.remove(recorder.stripe(), open, take);
        if open.stage.fetch_or(OVER, Ordering::Relaxed) == UPGRADED {
            series.upgraded(-1);
        }
        series.plain.add(plain.unwrap_or_default());

        let error = open.error.load(Ordering::Relaxed);
        let reason = match open.ended.load(Ordering::Relaxed) {
            _ if error != 0 => CloseReason::Error,
            PEER => CloseReason::Peer,
            LOCAL => CloseReason::Local,
            _ => CloseReason::Dropped,
        };
        let outcome = recorder.duration_of(&Outcome {
            series: open.series,
            error: (error != 0).then(|| recorder.error_word(error)),
            reason: Some(reason),
            tls_version: tls.and_then(|tls| tls.info.version()),
            tls_resumed: None,
            alpn: tls.and_then(|tls| tls.info.alpn()),
        });
        let requests = open.counts_requests.load(Ordering::Relaxed).then(|| open.requests.load(Ordering::Relaxed));
        // The end of what is active is part of the record: whoever sees the connection gone finds all else recorded.
        recorder.record(Record { series: open.series, outcome, seconds, requests, wire });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_connection_takes_little_memory() {
        // With two counts of references, and what the stream has of its own: pointers to the state, to what all connections
        // share, and to its listener's limit. Of ten thousand connections each has its share of lists with room for 16,384.
        let place = (16_384 * size_of::<Arc<Open>>()).div_ceil(10_000);
        let all = size_of::<Open>() + 2 * size_of::<usize>() + place + size_of::<Connection>() + size_of::<usize>();
        // What the kernel is asked with: the socket, and what it has told last.
        let kernel = size_of::<Socket>();
        assert!(all - kernel < 200, "{all} bytes, {kernel} of them for the kernel's");
    }
}

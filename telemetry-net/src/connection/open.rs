//! What is kept of a connection.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use telemetry_core::{Address, ConnectionInfo, TlsInfo, Transport};

use crate::kernel::Socket;
use crate::recorder::Time;
use crate::series::Series;
use crate::tally::{Moved, Tally};

/// All that is kept of a connection while it is open.
#[derive(Debug)]
pub(crate) struct Open {
    pub(crate) received: Tally,
    pub(crate) transmitted: Tally,
    /// Where it stands in its list.
    pub(crate) slot: AtomicU32,
    pub(crate) socket: Socket,
    /// When it began, on the recorder's clock.
    pub(super) started: u64,
    // The parts of a `ConnectionInfo`, which takes more room, and is made when somebody wants one.
    peer: Option<Address>,
    local: Option<Address>,
    pub(super) tls: OnceLock<Box<Tls>>,
    pub(super) series: u32,
    /// The recorder's number for the first error; zero without one.
    pub(super) error: AtomicU32,
    pub(super) requests: AtomicU32,
    /// The second of the recorder's clock at which a collection last saw that something had moved.
    moved_at: AtomicU32,
    transport: Transport,
    /// Which side was the first to end.
    pub(super) ended: AtomicU8,
    pub(super) counts_requests: AtomicBool,
    /// Whether it was upgraded, and whether it is over.
    pub(super) stage: AtomicU8,
}

/// What only connections with TLS have.
#[derive(Debug)]
pub(super) struct Tls {
    pub(super) info: Arc<TlsInfo>,
    pub(super) received: Tally,
    pub(super) transmitted: Tally,
}

const NEITHER: u8 = 0;
pub(super) const PEER: u8 = 1;
pub(super) const LOCAL: u8 = 2;

pub(super) const UPGRADED: u8 = 1;
pub(super) const OVER: u8 = 2;

impl Open {
    /// The state of no connection.
    pub(crate) fn blank() -> Self {
        Self {
            received: Tally::default(),
            transmitted: Tally::default(),
            slot: AtomicU32::new(0),
            socket: Socket::none(),
            started: 0,
            peer: None,
            local: None,
            tls: OnceLock::new(),
            series: 0,
            error: AtomicU32::new(0),
            requests: AtomicU32::new(0),
            moved_at: AtomicU32::new(0),
            transport: Transport::Tcp,
            ended: AtomicU8::new(NEITHER),
            counts_requests: AtomicBool::new(false),
            stage: AtomicU8::new(0),
        }
    }

    /// Becomes the state of a connection that has just opened. All that was there before is overwritten where it stands: a
    /// state that is made elsewhere is moved here, which takes longer than all else.
    #[inline(always)]
    pub(super) fn begin(&mut self, at: Time, series: u32, info: ConnectionInfo, socket: Socket) {
        // By their names, so that none is forgotten.
        let Self {
            received,
            transmitted,
            slot: _, // is for the list to set
            socket: own_socket,
            started,
            peer,
            local,
            tls,
            series: own_series,
            error,
            requests,
            moved_at,
            transport,
            ended,
            counts_requests,
            stage,
        } = self;
        let info = info.into_parts();
        *received = Tally::default();
        *transmitted = Tally::default();
        *own_socket = socket;
        *started = at.nanos;
        *peer = info.peer;
        *local = info.local;
        *tls = info.tls.map_or_else(OnceLock::new, |tls| OnceLock::from(Tls::new(tls)));
        *own_series = series;
        *error = AtomicU32::new(0);
        *requests = AtomicU32::new(0);
        *moved_at = AtomicU32::new(at.second);
        *transport = info.transport;
        *ended = AtomicU8::new(NEITHER);
        *counts_requests = AtomicBool::new(false);
        *stage = AtomicU8::new(0);
    }

    pub(crate) fn series(&self) -> u32 {
        self.series
    }

    /// Notes that a side has ended, if it is the first.
    pub(super) fn end_of(&self, side: u8) {
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

    pub(super) fn take(&self) -> Moved {
        Moved { received: self.received.take(), transmitted: self.transmitted.take() }
    }

    /// Enters a stage, and gives back the one before. To be called with the list of the connection locked.
    pub(super) fn enter(&self, stage: u8) -> u8 {
        let before = self.stage.load(Ordering::Relaxed);
        self.stage.store(before | stage, Ordering::Relaxed);
        before
    }

    pub(super) fn info(&self) -> ConnectionInfo {
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
    pub(super) fn new(info: Arc<TlsInfo>) -> Box<Self> {
        Box::new(Self { info, received: Tally::default(), transmitted: Tally::default() })
    }

    pub(super) fn take(&self) -> Moved {
        Moved { received: self.received.take(), transmitted: self.transmitted.take() }
    }
}

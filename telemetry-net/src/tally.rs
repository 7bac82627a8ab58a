//! Numbers that connections add to and collections take from.

use std::ops::AddAssign;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use telemetry_core::bound::{BoundCounter, BoundUpDownCounter};
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::opentelemetry::metrics::{Counter, UpDownCounter};
use telemetry_core::semconv::attribute;

use crate::attributes;

/// Bytes of one connection in one direction. Whoever moves them adds, whoever collects takes.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    total: AtomicU64,
    taken: AtomicU64,
}

impl Tally {
    /// Adds what was moved. By one thread at a time, as is so with a stream: it needs no locked instruction then.
    #[inline(always)]
    pub(crate) fn add(&self, bytes: u64) {
        self.total.store(self.total.load(Ordering::Relaxed).wrapping_add(bytes), Ordering::Relaxed);
    }

    /// Adds what was moved, where several may do so at once.
    pub(crate) fn add_shared(&self, bytes: u64) {
        self.total.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    /// What has come since it was last asked; by one thread at a time.
    pub(crate) fn take(&self) -> u64 {
        let total = self.total();
        let taken = self.taken.load(Ordering::Relaxed);
        if total != taken {
            self.taken.store(total, Ordering::Relaxed);
        }
        total.wrapping_sub(taken)
    }
}

/// Bytes received and transmitted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moved {
    pub(crate) received: u64,
    pub(crate) transmitted: u64,
}

impl AddAssign for Moved {
    fn add_assign(&mut self, more: Self) {
        self.received += more.received;
        self.transmitted += more.transmitted;
    }
}

/// The bytes of all connections of a series.
#[derive(Debug)]
pub(crate) struct Traffic {
    received: Bytes,
    transmitted: Bytes,
}

#[derive(Debug)]
struct Bytes {
    counter: BoundCounter<u64>,
    attributes: Box<[KeyValue]>,
    gathered: AtomicU64,
}

impl Traffic {
    pub(crate) fn new(counter: &Counter<u64>, attributes: &[KeyValue]) -> Self {
        let bytes = |direction| Bytes {
            counter: BoundCounter::new(counter.clone()),
            attributes: attributes::with(attributes, KeyValue::new(attribute::NETWORK_IO_DIRECTION, direction)).into(),
            gathered: AtomicU64::new(0),
        };
        Self { received: bytes(attribute::DIRECTION_RECEIVE), transmitted: bytes(attribute::DIRECTION_TRANSMIT) }
    }

    /// Keeps bytes for [`settle`](Self::settle). Like that by one thread at a time: there may be very many connections.
    pub(crate) fn gather(&self, moved: Moved) {
        for (bytes, moved) in [(&self.received, moved.received), (&self.transmitted, moved.transmitted)] {
            bytes.gathered.store(bytes.gathered.load(Ordering::Relaxed) + moved, Ordering::Relaxed);
        }
    }

    pub(crate) fn settle(&self) {
        let moved = |bytes: &Bytes| bytes.gathered.swap(0, Ordering::Relaxed);
        self.add(Moved { received: moved(&self.received), transmitted: moved(&self.transmitted) });
    }

    /// Gives bytes to the instrument.
    pub(crate) fn add(&self, moved: Moved) {
        for (bytes, moved) in [(&self.received, moved.received), (&self.transmitted, moved.transmitted)] {
            // A series of zero would be one that nobody has asked for.
            if moved > 0 {
                bytes.counter.add(moved, &bytes.attributes);
            }
        }
    }
}

/// How many connections of a series are in some state, counted anew in each collection.
#[derive(Debug)]
pub(crate) struct Level {
    counter: BoundUpDownCounter<i64>,
    now: AtomicI64,
    shown: AtomicI64,
}

impl Level {
    pub(crate) fn new(counter: UpDownCounter<i64>) -> Self {
        Self { counter: BoundUpDownCounter::new(counter), now: AtomicI64::new(0), shown: AtomicI64::new(0) }
    }

    /// Like [`settle`](Self::settle) by one thread at a time.
    pub(crate) fn one_more(&self) {
        self.now.store(self.now.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    /// Tells the instrument what has changed since the last collection, and begins anew.
    pub(crate) fn settle(&self, attributes: &[KeyValue]) {
        let now = self.now.swap(0, Ordering::Relaxed);
        let change = now - self.shown.swap(now, Ordering::Relaxed);
        if change != 0 {
            self.counter.add(change, attributes);
        }
    }
}

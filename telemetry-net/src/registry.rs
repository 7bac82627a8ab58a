//! The connections of a stripe that are open, and memory for further ones.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::connection::Open;

/// The connections of a stripe of threads. It is locked when a connection opens or closes, and when it is looked through;
/// never while bytes move.
///
/// Behind those that are open stand some that have ended: the next ones take their memory. What they know goes then, and
/// not before, since their handles may still be asked.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    connections: Vec<Arc<Open>>,
    open: usize,
}

/// So many that have ended are kept, and with them a few kilobytes.
const SPARE: usize = 64;

impl Registry {
    /// Puts a connection into the list. `begin` is given memory of which nothing is to be kept.
    pub(crate) fn insert(&mut self, begin: impl FnOnce(&mut Open)) -> Arc<Open> {
        let slot = self.open;
        self.open += 1;
        match self.connections.get_mut(slot) {
            Some(ended) => match Arc::get_mut(ended) {
                Some(open) => {
                    begin(open);
                    open.slot = AtomicU32::new(number(slot));
                }
                // Somebody has a handle still.
                None => *ended = fresh(slot, begin),
            },
            None => self.connections.push(fresh(slot, begin)),
        }
        Arc::clone(&self.connections[slot])
    }

    /// Takes a connection out, which no reader sees any more.
    pub(crate) fn remove(&mut self, connection: &Open) {
        let slot = connection.slot.load(Ordering::Relaxed) as usize;
        if slot >= self.open {
            return;
        }
        let last = self.open - 1;
        self.connections.swap(slot, last);
        self.connections[slot].slot.store(number(slot), Ordering::Relaxed);
        self.open = last;
        if self.connections.len() - last > SPARE {
            self.connections.pop();
        }
    }

    /// How many are open.
    #[cfg(all(feature = "tcp-info", any(target_os = "linux", target_os = "android")))]
    pub(crate) fn len(&self) -> usize {
        self.open
    }

    /// Those that are open.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Open> {
        self.connections.iter().take(self.open).map(|connection| &**connection)
    }
}

#[cold]
fn fresh(slot: usize, begin: impl FnOnce(&mut Open)) -> Arc<Open> {
    let mut open = Open::blank();
    begin(&mut open);
    open.slot = AtomicU32::new(number(slot));
    Arc::new(open)
}

/// No machine has room for as many connections as this cannot tell.
fn number(slot: usize) -> u32 {
    u32::try_from(slot).unwrap_or(u32::MAX)
}

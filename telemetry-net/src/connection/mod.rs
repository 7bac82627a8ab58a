//! An open connection: its state, the guard that ends it, and the handle by which others know it.

mod handle;
mod open;

use std::io;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Instant;

use telemetry_core::bound::Local;
use telemetry_core::{ConnectionInfo, ErrorType};

use crate::kernel::Socket;
use crate::outcome::{CloseReason, Outcome};
use crate::recorder::{Record, Recorder};

pub use handle::ConnectionHandle;
pub(crate) use open::Open;
use open::{LOCAL, OVER, PEER, UPGRADED};

/// The connection as its stream has it. Its drop is the end, and there is no other.
#[derive(Debug)]
pub(crate) struct Connection(ConnectionHandle);

impl Connection {
    /// Counts one more.
    pub(crate) fn open(
        recorder: Local<Recorder>,
        since: Instant,
        series: u32,
        info: ConnectionInfo,
        socket: Socket,
    ) -> Self {
        let since = recorder.time_of(since);
        let active = recorder.series(series).active();
        let waits = recorder.waits();
        let open = recorder.change(|registry| {
            if waits {
                active.add_alone(1, recorder.stripe());
            }
            registry.insert(|open| open.begin(since, series, info, socket))
        });
        if !waits {
            active.add_now(1);
        }
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
        if let Some(tls) = tls {
            // A collection must not take the same bytes.
            series.plain.add(recorder.change(|_| tls.take()));
        }

        let error = open.error.load(Ordering::Relaxed);
        let reason = match open.ended.load(Ordering::Relaxed) {
            _ if error != 0 => CloseReason::Error,
            PEER => CloseReason::Peer,
            LOCAL => CloseReason::Local,
            _ => CloseReason::Dropped,
        };
        let outcome = Outcome {
            series: open.series,
            error: (error != 0).then(|| recorder.error_word(error)),
            reason: Some(reason),
            tls_version: tls.and_then(|tls| tls.info.version()),
            tls_resumed: None,
            alpn: tls.and_then(|tls| tls.info.alpn()),
        };
        let outcome = recorder.duration_of(&outcome, series);
        // The end of what is active is part of the record: whoever sees the connection gone finds all else recorded.
        recorder.end(|registry| {
            registry.remove(open);
            let requests = open.counts_requests.load(Ordering::Relaxed).then(|| open.requests.load(Ordering::Relaxed));
            let upgraded = open.enter(OVER) == UPGRADED;
            Record { series: open.series, outcome, seconds, requests, wire: open.take(), upgraded }
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

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

//! The instruments, and the one place that records a connection.

use std::io;
use std::sync::Arc;
use std::task::Poll;
use std::thread;
use std::time::Instant;

use telemetry_core::bound::BoundCounter;
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::opentelemetry::metrics::{Counter, Histogram, UpDownCounter};
use telemetry_core::semconv::{attribute, metric};
use telemetry_core::{ActiveGuard, ConnectionInfo, ErrorType, MeterOptions};

/// So many bytes in one direction are given to the counter even when the connection never comes to rest. A write of
/// that size costs far more than the counter, and a scrape is never further behind.
const BATCH: u64 = 64 * 1024;

/// So many reads and writes later, small amounts are given to the counter too, for a task that only ever writes.
const OPERATIONS: u32 = 64;

#[derive(Debug)]
pub(crate) struct Instruments {
    active: UpDownCounter<i64>,
    duration: Histogram<f64>,
    io: Counter<u64>,
}

impl Instruments {
    pub(crate) fn new(options: &MeterOptions) -> Self {
        let meter = options.meter(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
        Self {
            active: meter.i64_up_down_counter(&metric::TRANSPORT_SERVER_ACTIVE_CONNECTIONS),
            duration: meter.f64_histogram(&metric::TRANSPORT_SERVER_CONNECTION_DURATION),
            io: meter.u64_counter(&metric::TRANSPORT_SERVER_IO),
        }
    }
}

/// Which way bytes went.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Direction {
    Receive,
    Transmit,
}

/// An open connection. Its drop is the end, and there is no other.
#[derive(Debug)]
pub(crate) struct Connection {
    instruments: Arc<Instruments>,
    info: ConnectionInfo,
    started: Instant,
    received: Bytes,
    transmitted: Bytes,
    /// Reads and writes since the counter was last given everything.
    operations: u32,
    error: Option<ErrorType>,
    attributes: Arc<[KeyValue]>,
    // Dropped after `drop` has run: whoever sees the connection gone finds all else recorded.
    _active: ActiveGuard<Arc<[KeyValue]>>,
}

impl Connection {
    /// Counts one more. Of attributes with the same name those of `own` win over the `fixed` ones.
    pub(crate) fn open(
        instruments: Arc<Instruments>,
        info: ConnectionInfo,
        fixed: &[KeyValue],
        own: &[KeyValue],
    ) -> Self {
        let attributes: Arc<[KeyValue]> = attributes(&info, fixed, own).into();
        Self {
            received: Bytes::new(&instruments.io, &attributes, attribute::DIRECTION_RECEIVE),
            transmitted: Bytes::new(&instruments.io, &attributes, attribute::DIRECTION_TRANSMIT),
            _active: ActiveGuard::new(instruments.active.clone(), Arc::clone(&attributes)),
            started: Instant::now(),
            operations: 0,
            error: None,
            instruments,
            info,
            attributes,
        }
    }

    pub(crate) fn info(&self) -> &ConnectionInfo {
        &self.info
    }

    /// Takes note of what a read or a write came to.
    pub(crate) fn moved(&mut self, direction: Direction, progress: Poll<Result<usize, &io::Error>>) {
        match progress {
            Poll::Ready(Ok(bytes)) if bytes > 0 => {
                let moved = match direction {
                    Direction::Receive => &mut self.received,
                    Direction::Transmit => &mut self.transmitted,
                };
                moved.pending += bytes as u64;
                if moved.pending >= BATCH {
                    moved.settle();
                }
                self.operations += 1;
                if self.operations >= OPERATIONS {
                    self.settle();
                }
            }
            // The end of the stream is not that of the connection: the other direction may go on.
            Poll::Ready(Ok(_)) | Poll::Pending => self.settle(),
            Poll::Ready(Err(error)) => {
                self.failed(error);
                self.settle();
            }
        }
    }

    /// Remembers the first error, which is the cause of those after it.
    pub(crate) fn failed(&mut self, error: &io::Error) {
        let again = matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted);
        if !again && self.error.is_none() {
            self.error = Some(ErrorType::from_error(error));
        }
    }

    /// Gives the counter what it has not got yet.
    pub(crate) fn settle(&mut self) {
        self.operations = 0;
        self.received.settle();
        self.transmitted.settle();
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.settle();
        let seconds = self.started.elapsed().as_secs_f64();
        let error = self.error.or_else(|| thread::panicking().then_some(ErrorType::Panic));
        match error {
            None => self.instruments.duration.record(seconds, &self.attributes),
            Some(error) => {
                let error = KeyValue::new(attribute::ERROR_TYPE, error.as_str());
                self.instruments.duration.record(seconds, &with(&self.attributes, error));
            }
        }
    }
}

/// The bytes of one direction.
#[derive(Debug)]
struct Bytes {
    pending: u64,
    counter: BoundCounter<u64>,
    attributes: Box<[KeyValue]>,
}

impl Bytes {
    fn new(counter: &Counter<u64>, attributes: &[KeyValue], direction: &'static str) -> Self {
        let direction = KeyValue::new(attribute::NETWORK_IO_DIRECTION, direction);
        let counter = BoundCounter::new(counter.clone());
        Self { pending: 0, counter, attributes: with(attributes, direction).into() }
    }

    fn settle(&mut self) {
        if self.pending > 0 {
            self.counter.add(self.pending, &self.attributes);
            self.pending = 0;
        }
    }
}

/// The attributes of all three metrics, by name: the SDK sorts and copies lists that are not sorted, at each call.
fn attributes(info: &ConnectionInfo, fixed: &[KeyValue], own: &[KeyValue]) -> Vec<KeyValue> {
    let mut attributes: Vec<_> =
        fixed.iter().chain(own).filter(|attribute| !is_ours(attribute.key.as_str())).cloned().collect();
    attributes.push(KeyValue::new(attribute::NETWORK_TRANSPORT, info.transport().as_str()));
    attributes.extend(info.network_type().map(|ip| KeyValue::new(attribute::NETWORK_TYPE, ip)));
    attributes.sort_by(|a, b| a.key.cmp(&b.key));
    // Keeps the last of each name, as the SDK would.
    attributes.dedup_by(|later, earlier| {
        let same = later.key == earlier.key;
        if same {
            std::mem::swap(later, earlier);
        }
        same
    });
    attributes
}

/// The names that the caller's attributes cannot have, even on a metric or a connection that goes without.
fn is_ours(name: &str) -> bool {
    matches!(
        name,
        attribute::ERROR_TYPE
            | attribute::NETWORK_IO_DIRECTION
            | attribute::NETWORK_TRANSPORT
            | attribute::NETWORK_TYPE
    )
}

/// A sorted list with one more attribute in its place.
fn with(attributes: &[KeyValue], more: KeyValue) -> Vec<KeyValue> {
    let at = attributes.partition_point(|attribute| attribute.key < more.key);
    let mut all = Vec::with_capacity(attributes.len() + 1);
    all.extend_from_slice(&attributes[..at]);
    all.push(more);
    all.extend_from_slice(&attributes[at..]);
    all
}

#[cfg(test)]
mod tests {
    use telemetry_core::Transport;

    use super::*;

    fn text(attributes: &[KeyValue]) -> Vec<String> {
        attributes.iter().map(|a| format!("{}={}", a.key, a.value)).collect()
    }

    #[test]
    fn lists_are_sorted_and_have_each_name_once() {
        let info = ConnectionInfo::new(Transport::Tcp).with_peer(std::net::SocketAddr::from(([192, 0, 2, 7], 1)));
        let fixed = [KeyValue::new("zone", 1), KeyValue::new("lane", 1), KeyValue::new("a", 1)];
        let own = [KeyValue::new("lane", 2), KeyValue::new("a", 2), KeyValue::new("a", 3)];
        let list = attributes(&info, &fixed, &own);
        let sorted = ["a=3", "lane=2", "network.transport=tcp", "network.type=ipv4", "zone=1"];
        assert_eq!(text(&list), sorted);

        let rows = [("_", 0), ("error.type", 1), ("network.io.direction", 2), ("zz", 5)];
        for (name, place) in rows {
            let mut expected: Vec<_> = sorted.map(String::from).into();
            expected.insert(place, format!("{name}=x"));
            assert_eq!(text(&with(&list, KeyValue::new(name, "x"))), expected);
        }
    }
}

//! The instruments, and the sums that wait for a collection.

use std::convert::Infallible;
use std::io;

use telemetry_core::bound::{BoundCounter, Buffered, Interner, Local, OVERFLOW_ATTRIBUTE, Sink, StripedSums};
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::opentelemetry::metrics::Counter;
use telemetry_core::semconv::{attribute, metric};
use telemetry_core::{ConnectionInfo, ErrorType, MeterOptions};

use crate::attributes;

/// Far more lists of attributes than the sockets of one program should have.
const SERIES: usize = 200;

/// More than there are types of errors, twice.
const FAILURES: usize = 48;

/// Which way datagrams went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Direction {
    Receive,
    Transmit,
}

/// All that the sockets of one [`UdpMetrics`](super::UdpMetrics) share.
pub(super) type Recorder = Buffered<Datagrams>;

/// What waits is drained when the last socket is gone, or the metrics if those are the last.
pub(super) fn recorder(options: &MeterOptions) -> Recorder {
    let meter = options.meter(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    let instruments = Instruments {
        io: meter.u64_counter(&metric::TRANSPORT_UDP_IO),
        datagrams: meter.u64_counter(&metric::TRANSPORT_UDP_DATAGRAMS),
        errors: meter.u64_counter(&metric::TRANSPORT_UDP_ERRORS),
    };
    let overflow = instruments.series(vec![KeyValue::new(OVERFLOW_ATTRIBUTE, true)]);
    Buffered::new(Datagrams { instruments, series: Interner::with_limit(SERIES), overflow }, &meter)
}

#[derive(Debug)]
struct Instruments {
    io: Counter<u64>,
    datagrams: Counter<u64>,
    errors: Counter<u64>,
}

/// Sockets with the same attributes count together. So a socket that is gone leaves nothing behind, and nothing is to be
/// done at its end.
#[derive(Debug)]
pub(super) struct Datagrams {
    instruments: Instruments,
    series: Interner<Series>,
    overflow: Series,
}

/// The place of a socket's series. `None` is that of the sockets which found no room.
pub(super) type Place = Option<u32>;

#[derive(Debug)]
struct Series {
    attributes: Vec<KeyValue>,
    /// Bytes and datagrams received, bytes and datagrams transmitted.
    sums: StripedSums<4>,
    /// Few, and rare: they do not wait.
    errors: Interner<Failure>,
}

#[derive(Debug)]
struct Failure {
    direction: Direction,
    error: ErrorType,
    counter: BoundCounter<u64>,
    attributes: Vec<KeyValue>,
}

impl Datagrams {
    /// Finds the series for a socket, or makes it.
    pub(super) fn place(&self, info: &ConnectionInfo, fixed: &[KeyValue], own: &[KeyValue]) -> Place {
        let callers = fixed.iter().chain(own).filter(|attribute| !is_ours(attribute.key.as_str()));
        let attributes = attributes::sorted(callers, attributes::of_network(info.transport(), info.network_type()));
        let make = || self.instruments.series(attributes.clone());
        self.series.find_or_insert(self.series.hash(&attributes), |known| known.attributes == attributes, make)
    }

    fn series(&self, place: Place) -> &Series {
        place.and_then(|place| self.series.get(place)).unwrap_or(&self.overflow)
    }

    /// Counts one datagram. What only asks to try again is no error.
    #[inline]
    pub(super) fn moved(local: &Local<Self>, place: Place, direction: Direction, bytes: Result<usize, &io::Error>) {
        match bytes {
            Ok(bytes) => {
                let values = match direction {
                    Direction::Receive => [bytes as u64, 1, 0, 0],
                    Direction::Transmit => [0, 0, bytes as u64, 1],
                };
                local.series(place).sums.add(values, local);
            }
            Err(error) => local.failed(place, direction, error),
        }
    }

    #[cold]
    fn failed(&self, place: Place, direction: Direction, error: &io::Error) {
        if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) {
            return;
        }
        let error = ErrorType::from_error(error);
        let Series { attributes, errors, .. } = self.series(place);
        let failure = errors.find_or_insert(
            errors.hash((direction, error)),
            |known| known.direction == direction && known.error == error,
            || self.instruments.failure(direction, error, attributes),
        );
        // There is room for all that can be.
        if let Some(Failure { counter, attributes, .. }) = failure.and_then(|failure| errors.get(failure)) {
            counter.add(1, attributes);
        }
    }
}

impl Instruments {
    fn series(&self, attributes: Vec<KeyValue>) -> Series {
        let received = with_direction(&attributes, Direction::Receive);
        let transmitted = with_direction(&attributes, Direction::Transmit);
        let sum =
            |counter: &Counter<u64>, attributes: &[KeyValue]| (BoundCounter::new(counter.clone()), attributes.into());
        let sums = StripedSums::new([
            sum(&self.io, &received),
            sum(&self.datagrams, &received),
            sum(&self.io, &transmitted),
            sum(&self.datagrams, &transmitted),
        ]);
        Series { attributes, sums, errors: Interner::with_limit(FAILURES) }
    }

    fn failure(&self, direction: Direction, error: ErrorType, attributes: &[KeyValue]) -> Failure {
        let mut attributes = with_direction(attributes, direction);
        attributes::insert(&mut attributes, KeyValue::new(attribute::ERROR_TYPE, error.as_str()));
        Failure { direction, error, counter: BoundCounter::new(self.errors.clone()), attributes }
    }
}

impl Sink for Datagrams {
    /// Nothing waits in lists.
    type Record = Infallible;
    type Ongoing = ();

    fn record(&self, record: Infallible) {
        match record {}
    }

    fn drain(&self) {
        self.series.iter().chain([&self.overflow]).for_each(|series| series.sums.drain());
    }
}

/// The names that the caller's attributes cannot have.
fn is_ours(name: &str) -> bool {
    let ours = [attribute::ERROR_TYPE, attribute::NETWORK_IO_DIRECTION, attribute::NETWORK_TRANSPORT];
    ours.contains(&name) || name == attribute::NETWORK_TYPE
}

fn with_direction(attributes: &[KeyValue], direction: Direction) -> Vec<KeyValue> {
    let direction = match direction {
        Direction::Receive => attribute::DIRECTION_RECEIVE,
        Direction::Transmit => attribute::DIRECTION_TRANSMIT,
    };
    attributes::with(attributes, KeyValue::new(attribute::NETWORK_IO_DIRECTION, direction))
}

//! The series of connections that have the same attributes.

use std::hash::Hash;
use std::sync::OnceLock;

use telemetry_core::Transport;
use telemetry_core::bound::{BoundHistogram, BoundUpDownCounter, StripedCount};
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::opentelemetry::metrics::UpDownCounter;

use crate::attributes;
use crate::instruments::Instruments;
use crate::kernel;
use crate::recorder::overflow_attributes;
use crate::tally::{Level, Traffic};

/// The logical server of a connection: the listener for those that it accepted, what was dialled for others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Server<'a> {
    pub(crate) address: &'a str,
    pub(crate) port: Option<u16>,
}

/// What tells the series of one layer apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SeriesKey<'a> {
    pub(crate) transport: Transport,
    pub(crate) network_type: Option<&'static str>,
    pub(crate) server: Option<Server<'a>>,
    /// What the caller's function has given for the connection.
    pub(crate) own: &'a [KeyValue],
}

/// One series in each instrument.
#[derive(Debug)]
pub(crate) struct Series {
    transport: Transport,
    network_type: Option<&'static str>,
    server: Option<(Box<str>, Option<u16>)>,
    own: Box<[KeyValue]>,
    pub(crate) attributes: Box<[KeyValue]>,
    /// Made with the first connection: a connect that fails has a series, and no count of zero.
    active: OnceLock<StripedCount>,
    active_counter: UpDownCounter<i64>,
    /// The bytes of the stream that is wrapped.
    pub(crate) wire: Traffic,
    /// Those inside of TLS.
    pub(crate) plain: Traffic,
    pub(crate) idle: Level,
    upgraded: Option<BoundUpDownCounter<i64>>,
    pub(crate) requests: Option<BoundHistogram<u64>>,
    handshakes: BoundUpDownCounter<i64>,
    pub(crate) kernel: kernel::Series,
}

impl Series {
    pub(crate) fn new(key: &SeriesKey<'_>, fixed: &[KeyValue], instruments: &Instruments) -> Self {
        Self::with_attributes(key, attributes::of_series(key, fixed), instruments)
    }

    /// The one series of what is past the limit.
    pub(crate) fn overflow(instruments: &Instruments) -> Self {
        let nothing = SeriesKey { transport: Transport::Tcp, network_type: None, server: None, own: &[] };
        Self::with_attributes(&nothing, overflow_attributes().into(), instruments)
    }

    fn with_attributes(key: &SeriesKey<'_>, attributes: Box<[KeyValue]>, instruments: &Instruments) -> Self {
        Self {
            transport: key.transport,
            network_type: key.network_type,
            server: key.server.map(|server| (server.address.into(), server.port)),
            own: key.own.into(),
            active: OnceLock::new(),
            active_counter: instruments.active.clone(),
            wire: Traffic::new(&instruments.io, &attributes),
            plain: Traffic::new(&instruments.tls_io, &attributes),
            idle: Level::new(instruments.idle.clone()),
            upgraded: instruments.upgraded.clone().map(BoundUpDownCounter::new),
            requests: instruments.requests.clone().map(BoundHistogram::new),
            handshakes: BoundUpDownCounter::new(instruments.handshakes.clone()),
            kernel: instruments.kernel.series(),
            attributes,
        }
    }

    pub(crate) fn is(&self, key: &SeriesKey<'_>) -> bool {
        let server = self.server.as_ref().map(|(address, port)| Server { address, port: *port });
        *key == SeriesKey { transport: self.transport, network_type: self.network_type, server, own: &self.own }
    }

    /// The connections that are open.
    pub(crate) fn active(&self) -> &StripedCount {
        let counter = || BoundUpDownCounter::new(self.active_counter.clone());
        self.active.get_or_init(|| StripedCount::new(counter(), self.attributes.clone()))
    }

    pub(crate) fn drain(&self) {
        if let Some(active) = self.active.get() {
            active.drain();
        }
    }

    /// Counts handshakes that go on: one more or one less.
    pub(crate) fn handshakes(&self, change: i64) {
        self.handshakes.add(change, &self.attributes);
    }

    /// Counts connections that were upgraded: one more or one less. A client counts none.
    pub(crate) fn upgraded(&self, change: i64) {
        if let Some(upgraded) = &self.upgraded {
            upgraded.add(change, &self.attributes);
        }
    }

    /// Gives the instruments what a collection has found out.
    pub(crate) fn settle(&self) {
        self.wire.settle();
        self.plain.settle();
        self.idle.settle(&self.attributes);
    }
}

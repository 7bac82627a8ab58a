//! What a listener tells of itself.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Instant;

use telemetry_core::bound::BoundCounter;
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::semconv::attribute;
use telemetry_core::{Address, ConnectionInfo, ErrorType, Transport};

use super::Listener;
use super::ages::Age;
use crate::MeteredStream;
use crate::attributes;
use crate::recorder::Recorder;
use crate::series::{Places, SeriesKey, Server};
use crate::settings::Shared;

/// What is known of a listener, and what is counted of it.
pub(super) struct Status {
    shared: Shared,
    transport: Transport,
    /// As text, which is made once: what it was told to listen at, never what a client says.
    server: Option<(Box<str>, Option<u16>)>,
    /// The address that all its connections have on this side, if there is but one.
    local: Option<Address>,
    /// Where its series stand.
    places: Places,
    attributes: Box<[KeyValue]>,
    age: Option<Arc<Age>>,
    rejected: Option<BoundCounter<u64>>,
    errors: Vec<Errors>,
}

/// The errors of one kind. There are no more kinds than words for errors.
struct Errors {
    word: &'static str,
    attributes: Box<[KeyValue]>,
    counter: BoundCounter<u64>,
}

impl Status {
    pub(super) fn new<L: Listener>(listener: &L, shared: Shared) -> Self {
        let address = listener.local_address().ok().as_ref().and_then(L::known_address);
        let transport = listener.transport().unwrap_or_else(|| match address {
            Some(Address::Path(_)) => Transport::Unix,
            _ => shared.settings().transport,
        });
        let mut info = ConnectionInfo::new(transport);
        if let Some(address) = &address {
            info = info.with_local(address.clone());
        }
        let server = address.as_ref().and_then(server);
        let named = server.as_ref().map(|(address, port)| Server { address, port: *port });
        let key = SeriesKey { transport, network_type: info.network_type(), server: named, own: &[] };
        let recorder = shared.recorder().local();
        let attributes = recorder.attributes_of(&key);
        let age = recorder.ages.as_ref().map(|ages| ages.add(attributes.clone()));
        let rejected = recorder.instruments.rejected.clone().map(BoundCounter::new);
        let local = address.filter(is_one);
        Self {
            transport,
            server,
            local,
            places: Places::default(),
            attributes,
            age,
            rejected,
            errors: Vec::new(),
            shared,
        }
    }

    /// A connection was there, whether or not it is wanted.
    pub(super) fn accepted(&self, now: Instant) {
        if let Some(age) = &self.age {
            age.accepted(now);
        }
    }

    /// Meters a connection that was accepted at some moment.
    pub(super) fn meter<L: Listener>(&self, stream: L::Io, since: Instant, peer: &L::Address) -> MeteredStream<L::Io> {
        let mut info = ConnectionInfo::new(self.transport);
        if let Some(peer) = L::known_address(peer) {
            info = info.with_peer(peer);
        }
        if let Some(local) = self.local.clone().or_else(|| L::stream_address(&stream)) {
            info = info.with_local(local);
        }
        let server = self.server.as_ref().map(|(address, port)| Server { address, port: *port });
        self.shared.meter(stream, since, info, server, Some(&self.places))
    }

    pub(super) fn rejected(&self) {
        if let Some(rejected) = &self.rejected {
            rejected.add(1, &self.attributes);
        }
    }

    #[cold]
    pub(super) fn failed(&mut self, error: &io::Error) {
        let word = ErrorType::from_error(error).as_str();
        let known = match self.errors.iter().position(|errors| errors.word == word) {
            Some(known) => known,
            None => {
                let Some(errors) = Errors::new(word, &self.attributes, self.shared.recorder().local()) else { return };
                self.errors.push(errors);
                self.errors.len() - 1
            }
        };
        self.errors[known].counter.add(1, &self.errors[known].attributes);
    }
}

impl Errors {
    fn new(word: &'static str, attributes: &[KeyValue], recorder: &Recorder) -> Option<Self> {
        let counter = BoundCounter::new(recorder.instruments.accept_errors.clone()?);
        let attributes = attributes::with(attributes, KeyValue::new(attribute::ERROR_TYPE, word)).into();
        Some(Self { word, attributes, counter })
    }
}

/// `server.address` and `server.port`.
fn server(address: &Address) -> Option<(Box<str>, Option<u16>)> {
    match address {
        Address::Socket(socket) => Some((address.ip()?.to_string().into(), Some(socket.port()))),
        Address::Path(path) => Some((path.to_string_lossy().into(), None)),
        _ => None,
    }
}

/// Whether a listener there has this address on all its connections.
fn is_one(address: &Address) -> bool {
    match address {
        Address::Socket(socket) => !address.ip().is_none_or(|ip| ip.is_unspecified()) && socket.port() != 0,
        _ => true,
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Status")
            .field("transport", &self.transport)
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

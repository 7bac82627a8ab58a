use std::fmt;
use std::sync::Arc;

use http::{StatusCode, Version};
use smallvec::SmallVec;
use telemetry_core::bound::{BoundHistogram, StripedCount};
use telemetry_core::opentelemetry::{KeyValue, StringValue};
use telemetry_core::{ErrorType, semconv};

use crate::connection::Scheme;
use crate::instruments::Instruments;
use crate::side::Side;

/// What a request tells before it runs, as the metrics see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct HeadKey<'a> {
    /// The place in the list of known methods.
    pub(crate) method: u16,
    pub(crate) scheme: Option<Scheme>,
    /// The route, or for a client the template of the URL.
    pub(crate) route: Option<&'a str>,
    pub(crate) server: Option<(&'a str, Option<u16>)>,
    pub(crate) synthetic: Option<&'static str>,
}

/// One of the heads that have been seen.
pub(crate) struct Head {
    pub(crate) method: u16,
    pub(crate) scheme: Option<Scheme>,
    pub(crate) route: Option<StringValue>,
    pub(crate) server: Option<(StringValue, Option<u16>)>,
    pub(crate) synthetic: Option<&'static str>,
    /// Absent if nobody counts them, or if there is no room for another count.
    pub(crate) active: Option<Arc<StripedCount>>,
}

impl Head {
    pub(crate) fn new(key: &HeadKey<'_>, active: Option<Arc<StripedCount>>) -> Self {
        Self {
            method: key.method,
            scheme: key.scheme,
            route: key.route.map(text),
            server: key.server.map(|(address, port)| (text(address), port)),
            synthetic: key.synthetic,
            active,
        }
    }

    pub(crate) fn key(&self) -> HeadKey<'_> {
        HeadKey {
            method: self.method,
            scheme: self.scheme,
            route: self.route.as_ref().map(StringValue::as_str),
            server: self.server.as_ref().map(|(address, port)| (address.as_str(), *port)),
            synthetic: self.synthetic,
        }
    }
}

fn text(text: &str) -> StringValue {
    Arc::<str>::from(text).into()
}

/// What tells the series of one layer apart: places in its tables, and how the request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SeriesKey {
    pub(crate) head: u32,
    /// The caller's attributes; [`NO_EXTRAS`] without any.
    pub(crate) extras: u32,
    pub(crate) status: Option<StatusCode>,
    pub(crate) error: Option<ErrorType>,
    pub(crate) version: Option<ProtocolVersion>,
}

pub(crate) const NO_EXTRAS: u32 = u32::MAX;

/// One series in each histogram.
#[derive(Debug)]
pub(crate) struct Series {
    pub(crate) key: Option<SeriesKey>,
    attributes: Box<[KeyValue]>,
    duration: Option<BoundHistogram<f64>>,
    head_duration: Option<BoundHistogram<f64>>,
    request_size: Option<BoundHistogram<u64>>,
    response_size: Option<BoundHistogram<u64>>,
}

/// A request that has ended, and the place of its series.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record {
    pub(crate) series: u32,
    pub(crate) seconds: f64,
    pub(crate) head_seconds: Option<f64>,
    pub(crate) request_bytes: u64,
    /// Absent without a response head.
    pub(crate) response_bytes: Option<u64>,
}

impl Series {
    /// `key` is absent for the one series that takes what is past the limit.
    pub(crate) fn new(key: Option<SeriesKey>, attributes: Box<[KeyValue]>, instruments: &Instruments) -> Self {
        Self {
            key,
            attributes,
            duration: instruments.duration.clone().map(BoundHistogram::new),
            head_duration: instruments.head_duration.clone().map(BoundHistogram::new),
            request_size: instruments.request_size.clone().map(BoundHistogram::new),
            response_size: instruments.response_size.clone().map(BoundHistogram::new),
        }
    }

    pub(crate) fn record(&self, record: &Record) {
        let attributes = &*self.attributes;
        if let Some(duration) = &self.duration {
            duration.record(record.seconds, attributes);
        }
        if let (Some(duration), Some(seconds)) = (&self.head_duration, record.head_seconds) {
            duration.record(seconds, attributes);
        }
        if let Some(size) = &self.request_size {
            size.record(record.request_bytes, attributes);
        }
        if let (Some(size), Some(bytes)) = (&self.response_size, record.response_bytes) {
            size.record(bytes, attributes);
        }
    }
}

/// The version of HTTP, where it is one that the conventions write down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ProtocolVersion {
    Http09,
    Http10,
    Http11,
    Http2,
    Http3,
}

impl ProtocolVersion {
    /// Absent for a version that did not exist when this was written.
    pub(crate) fn of(version: Version) -> Option<Self> {
        match version {
            Version::HTTP_09 => Some(Self::Http09),
            Version::HTTP_10 => Some(Self::Http10),
            Version::HTTP_11 => Some(Self::Http11),
            Version::HTTP_2 => Some(Self::Http2),
            Version::HTTP_3 => Some(Self::Http3),
            _ => None,
        }
    }

    /// The value of `network.protocol.version`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Http09 => "0.9",
            Self::Http10 => "1.0",
            Self::Http11 => "1.1",
            Self::Http2 => "2",
            Self::Http3 => "3",
        }
    }
}

/// Room for the attributes of a request and some of the caller's own, on the stack.
pub(crate) type AttributeList = SmallVec<[KeyValue; 14]>;

/// The attributes of a request that has ended, by name: the SDK would have to sort them otherwise.
pub(crate) fn ended(
    side: Side,
    method: &StringValue,
    head: &Head,
    key: &SeriesKey,
    callers: &[&[KeyValue]],
) -> AttributeList {
    use semconv::attribute as name;
    let route = |on| head.route.clone().filter(|_| side == on);
    let own = [
        key.error.map(|error| KeyValue::new(name::ERROR_TYPE, error.as_str())),
        Some(KeyValue::new(name::HTTP_REQUEST_METHOD, method.clone())),
        key.status.map(|status| KeyValue::new(name::HTTP_RESPONSE_STATUS_CODE, i64::from(status.as_u16()))),
        route(Side::Server).map(|route| KeyValue::new(name::HTTP_ROUTE, route)),
        key.version.map(|version| KeyValue::new(name::NETWORK_PROTOCOL_VERSION, version.as_str())),
        head.server.clone().map(|(address, _)| KeyValue::new(name::SERVER_ADDRESS, address)),
        port(head.server.as_ref()),
        head.scheme.map(|scheme| KeyValue::new(name::URL_SCHEME, scheme.as_str())),
        route(Side::Client).map(|template| KeyValue::new(name::URL_TEMPLATE, template)),
        head.synthetic.map(|kind| KeyValue::new(name::USER_AGENT_SYNTHETIC_TYPE, kind)),
    ];
    with_callers(own.into_iter().flatten().collect(), callers)
}

/// The attributes of the active requests with this head.
pub(crate) fn active(side: Side, method: &StringValue, key: &HeadKey<'_>, callers: &[KeyValue]) -> AttributeList {
    use semconv::attribute as name;
    let server = key.server.map(|(address, port)| (text(address), port));
    let template = key.route.filter(|_| side == Side::Client);
    let own = [
        Some(KeyValue::new(name::HTTP_REQUEST_METHOD, method.clone())),
        server.clone().map(|(address, _)| KeyValue::new(name::SERVER_ADDRESS, address)),
        port(server.as_ref()),
        key.scheme.map(|scheme| KeyValue::new(name::URL_SCHEME, scheme.as_str())),
        template.map(|template| KeyValue::new(name::URL_TEMPLATE, text(template))),
    ];
    with_callers(own.into_iter().flatten().collect(), &[callers])
}

fn port<T>(server: Option<&(T, Option<u16>)>) -> Option<KeyValue> {
    let port = server.and_then(|(_, port)| *port)?;
    Some(KeyValue::new(semconv::attribute::SERVER_PORT, i64::from(port)))
}

/// Adds the caller's attributes, an earlier list before a later one. Within a list the last of a name wins, as in the
/// SDK.
pub(crate) fn with_callers(mut list: AttributeList, callers: &[&[KeyValue]]) -> AttributeList {
    for attribute in callers.iter().flat_map(|list| list.iter().rev()) {
        let name = attribute.key.as_str();
        if is_ours(name) {
            continue;
        }
        if let Err(place) = list.binary_search_by(|have| have.key.as_str().cmp(name)) {
            list.insert(place, attribute.clone());
        }
    }
    list
}

/// The names that the caller's attributes cannot have, even on a request that goes without.
fn is_ours(name: &str) -> bool {
    use semconv::attribute as ours;
    matches!(
        name,
        ours::ERROR_TYPE
            | ours::HTTP_REQUEST_METHOD
            | ours::HTTP_RESPONSE_STATUS_CODE
            | ours::HTTP_ROUTE
            | ours::NETWORK_PROTOCOL_VERSION
            | ours::SERVER_ADDRESS
            | ours::SERVER_PORT
            | ours::URL_SCHEME
            | ours::URL_TEMPLATE
            | ours::USER_AGENT_SYNTHETIC_TYPE
    )
}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.key().fmt(f)
    }
}

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use http::{StatusCode, Version};
use telemetry_core::ErrorType;
use telemetry_core::bound::{BoundHistogram, StripedCount};
use telemetry_core::opentelemetry::KeyValue;

use crate::connection::Scheme;
use crate::head::authority::Authority;
use crate::instruments::Instruments;
use crate::record::{Record, What};
use crate::tie::Reservoir;

/// What a request tells before it runs, as the metrics see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeadKey<'a> {
    pub(crate) small: Small,
    /// The route, or for a client the template of the URL.
    pub(crate) route: Option<&'a str>,
    /// Absent if there is nothing in it.
    pub(crate) rare: Option<&'a Rare<'a>>,
}

/// The part of a head that takes few values, in one number: to be compared and hashed at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Small(u32);

/// The part of a head that a client always has, and a server on demand.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Rare<'a> {
    pub(crate) server: Option<Authority<'a>>,
    pub(crate) synthetic: Option<&'static str>,
}

impl Rare<'_> {
    fn to_owned(&self) -> Rare<'static> {
        Rare { server: self.server.as_ref().map(Authority::to_owned), synthetic: self.synthetic }
    }
}

impl Small {
    const BITS: u32 = 4;
    const MASK: u32 = (1 << Self::BITS) - 1;

    /// `method` is the place in the list of known methods. A client knows the version when the response is there.
    #[inline]
    pub(crate) fn new(method: u16, scheme: Option<Scheme>, version: Option<ProtocolVersion>) -> Self {
        let method = u32::from(method) << (2 * Self::BITS);
        Self(method | number(scheme.map(|scheme| scheme as u8)) << Self::BITS).with_version(version)
    }

    #[inline]
    pub(crate) fn with_version(self, version: Option<ProtocolVersion>) -> Self {
        Self(self.0 & !Self::MASK | number(version.map(|version| version as u8)))
    }

    pub(crate) fn method(self) -> u16 {
        (self.0 >> (2 * Self::BITS)) as u16
    }

    pub(crate) fn scheme(self) -> Option<Scheme> {
        Scheme::ALL.into_iter().find(|scheme| number(Some(*scheme as u8)) == self.0 >> Self::BITS & Self::MASK)
    }

    pub(crate) fn version(self) -> Option<ProtocolVersion> {
        ProtocolVersion::ALL.into_iter().find(|version| number(Some(*version as u8)) == self.0 & Self::MASK)
    }
}

/// Zero is for what is absent.
#[inline]
fn number(place: Option<u8>) -> u32 {
    place.map_or(0, |place| 1 + u32::from(place))
}

impl Hash for HeadKey<'_> {
    #[inline]
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write_u32(self.small.0);
        if let Some(route) = self.route {
            hasher.write(route.as_bytes());
        }
        if let Some(rare) = self.rare {
            rare.hash(hasher);
        }
    }
}

/// One of the heads that have been seen.
pub(crate) struct Head {
    pub(crate) small: Small,
    pub(crate) route: Option<Arc<str>>,
    pub(crate) rare: Option<Rare<'static>>,
    /// Absent if nobody counts them, or if there is no room for another count. Made when a request is counted: with a
    /// head that becomes known later none ever is, and that is no count of zero.
    pub(crate) active: OnceLock<Option<Arc<StripedCount>>>,
    /// The series of requests that ended with a status and nothing else.
    pub(crate) plain: PlainSeries,
}

impl Head {
    pub(crate) fn new(key: &HeadKey<'_>) -> Self {
        Self {
            small: key.small,
            route: key.route.map(Arc::from),
            rare: key.rare.map(Rare::to_owned),
            active: OnceLock::new(),
            plain: PlainSeries::default(),
        }
    }

    pub(crate) fn key(&self) -> HeadKey<'_> {
        HeadKey { small: self.small, route: self.route.as_deref(), rare: self.rare.as_ref() }
    }

    #[inline]
    pub(crate) fn is(&self, key: &HeadKey<'_>) -> bool {
        self.small == key.small && self.route.as_deref() == key.route && self.rare.as_ref() == key.rare
    }
}

/// Places of series by status: most requests of a head end with one of very few, and nothing needs to be hashed then.
#[derive(Debug, Default)]
pub(crate) struct PlainSeries([AtomicU64; 16]);

impl PlainSeries {
    fn cell(&self, status: StatusCode) -> &AtomicU64 {
        // Spreads those that one route gives over different cells.
        let status = usize::from(status.as_u16());
        &self.0[(status ^ (status >> 5)) % self.0.len()]
    }

    /// The place of the series for a status, if it is one of the few.
    #[inline]
    pub(crate) fn get(&self, status: StatusCode) -> Option<u32> {
        let cell = self.cell(status).load(Ordering::Acquire);
        (cell >> 32 == u64::from(status.as_u16())).then_some(cell as u32)
    }

    /// The first status in a cell stays: requests that end by turns must not write by turns.
    pub(crate) fn set(&self, status: StatusCode, series: u32) {
        let cell = u64::from(status.as_u16()) << 32 | u64::from(series);
        // Whoever reads the place has to find the series there.
        let _ = self.cell(status).compare_exchange(0, cell, Ordering::Release, Ordering::Relaxed);
    }
}

/// What tells the series of one layer apart: places in its tables, and how the request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SeriesKey {
    pub(crate) head: u32,
    /// The caller's attributes; [`NO_EXTRAS`] without any.
    pub(crate) extras: u32,
    pub(crate) status: Option<StatusCode>,
    pub(crate) error: Option<ErrorType>,
}

/// The place of the caller's attributes on a request without any.
pub(crate) const NO_EXTRAS: u32 = u32::MAX;

/// One series in each histogram.
#[derive(Debug)]
pub(crate) struct Series {
    pub(crate) key: Option<SeriesKey>,
    attributes: Box<[KeyValue]>,
    #[cfg_attr(not(feature = "trace"), expect(dead_code, reason = "there are no spans to lead to"))]
    pub(crate) exemplars: Reservoir,
    duration: Option<BoundHistogram<f64>>,
    head_duration: Option<BoundHistogram<f64>>,
    request_size: Option<BoundHistogram<u64>>,
    response_size: Option<BoundHistogram<u64>>,
}

impl Series {
    /// `key` is absent for the one series that takes what is past the limit.
    pub(crate) fn new(key: Option<SeriesKey>, attributes: Box<[KeyValue]>, instruments: &Instruments) -> Self {
        Self {
            key,
            attributes,
            exemplars: Reservoir::default(),
            duration: instruments.duration.clone().map(BoundHistogram::new),
            head_duration: instruments.head_duration.clone().map(BoundHistogram::new),
            request_size: instruments.request_size.clone().map(BoundHistogram::new),
            response_size: instruments.response_size.clone().map(BoundHistogram::new),
        }
    }

    #[cfg(feature = "trace")]
    pub(crate) fn attributes(&self) -> &[KeyValue] {
        &self.attributes
    }

    #[inline(always)]
    pub(crate) fn record(&self, record: &Record) {
        let attributes = &*self.attributes;
        if record.what == What::HeadDuration {
            return self.record_head_duration(record.seconds);
        }
        if let Some(duration) = &self.duration {
            duration.record(record.seconds, attributes);
        }
        if let Some(size) = &self.request_size {
            size.record(record.request_bytes, attributes);
        }
        if let (Some(size), What::Answered) = (&self.response_size, record.what) {
            size.record(record.response_bytes, attributes);
        }
    }

    #[cold]
    fn record_head_duration(&self, seconds: f64) {
        if let Some(duration) = &self.head_duration {
            duration.record(seconds, &self.attributes);
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
    const ALL: [Self; 5] = [Self::Http09, Self::Http10, Self::Http11, Self::Http2, Self::Http3];

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

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.key().fmt(f)
    }
}

//! How long things took, by how they ended: connections, connects and handshakes.

use std::hash::Hash;

use telemetry_core::bound::{BoundHistogram, Interner};
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::opentelemetry::metrics::Histogram;
use telemetry_core::semconv::attribute;

use crate::attributes;
use crate::recorder::{OVERFLOW, overflow_attributes};

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum CloseReason {
    Peer,
    Local,
    Dropped,
    Error,
}

impl CloseReason {
    fn as_str(self) -> &'static str {
        match self {
            Self::Peer => attribute::CLOSED_BY_PEER,
            Self::Local => attribute::CLOSED_LOCALLY,
            Self::Dropped => attribute::CLOSED_BY_DROP,
            Self::Error => attribute::CLOSED_BY_ERROR,
        }
    }
}

/// What tells the series of one histogram apart. What a metric does not carry stays absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Outcome<'a> {
    /// The place of the series with the attributes that were known at the start.
    pub(crate) series: u32,
    pub(crate) error: Option<&'static str>,
    pub(crate) reason: Option<CloseReason>,
    pub(crate) tls_version: Option<&'a str>,
    pub(crate) tls_resumed: Option<bool>,
    pub(crate) alpn: Option<&'a str>,
}

impl Outcome<'_> {
    /// The reason, if there is nothing else to tell: no error and no TLS.
    pub(crate) fn usual(&self) -> Option<CloseReason> {
        let Self { series: _, error: None, reason, tls_version: None, tls_resumed: None, alpn: None } = *self else {
            return None;
        };
        reason.filter(|reason| *reason != CloseReason::Error)
    }

    fn attributes(&self, start: &[KeyValue]) -> Box<[KeyValue]> {
        let mut all = start.to_vec();
        let mut add = |name, value: Option<&str>| {
            if let Some(value) = value {
                attributes::insert(&mut all, KeyValue::new(name, value.to_owned()));
            }
        };
        let (protocol, version) = self.alpn.map_or((None, None), protocol);
        add(attribute::ERROR_TYPE, self.error);
        add(attribute::NETWORK_PROTOCOL_NAME, protocol);
        add(attribute::NETWORK_PROTOCOL_VERSION, version);
        add(attribute::TLS_PROTOCOL_VERSION, self.tls_version);
        add(attribute::TRANSPORT_CLOSE_REASON, self.reason.map(CloseReason::as_str));
        if let Some(resumed) = self.tls_resumed {
            attributes::insert(&mut all, KeyValue::new(attribute::TLS_RESUMED, resumed));
        }
        all.into()
    }
}

/// Name and version of a protocol that was agreed on in TLS. One side has proposed it and the other has it in its own
/// list, so there are few.
fn protocol(alpn: &str) -> (Option<&str>, Option<&str>) {
    match alpn {
        "h2" => (Some("http"), Some("2")),
        "h3" => (Some("http"), Some("3")),
        _ => match alpn.split_once('/') {
            Some((name, version)) => (Some(name), Some(version)),
            None => (Some(alpn), None),
        },
    }
}

/// The series of one histogram of seconds.
#[derive(Debug)]
pub(crate) struct Outcomes {
    histogram: Histogram<f64>,
    known: Interner<Known>,
    overflow: BoundHistogram<f64>,
    overflow_attributes: [KeyValue; 1],
}

/// The durations of one outcome.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Durations<'a> {
    seconds: &'a BoundHistogram<f64>,
    attributes: &'a [KeyValue],
}

impl Durations<'_> {
    pub(crate) fn record(self, seconds: f64) {
        self.seconds.record(seconds, self.attributes);
    }
}

#[derive(Debug)]
struct Known {
    series: u32,
    error: Option<&'static str>,
    reason: Option<CloseReason>,
    tls_version: Option<Box<str>>,
    tls_resumed: Option<bool>,
    alpn: Option<Box<str>>,
    attributes: Box<[KeyValue]>,
    seconds: BoundHistogram<f64>,
}

impl Known {
    fn new(outcome: &Outcome<'_>, start: &[KeyValue], histogram: &Histogram<f64>) -> Self {
        Self {
            series: outcome.series,
            error: outcome.error,
            reason: outcome.reason,
            tls_version: outcome.tls_version.map(Into::into),
            tls_resumed: outcome.tls_resumed,
            alpn: outcome.alpn.map(Into::into),
            attributes: outcome.attributes(start),
            seconds: BoundHistogram::new(histogram.clone()),
        }
    }

    fn is(&self, outcome: &Outcome<'_>) -> bool {
        let known = Outcome {
            series: self.series,
            error: self.error,
            reason: self.reason,
            tls_version: self.tls_version.as_deref(),
            tls_resumed: self.tls_resumed,
            alpn: self.alpn.as_deref(),
        };
        known == *outcome
    }
}

impl Outcomes {
    pub(crate) fn new(histogram: Histogram<f64>, limit: usize) -> Self {
        let overflow = BoundHistogram::new(histogram.clone());
        let overflow_attributes = overflow_attributes();
        Self { histogram, known: Interner::with_limit(limit), overflow, overflow_attributes }
    }

    /// The place of an outcome, to be recorded now or later.
    pub(crate) fn place(&self, outcome: &Outcome<'_>, start: &[KeyValue]) -> u32 {
        let make = || Known::new(outcome, start, &self.histogram);
        self.known.find_or_insert(self.known.hash(outcome), |known| known.is(outcome), make).unwrap_or(OVERFLOW)
    }

    /// Where durations of an outcome go.
    pub(crate) fn at(&self, place: u32) -> Durations<'_> {
        match self.known.get(place) {
            Some(Known { seconds, attributes, .. }) => Durations { seconds, attributes },
            None => Durations { seconds: &self.overflow, attributes: &self.overflow_attributes },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use telemetry_core::opentelemetry::global;

    use super::*;

    #[test]
    fn outcomes_that_differ_have_places_of_their_own() {
        let mut all = Vec::new();
        for series in 0..4 {
            for error in [None, Some("timeout"), Some("panic")] {
                for reason in [None, Some(CloseReason::Peer), Some(CloseReason::Error)] {
                    for tls_version in [None, Some("1.2"), Some("1.3")] {
                        for tls_resumed in [None, Some(false), Some(true)] {
                            let alpns = [None, Some("h2"), Some("http/1.1")];
                            let outcome = |alpn| Outcome { series, error, reason, tls_version, tls_resumed, alpn };
                            all.extend(alpns.map(outcome));
                        }
                    }
                }
            }
        }
        let histogram = global::meter("test").f64_histogram("test").build();
        for one in &all {
            let known = Known::new(one, &[], &histogram);
            assert!(all.iter().all(|other| known.is(other) == (one == other)), "{one:?}");
        }
        let outcomes = Outcomes::new(histogram, all.len());
        let places: HashSet<_> = all.iter().map(|outcome| outcomes.place(outcome, &[])).collect();
        assert_eq!(places.len(), all.len());
        assert_eq!(outcomes.place(&Outcome { series: 9, ..Outcome::default() }, &[]), OVERFLOW);
    }

    #[test]
    fn nt_08_names_and_versions_of_protocols() {
        let rows = [
            ("h2", Some("http"), Some("2")),
            ("h3", Some("http"), Some("3")),
            ("http/1.1", Some("http"), Some("1.1")),
            ("spdy/3", Some("spdy"), Some("3")),
            ("postgresql", Some("postgresql"), None),
        ];
        for (alpn, name, version) in rows {
            assert_eq!(protocol(alpn), (name, version));
        }
    }
}

//! The book of what was driven. Every expectation comes from here, and nothing here comes from the server's metrics.

use std::collections::BTreeMap;

/// Methods that are counted under their own name.
const KNOWN: [&str; 10] = ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"];

/// What requests have in common that are counted together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Kind {
    pub(crate) method: String,
    pub(crate) route: Option<&'static str>,
    pub(crate) version: &'static str,
    pub(crate) ending: Ending,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ending {
    /// The response came to its end.
    Answered(u16),
    /// The client went away before the head.
    CancelledBeforeHead,
    /// The client went away after a head with this status.
    CancelledInBody(u16),
    /// The handler panicked.
    Panicked,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) count: u64,
    pub(crate) request_bytes: u64,
    pub(crate) response_bytes: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    kinds: BTreeMap<Kind, Sums>,
}

impl Ledger {
    /// Books one request with the bytes of its two bodies.
    pub(crate) fn record(&mut self, kind: Kind, request_bytes: usize, response_bytes: usize) {
        let sums = self.kinds.entry(kind).or_default();
        sums.count += 1;
        sums.request_bytes += request_bytes as u64;
        sums.response_bytes += response_bytes as u64;
    }

    pub(crate) fn kinds(&self) -> impl Iterator<Item = (&Kind, &Sums)> {
        self.kinds.iter()
    }

    pub(crate) fn total(&self) -> Sums {
        self.kinds.values().fold(Sums::default(), |sum, one| Sums {
            count: sum.count + one.count,
            request_bytes: sum.request_bytes + one.request_bytes,
            response_bytes: sum.response_bytes + one.response_bytes,
        })
    }
}

impl Kind {
    pub(crate) fn new(method: &str, route: Option<&'static str>, version: &'static str, ending: Ending) -> Self {
        let method = if KNOWN.contains(&method) { method } else { "_OTHER" };
        Self { method: method.to_owned(), route, version, ending }
    }
}

impl Ending {
    pub(crate) fn status(self) -> Option<u16> {
        match self {
            Self::Answered(status) | Self::CancelledInBody(status) => Some(status),
            Self::CancelledBeforeHead | Self::Panicked => None,
        }
    }

    /// A server's error: its own status of 500 and more, not a client's mistake.
    pub(crate) fn error_type(self) -> Option<String> {
        match self {
            Self::Answered(status) => (status >= 500).then(|| status.to_string()),
            Self::CancelledBeforeHead | Self::CancelledInBody(_) => Some("cancelled".to_owned()),
            Self::Panicked => Some("panic".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_of_one_kind_are_added_up() {
        let mut ledger = Ledger::default();
        ledger.record(Kind::new("BREW", None, "1.1", Ending::Answered(404)), 0, 7);
        ledger.record(Kind::new("get", None, "1.1", Ending::Answered(404)), 1, 7);
        ledger.record(Kind::new("GET", None, "1.1", Ending::Answered(404)), 2, 7);
        let kinds: Vec<_> = ledger.kinds().map(|(kind, sums)| (kind.method.as_str(), sums.count)).collect();
        assert_eq!(kinds, [("GET", 1), ("_OTHER", 2)]);
        assert_eq!(ledger.total(), Sums { count: 3, request_bytes: 3, response_bytes: 21 });
    }

    #[test]
    fn only_failures_have_an_error_type() {
        assert_eq!(Ending::Answered(404).error_type(), None);
        assert_eq!(Ending::Answered(503).error_type().as_deref(), Some("503"));
        assert_eq!(Ending::CancelledInBody(200).status(), Some(200));
        assert_eq!(Ending::CancelledBeforeHead.status(), None);
    }
}

//! `Accept`: which format, and how names are escaped in it.

use http::HeaderValue;

use super::list::{Clause, Quality, clauses};
use crate::exposition::{Escaping, Exposition, Format};

/// What there is to choose from. Of several that one clause stands for, the first is taken.
const OFFERS: [Offer; 5] = [
    Offer::text("text", "plain", "0.0.4", Exposition::new(Format::PrometheusText)),
    Offer::text("text", "plain", "1.0.0", Exposition::new(Format::PrometheusTextV1)),
    Offer::text("application", "openmetrics-text", "1.0.0", Exposition::new(Format::OpenMetrics)),
    Offer::text("application", "openmetrics-text", "0.0.1", Exposition::open_metrics_0_0_1()),
    Offer {
        kind: "application",
        subtype: "vnd.google.protobuf",
        naming: Naming::InFull(&[("proto", "io.prometheus.client.MetricFamily"), ("encoding", "delimited")]),
        exposition: Exposition::new(Format::Protobuf),
    },
];

pub(crate) fn exposition<'a>(accept: impl IntoIterator<Item = &'a HeaderValue>) -> Exposition {
    let mut bids: [Option<Bid>; OFFERS.len()] = [None; OFFERS.len()];
    for (position, clause) in clauses(accept).enumerate() {
        for (offer, bid) in OFFERS.iter().zip(&mut bids) {
            let Some(precision) = offer.precision(&clause) else { continue };
            let new = Bid { precision, quality: clause.quality, position, escaping: escaping(&clause) };
            if bid.is_none_or(|old| new.replaces(&old)) {
                *bid = Some(new);
            }
        }
    }

    let mut chosen: Option<(&Offer, Bid)> = None;
    for (offer, bid) in OFFERS.iter().zip(bids) {
        let Some(bid) = bid.filter(|bid| !bid.quality.is_refused()) else { continue };
        if chosen.is_none_or(|(_, best)| bid.wins_over(&best)) {
            chosen = Some((offer, bid));
        }
    }
    // Without a format that is acceptable, a scraper still gets one that it may be able to read.
    chosen.map_or(OFFERS[0].exposition, |(offer, bid)| offer.exposition.with_escaping(bid.escaping))
}

/// A media type that can be answered with.
struct Offer {
    kind: &'static str,
    subtype: &'static str,
    naming: Naming,
    exposition: Exposition,
}

/// What a clause says to mean an offer.
enum Naming {
    /// A wildcard or the type will do. A version must be this one.
    Version(&'static str),
    /// Type and parameters, all of them: what is behind the type alone may be anything.
    InFull(&'static [(&'static str, &'static str)]),
}

/// How closely a clause describes an offer, the closest last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Precision {
    Anything,
    Kind,
    Subtype,
    Parameters,
}

impl Offer {
    const fn text(kind: &'static str, subtype: &'static str, version: &'static str, exposition: Exposition) -> Self {
        Self { kind, subtype, naming: Naming::Version(version), exposition }
    }

    /// `None` when the clause is about something else.
    fn precision(&self, clause: &Clause<'_>) -> Option<Precision> {
        let mut sides = clause.name.splitn(2, |&byte| byte == b'/');
        let (kind, subtype) = (sides.next()?, sides.next()?);
        let is_kind = kind.eq_ignore_ascii_case(self.kind.as_bytes());
        if is_kind && subtype.eq_ignore_ascii_case(self.subtype.as_bytes()) {
            return self.precision_of_parameters(clause);
        }
        match self.naming {
            Naming::Version(_) if subtype == b"*" && kind == b"*" => Some(Precision::Anything),
            Naming::Version(_) if subtype == b"*" && is_kind => Some(Precision::Kind),
            Naming::Version(_) | Naming::InFull(_) => None,
        }
    }

    fn precision_of_parameters(&self, clause: &Clause<'_>) -> Option<Precision> {
        match self.naming {
            Naming::Version(expected) => match clause.parameter("version") {
                None => Some(Precision::Subtype),
                Some(version) => version.is(expected).then_some(Precision::Parameters),
            },
            Naming::InFull(parameters) => parameters
                .iter()
                .all(|(name, expected)| clause.parameter(name).is_some_and(|value| value.is(expected)))
                .then_some(Precision::Parameters),
        }
    }
}

/// What the headers say of one offer.
#[derive(Clone, Copy)]
struct Bid {
    precision: Precision,
    quality: Quality,
    position: usize,
    escaping: Escaping,
}

impl Bid {
    /// Whether this clause speaks for the offer instead of `old`, which came before it.
    fn replaces(&self, old: &Self) -> bool {
        self.precision > old.precision || (self.precision == old.precision && self.quality > old.quality)
    }

    /// Whether this bid is better than that for another offer.
    fn wins_over(&self, other: &Self) -> bool {
        self.quality > other.quality || (self.quality == other.quality && self.position < other.position)
    }
}

fn escaping(clause: &Clause<'_>) -> Escaping {
    let parameter = clause.parameter("escaping");
    let named = |name: &Escaping| parameter.is_some_and(|value| value.is(name.as_str()));
    Escaping::ALL.into_iter().find(named).unwrap_or_default()
}

#[cfg(test)]
mod tests;

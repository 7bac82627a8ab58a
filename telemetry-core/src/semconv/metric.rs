//! Metrics with all that an instrument needs to know.

mod connection;
mod http;
mod rpc;
mod runtime;
pub(super) mod sets;
mod transport;

pub use connection::*;
pub use http::*;
pub use rpc::*;
pub use runtime::*;
pub use transport::*;

/// A metric: its name and what belongs to it. All of them are in [`METRICS`](super::METRICS).
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Metric {
    /// The name.
    pub name: &'static str,
    /// The kind of instrument.
    pub instrument: Instrument,
    /// The unit, as the Unified Code for Units of Measure writes it.
    pub unit: &'static str,
    /// One sentence for people.
    pub description: &'static str,
    /// Upper bounds of the buckets, for a histogram; empty otherwise.
    pub boundaries: &'static [f64],
    /// Who has given it this name.
    pub stability: Stability,
    /// What its series are told apart by, in the order of the names. A caller's own attributes come beside these. A series
    /// that counts together what found no room has `otel.metric.overflow` and nothing else.
    pub attributes: &'static [MetricAttribute],
    /// What it takes to have it.
    pub switch: Switch,
}

/// An attribute that series of a [`Metric`] have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MetricAttribute {
    /// The name, one of [`attribute`](super::attribute).
    pub name: &'static str,
    /// Which of the series have it.
    pub presence: Presence,
}

/// Which series of a [`Metric`] have an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Presence {
    /// All of them.
    Always,
    /// Those of which this is true.
    When(&'static str),
    /// None, unless the layer was built with this method.
    OnDemand(&'static str),
}

/// What it takes to have a [`Metric`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Switch {
    /// Nothing: it comes with the layer.
    On,
    /// Nothing, and this method leaves it out.
    OnUnless(&'static str),
    /// This method.
    OnDemand(&'static str),
    /// This feature of the crate that records it.
    Feature(&'static str),
    /// A destination: it comes with what it tells of, the export of a signal by OTLP.
    Exporting,
}

/// Who has given a name, and whether it may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stability {
    /// The conventions, where it stays as it is.
    Stable,
    /// The conventions, where it is about to be stable.
    ReleaseCandidate,
    /// The conventions, where it may still change.
    Development,
    /// These crates, as the conventions have none.
    Own,
}

/// The kind of instrument that a [`Metric`] asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Instrument {
    /// Only rises.
    Counter,
    /// Rises and falls.
    UpDownCounter,
    /// A distribution.
    Histogram,
    /// A value that cannot be added up.
    Gauge,
}

/// Seconds, for what a request, a call, a handshake or a connect takes. The conventions' own bounds.
pub const REQUEST_SECONDS: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// Bytes of a body: empty, then powers of four from 64 B to 64 MiB. The convention gives no bounds, and the SDK's
/// default ends at 10,000, which would throw all larger bodies together.
pub const BODY_BYTES: &[f64] = &[
    0.0,
    64.0,
    256.0,
    1024.0,
    4096.0,
    16384.0,
    65536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
];

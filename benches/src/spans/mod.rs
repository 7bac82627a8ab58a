//! Requests through a service with and without a span for each, and the proof that the spans arrive.
//!
//! Subscribers, providers and propagators are a process's own, so a process has one [`State`] and keeps it.

mod arrivals;
mod client;
mod hand_otel;
mod ours;
mod request;
mod state;
mod systems;

pub use arrivals::{Arrivals, Expected, SERVER_SPAN};
pub use client::{CLIENT_METRICS_AND_TRACE, CLIENT_TRACE};
pub use hand_otel::HAND_OTEL;
pub use ours::{METRICS_AND_TRACE, OURS_OTEL, OURS_TRACING};
pub use request::{header, peer, route};
pub use state::State;
pub use systems::{Entry, NOOP, Systems};

pub use crate::request::sender;

/// What there is to know about a span for each request, [`NOOP`] first.
pub const SYSTEMS: &[Entry] = &[NOOP, OURS_OTEL, OURS_TRACING, HAND_OTEL];

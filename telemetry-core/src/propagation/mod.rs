//! Context that travels in HTTP headers: W3C Trace Context level 2 and W3C Baggage (feature `trace`).
//!
//! A [`Propagator`] is what a layer holds: it reads the [`Context`](opentelemetry::Context) of a request from its
//! headers, and writes one into the headers of the next request. [`Propagator::w3c`] works on the
//! [`HeaderMap`](http::HeaderMap) itself; [`Propagator::global`] is whatever the application has set for the process.
//! [`TraceContextPropagator`] and [`BaggagePropagator`] are its two parts, [`HeaderExtractor`] and [`HeaderInjector`]
//! let any other propagator of OpenTelemetry work on a `HeaderMap`.
//!
//! ```
//! use http::HeaderMap;
//! use telemetry_core::opentelemetry::trace::TraceContextExt;
//! use telemetry_core::propagation::Propagator;
//!
//! let mut incoming = HeaderMap::new();
//! incoming.insert("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse()?);
//! let propagator = Propagator::w3c();
//! let context = propagator.extract(&incoming);
//! assert!(context.span().span_context().is_remote());
//!
//! let mut outgoing = HeaderMap::new();
//! propagator.inject(&context, &mut outgoing);
//! assert_eq!(outgoing, incoming);
//! # Ok::<(), http::header::InvalidHeaderValue>(())
//! ```
//!
//! ### Propagation
//!
//! Nothing that a peer sends makes extraction fail or panic: what is invalid is as if it were not there.
//!
//! | header | accepted | otherwise |
//! |---|---|---|
//! | `traceparent` | one line; version `00` of exactly 55 bytes; `01` to `fe` of 55, or more after a further `-`; lowercase hex; no id of zeros | no remote span, and `tracestate` is not read |
//! | `tracestate` | all lines as one list; at most 32 members of the level 2 grammar, keys unique, empty members skipped | dropped as a whole; `traceparent` is kept |
//! | `baggage` | all lines as one list; of its first 8192 bytes the first 64 names | a member that is invalid, cut off or too many is dropped, never shortened |
//!
//! - Blanks around a value are the HTTP parser's to remove. A `traceparent` that still has some is invalid.
//! - Of the flags, `sampled` and `random` are kept and sent; all others are cleared. What is sent has version `00`.
//! - A `tracestate` is passed on unchanged but for blanks and empty members between its members.
//!   [`TraceState`](opentelemetry::trace::TraceState) cannot hold keys with two `@`, with more than 13 characters
//!   after one, or with `_`, `-`, `*` or `/` right after one, though level 2 allows them: then the `tracestate` is
//!   dropped. More than 16447 bytes in all its lines, the most that 32 members can have, are dropped unread.
//! - A `baggage` value is percent-decoded. Octets that are not UTF-8 become U+FFFD, a `%` without two hex digits stands
//!   for itself, and so does `+`. Of two members with one name the last counts. Metadata is kept as it was sent.
//! - What is injected replaces what the request had. A valid span without `tracestate` takes a stale `tracestate` line
//!   away, and a context without baggage a stale `baggage` line: a request that is forwarded carries nothing that its
//!   context does not have. Without a valid span `traceparent` and `tracestate` are left alone.
//! - Baggage is sent sorted by name and percent-encoded, `+` as well since some readers take it for a blank. A member
//!   that makes the header longer than 8192 bytes is left out. Metadata that no header can carry is left out too.
//! - Spans that are not sampled are injected like all others. The SDK sets a limit here: the tracer of
//!   `opentelemetry_sdk` 0.33.1 gives a span that the sampler drops no flags at all, so the `random` flag of an
//!   unsampled trace ends there.

mod baggage;
mod carrier;
mod environment;
mod formats;
mod found;
mod global;
mod propagator;
mod trace_context;

use std::sync::LazyLock;

use http::HeaderName;

pub use baggage::BaggagePropagator;
pub use carrier::{HeaderExtractor, HeaderInjector};
pub use propagator::Propagator;
pub use trace_context::TraceContextPropagator;

static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
static TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
static BAGGAGE: HeaderName = HeaderName::from_static("baggage");

/// The names of the three headers, those of the trace context first.
static FIELDS: LazyLock<[String; 3]> =
    LazyLock::new(|| [&TRACEPARENT, &TRACESTATE, &BAGGAGE].map(|name| name.as_str().to_owned()));

/// Without the blanks of a header's lists.
fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

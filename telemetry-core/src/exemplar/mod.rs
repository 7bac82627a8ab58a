//! Exemplars: single measurements, each with the span in which it was made, that lead from a metric to its traces.
//!
//! The OpenTelemetry SDK for Rust collects none, so they are kept beside it. Instrumentation asks the
//! [`ExemplarStore`] once for the [`ExemplarReservoir`] of each series that it records to, and offers it each
//! measurement that it gives the instrument. An exporter finds the reservoir of a series that it writes by the same
//! scope, metric name and attributes, and reads what was kept: the latest measurement of each bucket. The layers of
//! the sibling crates do the first, `telemetry-prometheus` does the second; both use [`ExemplarStore::global`] unless
//! told otherwise.
//!
//! ```
//! use std::time::SystemTime;
//!
//! use telemetry_core::exemplar::{Buckets, ExemplarStore, SpanIdentity};
//! use telemetry_core::opentelemetry::{InstrumentationScope, KeyValue, SpanId, TraceId};
//!
//! let store = ExemplarStore::new();
//! let scope = InstrumentationScope::builder("shop").build();
//! let attributes = [KeyValue::new("lane", "express")];
//!
//! // Once for each series:
//! let buckets = Buckets::Explicit(&[0.1, 1.0]);
//! let reservoir = store.reservoir(&scope, "checkout.duration", &attributes, buckets);
//!
//! // For each measurement; in a service the span is the current one.
//! let span = SpanIdentity::new(TraceId::from(0xdecaf), SpanId::from(0xbad), true);
//! reservoir.offer(0.05, SystemTime::now(), Some(&span), &[]);
//! reservoir.offer(0.7, SystemTime::now(), Some(&span), &[KeyValue::new("basket", 42)]);
//!
//! // In an exporter:
//! let found = store.find(&scope, "checkout.duration", &attributes).expect("it was made above");
//! let mut values = Vec::new();
//! found.visit(|exemplar| values.push((exemplar.value(), exemplar.trace_id())));
//! assert_eq!(values, [(0.05, span.trace_id()), (0.7, span.trace_id())]);
//! ```
//!
//! # What is kept
//!
//! [`ExemplarFilter`] says which measurements count; by default those in a sampled span. Of these each bucket keeps
//! the latest, but takes at most one with the same millisecond: nobody reads that fast, and threads need not fight
//! over it. Whoever offers never waits: while a bucket is being written or read, what is offered to it is left out.
//!
//! # Privacy
//!
//! The attributes that are offered with a measurement are on purpose not those of its series: they may hold what is
//! too personal or too diverse for a label, an address or a user's name. They appear on the exemplar, and so on the
//! page that the exporter serves. Offer none, or only what everybody who may read the metrics may read.
//!
//! # Limits
//!
//! - A view that renames a metric, or takes away some of its attributes, makes series in the SDK that no reservoir is
//!   known by: they have no exemplars. The same goes for attributes that the exporter is not shown as they were
//!   recorded, as those of the series for what is over the SDK's cardinality limit.
//! - A view that changes the bounds of a histogram does not change those of the reservoir. An exporter has to look
//!   at [`Exemplar::value`] to find the bucket.
//! - A store knows nothing of meter providers. Where several providers have the same series, each needs a store of its
//!   own, given to its instrumentation and its exporter; with the global one they show each other's exemplars.
//! - Memory is bounded, see [`ExemplarStoreBuilder::with_limit`]; series beyond the limit have no exemplars.

mod attributes;
mod filter;
mod reservoir;
mod sample;
mod series;
mod slot;
mod span;
mod store;

pub use filter::ExemplarFilter;
pub use reservoir::{Buckets, ExemplarReservoir};
pub use sample::Exemplar;
pub use span::SpanIdentity;
pub use store::{ExemplarStore, ExemplarStoreBuilder};

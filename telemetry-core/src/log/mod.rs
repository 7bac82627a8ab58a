//! The ids of trace and span on every line of the log.
//!
//! [`TraceIds`] goes around a layer of [`tracing_subscriber::fmt`](mod@tracing_subscriber::fmt), which keeps its format, its colours and its
//! writer. Whoever has a line of the log then finds its trace, and whoever has a trace finds its lines. Spans of
//! `tracing` count once `tracing-opentelemetry` makes them spans of OpenTelemetry, and those of the OpenTelemetry API
//! count by themselves:
//!
//! ```
//! use telemetry_core::log::TraceIds;
//! use tracing_subscriber::fmt;
//! use tracing_subscriber::layer::SubscriberExt;
//!
//! // In a service the tracer is one that exports, and the subscriber is installed with `init()`.
//! let subscriber = tracing_subscriber::registry()
//!     .with(TraceIds::text(fmt::layer()))
//!     .with(tracing_opentelemetry::layer());
//!
//! tracing::subscriber::with_default(subscriber, || {
//!     tracing::info_span!("checkout").in_scope(|| tracing::info!(items = 3, "paid"));
//! });
//! ```
//!
//! `tracing_subscriber::fmt()` is short for a registry with such a layer: write the long form, as above.
//!
//! # What is written
//!
//! [`TraceIds::text`] adds to the end of an event's first line, in every format of text; the ids themselves are
//! never coloured:
//!
//! ```text
//! 2026-01-02T03:04:05.678901Z  INFO checkout: shop: paid items=3 trace_id=3c6ef372fe94f82adaa66d2c7ddf743f span_id=9e3779b97f4a7c15
//! ```
//!
//! [`TraceIds::json`] adds the last members of the object:
//!
//! ```json
//! {"timestamp":"2026-01-02T03:04:05.678901Z","level":"INFO","fields":{"message":"paid","items":3},"target":"shop","span":{"name":"checkout"},"trace_id":"3c6ef372fe94f82adaa66d2c7ddf743f","span_id":"9e3779b97f4a7c15"}
//! ```
//!
//! The rest of a line stays as it is, to the byte, and so does a line without a span or whose span has no valid ids.
//! A span that is not sampled has ids like any other.
//!
//! The names, and that they are at the top of the object, are those of
//! [Trace Context in non-OTLP Log Formats](https://opentelemetry.io/docs/specs/otel/compatibility/logging_trace_context/),
//! and so is lowercase hexadecimal: 32 digits of trace, 16 of span. Of its fields, all of them optional, `trace_flags`
//! is left out: it helps to find neither a line nor a trace.
//!
//! # Whose ids
//!
//! Those of the innermost OpenTelemetry span around the line:
//!
//! - As a rule the current one, of whichever API: the span that was entered or attached last.
//! - For an event with an explicit parent that one, even if it was never entered; a line starts it then, so set its
//!   remote parent before. Where OpenTelemetry does not know it, because a filter keeps it away, the nearest span
//!   around it that is known. `parent: None` is in no span, and neither is an event with a parent that is closed or
//!   disabled.
//! - In a disabled span, or one that OpenTelemetry does not know, the one around it.
//! - If `tracing-opentelemetry` was told not to activate contexts: see [`TraceIds::with_context_activation`].
//! - For lines about a span itself, which `with_span_events` asks for, that span: not yet when it is new, since only
//!   starting it gives it ids, and when it is closed only if this layer was added to the registry before that of
//!   `tracing-opentelemetry`, which otherwise has let go of it.
//!
//! Apart from that the order of the layers does not matter.
//!
//! # Limits
//!
//! - Text has no marks for where a message ends: one that holds `trace_id=` looks like an id. The ids of this module
//!   are always the last on the first line of an event in a span.
//! - A JSON object that has a member `trace_id` or `span_id` already gets neither, see [`TraceIds::json`].
//! - Explicit parents are looked up in a [`Registry`](tracing_subscriber::Registry). Events in other subscribers, or
//!   whose OpenTelemetry layer is inside a `reload::Layer`, have only the ids of the current span.
//! - In an `Option` or a `Vec` of layers, `TraceIds` is not told which subscriber it is in: explicit parents then need
//!   that to be the global default, with no other one set for a thread.
//! - An explicit parent that is given by its bare id has to stay open while the event is handled; so it does if the
//!   span itself is given.
//! - A line is copied once, to memory that the thread keeps for the next one: at most 16 KiB.

mod layer;
mod line;
mod lookup;
mod subject;
mod writer;

pub use layer::TraceIds;
pub use writer::{IdWriter, MakeIdWriter};

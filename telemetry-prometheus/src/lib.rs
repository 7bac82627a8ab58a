//! Prometheus exposition for OpenTelemetry metrics.
//!
//! A [`PrometheusExporter`] reads the metrics of an OpenTelemetry meter provider when Prometheus asks for them, and
//! writes them straight from the SDK's data, in the format that was asked for: there is no registry in between that would
//! hold a second copy.
//! [`PrometheusMetricsHandler`] serves them over HTTP. Metrics of the [`prometheus`] crate can appear beside them, and
//! they in its registries.
//!
//! ```
//! use telemetry_prometheus::opentelemetry::KeyValue;
//! use telemetry_prometheus::opentelemetry::metrics::MeterProvider;
//! use telemetry_prometheus::opentelemetry_sdk::Resource;
//! use telemetry_prometheus::opentelemetry_sdk::metrics::SdkMeterProvider;
//! use telemetry_prometheus::{Format, PrometheusExporter};
//!
//! let exporter = PrometheusExporter::new();
//! let provider = SdkMeterProvider::builder()
//!     .with_resource(Resource::builder_empty().with_service_name("shop").build())
//!     .with_reader(exporter.clone())
//!     .build();
//!
//! let duration = provider
//!     .meter("shop")
//!     .f64_histogram("http.server.request.duration")
//!     .with_unit("s")
//!     .with_description("Duration of HTTP server requests.")
//!     .with_boundaries(vec![0.1, 1.0])
//!     .build();
//! duration.record(0.25, &[KeyValue::new("http.route", "/orders")]);
//!
//! assert_eq!(
//!     exporter.render(Format::PrometheusText)?,
//!     r#"# HELP http_server_request_duration_seconds Duration of HTTP server requests.
//! ## TYPE http_server_request_duration_seconds histogram
//! http_server_request_duration_seconds_bucket{http_route="/orders",otel_scope_name="shop",le="0.1"} 0
//! http_server_request_duration_seconds_bucket{http_route="/orders",otel_scope_name="shop",le="1"} 1
//! http_server_request_duration_seconds_bucket{http_route="/orders",otel_scope_name="shop",le="+Inf"} 1
//! http_server_request_duration_seconds_sum{http_route="/orders",otel_scope_name="shop"} 0.25
//! http_server_request_duration_seconds_count{http_route="/orders",otel_scope_name="shop"} 1
//! ## HELP target_info Target metadata
//! ## TYPE target_info gauge
//! target_info{service_name="shop"} 1
//! "#,
//! );
//! # Ok::<(), telemetry_prometheus::Error>(())
//! ```
//!
//! # Formats
//!
//! | [`Format`] | exemplars | units | start times | exponential histograms |
//! |---|---|---|---|---|
//! | [`PrometheusText`](Format::PrometheusText), 0.0.4 | | | | classic buckets |
//! | [`PrometheusTextV1`](Format::PrometheusTextV1): the same, with names of UTF-8 in quotes | | | | classic buckets |
//! | [`OpenMetrics`](Format::OpenMetrics) 1.0 | yes | yes | [by option](PrometheusExporterBuilder::with_created_lines) | classic buckets |
//! | [`Protobuf`](Format::Protobuf) | yes | yes | yes | native; [both by option](PrometheusExporterBuilder::with_classic_beside_native) |
//!
//! The handler chooses by the request's `Accept`, as [`Exposition::negotiate`] tells; `render` takes a format, or an
//! [`Exposition`] for another [`Escaping`] of names than underscores.
//!
//! **Native histograms.** Give an instrument the SDK's exponential aggregation with a view, and let Prometheus ask for
//! protocol buffers: 2.42 to 3.5 do so with `--enable-feature=native-histograms`. Scales above 8 are merged down to what Prometheus can hold. Where only classic buckets can
//! be written, the same data appears as a classic histogram with fixed bounds, so that a change of the view never
//! loses a metric: see [`with_exponential_bounds`](PrometheusExporterBuilder::with_exponential_bounds).
//!
//! **Exemplars.** The SDK collects none, so they come from the [`ExemplarStore`](telemetry_core::exemplar::ExemplarStore)
//! that instrumentation offers its measurements to: for counters the newest, for histograms the newest of each bucket.
//! Labels are `trace_id`, `span_id`, and attributes in the order of their names for as long as all fit into 128
//! characters.
//!
//! # Names, labels and conflicts
//!
//! Translation follows the [OpenTelemetry specification], "Prometheus and OpenMetrics Compatibility". Where that is silent
//! or leaves a choice, this is what happens (the ids are those of the tests; all rules are listed at the end):
//!
//! | Case | Outcome | Tests |
//! |---|---|---|
//! | a name without any legal character | the metric is dropped | PX-23 |
//! | a digit in front, replaced characters at the end of a name | `_` in front, nothing at the end | PX-22 |
//! | unit `1`, or in braces | no suffix | PX-27, PX-28 |
//! | a unit that is in no table | kept: `kg` becomes `_kg` | PX-30 |
//! | a name that ends in its unit or in `_total` already | nothing is added twice | PX-31, PX-33 |
//! | other strategies, and names that are not legal in a format | [`TranslationStrategy`], then [`Escaping`] | PX-40 to PX-48 |
//! | an attribute key with a digit or `_` in front | `key_` in front: Prometheus keeps names like `__x` for itself | PX-94 |
//! | `le` on a histogram, `quantile` on a summary, `__name__` | `exported_` in front | PX-97 |
//! | two attributes that become one label | values joined with `;`, in the order of the keys | PX-95 |
//! | a value that is not text | its JSON form | PX-96 |
//! | an empty value | no label: Prometheus does not tell the two apart | OM-26 |
//! | a scope without version or schema URL | no empty labels for them | PX-90 |
//! | an empty resource | no `target_info` | PX-100 |
//! | one name with two types | the one that came first; at once: the exporter before registries, scopes by name | PX-105 |
//! | one name with two descriptions or units | all points, under the first description | PX-106 |
//! | a metric named like a sample of another (`x_count` beside a histogram `x`) | the one that came first | PX-109 |
//! | two series with the same labels | the one that came first; at once, in one instrument: always the same | T-07, PX-93 |
//! | buckets or quantiles of a registry that are out of order | put in order, or left out | OM-47, T-11 |
//! | NUL in a name | `_`: Prometheus 3 refuses a page with it | PX-42, PX-43 |
//! | a second `target_info` | dropped: an output has one resource | PX-100 |
//! | a counter whose name does not end in `_total` | `unknown` in OpenMetrics | PX-46 |
//! | a counter that is negative or NaN | left out of OpenMetrics | PX-64 |
//! | a histogram whose sum may shrink | without sum and count in OpenMetrics | PX-63 |
//! | a histogram too coarse to be native (scale below -4) | left out of protocol buffers | PX-73 |
//! | no metrics at all | status 200; an empty body, or `# EOF` | PX-12 |
//!
//! Conflicts are settled by the names in one format: a gauge `x` and a counter `x_total` are two families in text, and one
//! name too many in OpenMetrics.
//!
//! Metrics, series, descriptions and units that are dropped, and labels that are renamed, are logged by [`tracing`] as
//! a warning, once in the life of an exporter. Label values that are joined are not, nor are scope attributes that are
//! left out because the scope's name, version or schema URL has their label (PX-91).
//!
//! Values that were recorded as integers are written in full, others like Prometheus' own libraries write them: as
//! short as possible, with an exponent from `1e+06` on (PX-65, PX-66, T-12). Families are sorted by name, series by
//! labels: equal data gives equal bytes (T-17), but for conflicts, which depend on what came first.
//!
//! # Registries of the `prometheus` crate
//!
//! - [`PrometheusMetricsHandler::with_registry`] and [`PrometheusExporterBuilder::with_registry`] add the families of a
//!   registry to the output. Their names and labels stay as they are, if they are legal.
//! - The exporter is a [`Collector`](prometheus::core::Collector): [`Registry::register`](prometheus::Registry::register)
//!   a clone of it, and everything that gathers the registry sees the SDK's metrics.
//! - Both at once work too: each family appears once, on either way.
//!
//! Conflicts are settled in the output of the exporter alone. In a registry that someone else gathers, the `prometheus`
//! crate puts families of one name together without a look at their types or labels.
//!
//! The crate's feature `protobuf` may be on or off.
//!
//! # What a scrape costs
//!
//! The exporter remembers what the labels of each series look like, and checks that against the attributes in each
//! scrape. So a page of any size takes no more allocations than the SDK's collection, and a few for the request; most
//! of the time of a scrape is that collection.
//!
//! What is remembered for text takes some 300 bytes a series with three labels, and 700 for a histogram of 14 bounds; for
//! protocol buffers it is more. There are up to four formats that are remembered, each with the memory of its page, which is
//! used again, and given back when there is much less to write.
//!
//! # What is on the page without asking
//!
//! [`init`] is the shortest way from a service to a page; [`TelemetryBuilderExt::with_prometheus`] is part of it. With
//! either, these are on the page beside what layers and instruments record:
//!
//! - `target_info`, the attributes of the resource;
//! - `process_*`, on Linux: CPU time, memory, file descriptors, threads, start time (feature `process`);
//! - `tokio_runtime_*`, as `telemetry_core::runtime` describes them: workers, tasks, the global queue, parks and busy time
//!   of each worker (feature `runtime`).
//!
//! An exporter that is given to a meter provider by hand shows the first of these alone.
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | `gzip` (default) | compressed responses |
//! | `process` (default) | `process_*` on Linux, with `with_prometheus` or `PrometheusExporterBuilder::with_process_metrics` |
//! | `runtime` (default) | `tokio_runtime_*`, with [`Telemetry`](telemetry_core::Telemetry) |
//! | `zstd` | compressed responses with zstd, which builds a C library |
//! | `server` | `PrometheusExporter::serve`: a server for metrics alone |
//!
//! # Requirements
//!
//! Collecting on demand needs the SDK's feature `experimental_metrics_custom_reader`, which this crate switches on. The
//! handler wants a Tokio runtime, and without one does its work in the calling thread.
//!
//! [OpenTelemetry specification]: https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/

#![doc = include_str!("../RULES.md")]

mod body;
mod bridge;
mod builder;
mod classic;
mod collected;
mod compress;
mod deadline;
mod encode;
mod error;
mod escape;
mod exporter;
mod exposition;
mod ext;
mod handler;
mod histogram;
mod inventory;
mod kind;
mod label;
mod memory;
mod name;
mod native;
mod negotiate;
mod number;
mod page;
mod process;
mod reader;
#[cfg(test)]
mod recorded;
mod sdk;
#[cfg(feature = "server")]
mod server;
mod source;
mod strategy;
mod unit;
mod warning;

pub use body::MetricsBody;
pub use builder::PrometheusExporterBuilder;
pub use error::Error;
pub use exporter::PrometheusExporter;
pub use exposition::{Escaping, Exposition, Format};
pub use ext::{TelemetryBuilderExt, init};
pub use handler::{PrometheusMetricsHandler, ScrapeFuture};
pub use prometheus;
#[cfg(feature = "server")]
pub use server::{MetricsAddress, MetricsServer};
pub use strategy::{ParseTranslationStrategyError, TranslationStrategy};
pub use telemetry_core::{opentelemetry, opentelemetry_sdk};

//! Prometheus exposition for OpenTelemetry metrics.
//!
//! A [`PrometheusExporter`] reads the metrics of an OpenTelemetry meter provider when Prometheus asks for them, and
//! writes them straight from the SDK's data: there is no registry in between that would hold a second copy.
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
//! # Names, labels and conflicts
//!
//! Translation follows the [OpenTelemetry specification], "Prometheus and OpenMetrics Compatibility". Where that is silent
//! or leaves a choice, this is what happens (the ids are those of the tests):
//!
//! | Case | Outcome | Tests |
//! |---|---|---|
//! | a name without any legal character | the metric is dropped | PX-23 |
//! | a digit in front, replaced characters at the end of a name | `_` in front, nothing at the end | PX-22 |
//! | unit `1`, or in braces | no suffix | PX-27, PX-28 |
//! | a unit that is in no table | kept: `kg` becomes `_kg` | PX-30 |
//! | a name that ends in its unit or in `_total` already | nothing is added twice | PX-31, PX-33 |
//! | an attribute key with a digit or `_` in front | `key_` in front: Prometheus keeps names like `__x` for itself | PX-94 |
//! | `le` on a histogram, `quantile` on a summary, `__name__` | `exported_` in front | PX-97 |
//! | two attributes that become one label | values joined with `;`, in the order of the keys | PX-95 |
//! | a value that is not text | its JSON form | PX-96 |
//! | a scope without version or schema URL | no empty labels for them | PX-90 |
//! | an empty resource | no `target_info` | PX-100 |
//! | one name with two types | the one that came first; at once: the exporter before registries, scopes by name | PX-105 |
//! | one name with two descriptions or units | all points, under the first description | PX-106 |
//! | a metric named like a sample of a histogram (`x_count` beside `x`) | dropped | PX-109 |
//! | two series with the same labels | one is exported, by the same rule | T-07, PX-93 |
//! | a second `target_info` | dropped: an output has one resource | PX-100 |
//! | exponential histograms | not exported yet | PX-58 |
//! | no metrics at all | status 200 and an empty body | PX-12 |
//!
//! Metrics, series, descriptions and units that are dropped, and labels that are renamed, are logged by [`tracing`] as
//! a warning, once in the life of an exporter. Label values that are joined are not, nor are scope attributes that are
//! left out because the scope's name, version or schema URL has their label (PX-91).
//!
//! Values that were recorded as integers are written in full, others like Prometheus' own libraries write them: as
//! short as possible, with an exponent from `1e+06` on (PX-65, PX-66, T-12). Families are sorted by name, series by
//! labels: equal data gives equal bytes (T-17), but for conflicts, which depend on what came first.
//!
//! The rules of the project's specification that this crate meets, by the place where each is met:
//!
//! | Module | Rules |
//! |---|---|
//! | `reader`, `exporter` | PX-01 to PX-08, PX-12, PX-153 |
//! | `name`, `unit` | PX-20 to PX-23, PX-26 to PX-33, PX-36, PX-110 |
//! | `label`, `layout` | PX-10, PX-91, PX-94 to PX-97 |
//! | `sdk` | PX-50 to PX-56, PX-58, PX-61, PX-62, PX-90, PX-92, PX-99, PX-100, PX-102, PX-103 |
//! | `family`, `memory`, `series` | PX-24, PX-34, PX-93, PX-98, PX-104 to PX-109, T-07, T-17 |
//! | `number` | PX-64 to PX-66, T-09, T-12 |
//! | `encode::text` | PX-11, PX-25, PX-120, T-01 to T-06, T-08, T-10, T-11, T-13, T-14, T-16 |
//! | `handler` | PX-140, PX-143, PX-150, PX-154, PX-160 |
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
//! # Requirements
//!
//! Collecting on demand needs the SDK's feature `experimental_metrics_custom_reader`, which this crate switches on. The
//! handler wants a Tokio runtime, and without one does its work in the calling thread.
//!
//! [OpenTelemetry specification]: https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/

mod body;
mod bridge;
mod builder;
mod classic;
mod collected;
mod compress;
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
#[cfg(feature = "process")]
mod process;
mod reader;
#[cfg(test)]
mod recorded;
mod sdk;
mod source;
mod strategy;
mod unit;
mod warning;

pub use body::MetricsBody;
pub use builder::PrometheusExporterBuilder;
pub use error::Error;
pub use exporter::PrometheusExporter;
pub use exposition::{Escaping, Exposition, Format};
pub use ext::TelemetryBuilderExt;
pub use handler::{PrometheusMetricsHandler, ScrapeFuture};
pub use strategy::{ParseTranslationStrategyError, TranslationStrategy};
pub use telemetry_core::{opentelemetry, opentelemetry_sdk};

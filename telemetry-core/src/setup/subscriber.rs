//! The subscriber of `tracing`: the log on the standard error, and spans and logs for OpenTelemetry.

use std::io::{self, IsTerminal};
use std::ptr;

use opentelemetry::Context;
use opentelemetry::trace::TracerProvider;
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::dispatcher::{self, Dispatch};
use tracing::level_filters::LevelFilter;
use tracing::subscriber::NoSubscriber;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::filter::{EnvFilter, FilterExt, dynamic_filter_fn};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::{Context as LayerContext, Filter, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use crate::log::TraceIds;
use crate::settings::Settings;

/// A layer for a subscriber of one's own, whichever it is.
pub type BoxedLayer<S> = Box<dyn Layer<S> + Send + Sync>;

/// What the log shows, if nothing else is said.
const DEFAULT: &str = "info";

/// What the SDK tells of itself, if nothing else is said: its own progress is nobody's news.
const SDK: &str = "warn";

/// Installs the subscriber, unless the process has one.
pub(super) fn install(
    directives: &str,
    tracer: Option<&SdkTracerProvider>,
    logger: Option<&SdkLoggerProvider>,
) -> bool {
    // `has_been_set` would speak of any thread and of any time.
    if dispatcher::get_default(|current| !current.is::<NoSubscriber>()) {
        return false;
    }
    let filter = EnvFilter::builder().parse_lossy(directives);
    let registry = tracing_subscriber::registry().with(opentelemetry(directives, tracer, logger));
    // Two subscribers and not a boxed layer: boxed, it would not be told which subscriber it is in.
    if io::stderr().is_terminal() {
        let log = fmt::layer().with_writer(io::stderr);
        set_global(registry.with(TraceIds::text(log).with_filter(filter)))
    } else {
        let log = fmt::layer().json().with_writer(io::stderr);
        set_global(registry.with(TraceIds::json(log).with_filter(filter)))
    }
}

/// Whether the subscriber is the global one now.
fn set_global<S: Subscriber + Send + Sync>(subscriber: S) -> bool {
    let dispatch = Dispatch::new(subscriber);
    let place = |dispatch: &Dispatch| dispatch.downcast_ref::<S>().map(ptr::from_ref);
    // It also fails where the `log` crate has a logger of its own, which stays then: that is no matter of ours.
    dispatch.clone().try_init().is_ok() || dispatcher::get_default(place) == place(&dispatch)
}

/// The layers that make what `tracing` tells spans and logs of OpenTelemetry.
pub(super) fn opentelemetry<S>(
    directives: &str,
    tracer: Option<&SdkTracerProvider>,
    logger: Option<&SdkLoggerProvider>,
) -> Option<BoxedLayer<S>>
where
    S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
{
    let filter = || EnvFilter::builder().parse_lossy(directives);
    let spans = tracer.map(|tracer| {
        let layer = tracing_opentelemetry::layer().with_tracer(tracer.tracer("tracing"));
        // A quiet log is no reason for traces with holes.
        layer.with_filter(filter().or(LevelFilter::INFO).and(not_suppressed())).boxed()
    });
    let logs = logger
        .map(|logger| OpenTelemetryTracingBridge::new(logger).with_filter(filter().and(not_suppressed())).boxed());
    match (spans, logs) {
        (Some(spans), Some(logs)) => Some(spans.and_then(logs).boxed()),
        (spans, logs) => spans.or(logs),
    }
}

/// What an exporter does is neither traced nor exported: that would be more to export.
fn not_suppressed<S: Subscriber>() -> impl Filter<S> {
    dynamic_filter_fn(|_: &Metadata<'_>, _: &LayerContext<'_, S>| !Context::is_current_telemetry_suppressed())
}

/// What `RUST_LOG` says, and for the parts of the telemetry `OTEL_LOG_LEVEL`. Of two that speak of the same part, the
/// later one counts.
pub(super) fn directives(settings: &Settings) -> String {
    let known = ["off", "error", "warn", "info", "debug", "trace"].map(|level| (level, level));
    let known: Vec<_> = known.into_iter().chain([("none", "off")]).collect();
    let own = match settings.choice("OTEL_LOG_LEVEL", &known) {
        Some(level) => format!("opentelemetry={level},telemetry={level}"),
        None => format!("opentelemetry={SDK}"),
    };
    let parse = |text: &str| EnvFilter::builder().parse(text).is_ok().then(|| text.to_owned());
    let said = settings.parsed("RUST_LOG", "a list of targets and levels, as `info,shop=debug`", parse);
    if said.as_deref().is_some_and(|said| said.eq_ignore_ascii_case("off")) && !settings.is_set("OTEL_LOG_LEVEL") {
        // Nothing means nothing.
        return "off".to_owned();
    }
    format!("{own},{}", said.as_deref().unwrap_or(DEFAULT))
}

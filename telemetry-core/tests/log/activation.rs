//! Spans of `tracing` that do not become the current ones of OpenTelemetry.

use telemetry_core::log::TraceIds;
use telemetry_core::opentelemetry::Context;
use telemetry_core::opentelemetry::trace::{TraceContextExt, Tracer};
use tracing::{info, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry;

use crate::{Sink, Traces, text};

fn written(traces: &Traces, work: impl FnOnce()) -> Sink {
    let sink = Sink::default();
    let exported = filter_fn(|metadata| metadata.name() != "detail");
    let layers = registry()
        .with(
            tracing_opentelemetry::layer()
                .with_tracer(traces.tracer())
                .with_context_activation(false)
                .with_filter(exported),
        )
        .with(TraceIds::text(text(&sink)).with_context_activation(false));
    tracing::subscriber::with_default(layers, work);
    sink
}

#[test]
fn the_entered_span_of_tracing_comes_first() {
    let traces = Traces::new();
    let sink = written(&traces, || {
        traces.tracer().in_span("server", |_| {
            info!("outside");
            info_span!("checkout").in_scope(|| {
                info!("entered");
                info_span!("detail").in_scope(|| info!("in what is not exported"));
                info_span!("query").in_scope(|| info!("within"));
            });
            info_span!("detail").in_scope(|| info!("in nothing that is exported"));
        });
        info!("after");
    });
    let [server, checkout, query] = ["server", "checkout", "query"].map(|name| traces.ids(name));
    assert_eq!(sink.ids(), [server.clone(), checkout.clone(), checkout, query, server, None]);
}

#[test]
fn parents_that_are_named_count_as_ever() {
    let traces = Traces::new();
    let sink = written(&traces, || {
        let order = info_span!("order");
        let _entered = info_span!("entered").entered();
        info!(parent: &order, "parent");
        info!(parent: None, "of no span");
    });
    assert_eq!(sink.ids(), [traces.ids("order"), None]);
}

#[test]
fn a_remote_parent_is_set_before_the_first_line() {
    let traces = Traces::new();
    let remote = Context::new().with_span(traces.tracer().start("remote"));
    let sink = written(&traces, || {
        let early = info_span!("early").entered();
        assert!(early.set_parent(remote.clone()).is_ok());
        info!("entered");
        let late = info_span!("late").entered();
        info!("entered");
        assert!(late.set_parent(remote.clone()).is_err());
    });
    drop(remote);
    assert_eq!(sink.ids(), [traces.ids("early"), traces.ids("late")]);
    assert_eq!(traces.ids("early").unwrap().trace_id, traces.ids("remote").unwrap().trace_id);
}

#[test]
fn when_the_log_was_not_told_the_current_context_counts() {
    let traces = Traces::new();
    let sink = Sink::default();
    let layers = registry()
        .with(TraceIds::text(text(&sink)))
        .with(tracing_opentelemetry::layer().with_tracer(traces.tracer()).with_context_activation(false));
    tracing::subscriber::with_default(layers, || {
        info_span!("checkout").in_scope(|| {
            info!("entered");
            traces.tracer().in_span("query", |_| info!("within"));
        });
    });
    assert_eq!(sink.ids(), [None, traces.ids("query")]);
}

//! Spans of `tracing` that do not become the current ones of OpenTelemetry.

use std::sync::{Arc, OnceLock};

use opentelemetry_sdk::trace::{Sampler, SamplingResult, ShouldSample};
use telemetry_core::log::TraceIds;
use telemetry_core::opentelemetry::trace::{Link, SpanKind, TraceContextExt, Tracer};
use telemetry_core::opentelemetry::{Context, KeyValue, TraceId};
use tracing::dispatcher::WeakDispatch;
use tracing::field::{Field, Value};
use tracing::{Dispatch, Event, Metadata, info, info_span};
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

/// Logs while a span is started.
#[derive(Clone, Debug)]
struct Chatty {
    dispatch: Arc<OnceLock<WeakDispatch>>,
    metadata: &'static Metadata<'static>,
}

impl ShouldSample for Chatty {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace_id: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        // An event of an event goes nowhere unless the subscriber is the global one, so it is handed over directly.
        let values: [(&Field, Option<&dyn Value>); 0] = [];
        let values = self.metadata.fields().value_set(&values);
        self.dispatch.get().unwrap().upgrade().unwrap().event(&Event::new(self.metadata, &values));
        Sampler::AlwaysOn.should_sample(parent, trace_id, name, kind, attributes, links)
    }
}

#[test]
fn what_is_logged_while_a_line_starts_a_span_does_not_wait_for_it() {
    let metadata = tracing::subscriber::with_default(registry(), || info_span!("sampling").metadata().unwrap());
    let sampler = Chatty { dispatch: Arc::default(), metadata };
    let (traces, sink) = (Traces::sampled(sampler.clone()), Sink::default());
    let layers = registry()
        .with(tracing_opentelemetry::layer().with_tracer(traces.tracer()).with_context_activation(false))
        .with(TraceIds::text(text(&sink)).with_context_activation(false));
    let dispatch = Dispatch::new(layers);
    sampler.dispatch.set(dispatch.downgrade()).unwrap();
    tracing::dispatcher::with_default(&dispatch, || info_span!("checkout").in_scope(|| info!("paid")));
    assert_eq!(sink.ids(), [None, traces.ids("checkout")]);
}

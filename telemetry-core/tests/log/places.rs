//! Whose ids a line has, wherever it is written.

use std::thread;

use opentelemetry_sdk::trace::{IdGenerator, Sampler};
use telemetry_core::log::TraceIds;
use telemetry_core::opentelemetry::trace::{SpanContext, TraceContextExt, TraceState, Tracer};
use telemetry_core::opentelemetry::{Context, SpanId, TraceFlags, TraceId};
use tracing::{info, info_span};
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry;

use crate::{Counted, Ids, Sink, Traces, text, written};

#[test]
fn a_line_has_the_ids_of_the_span_of_tracing() {
    let traces = Traces::new();
    let sink = written(&traces, || info_span!("checkout").in_scope(|| info!("paid")));
    assert_eq!(sink.ids(), [traces.ids("checkout")]);
}

#[test]
fn a_line_has_the_ids_of_the_span_of_the_opentelemetry_api() {
    let traces = Traces::new();
    let sink = written(&traces, || traces.tracer().in_span("checkout", |_| info!("paid")));
    assert_eq!(sink.ids(), [traces.ids("checkout")]);
}

#[test]
fn a_line_has_the_ids_of_a_span_from_elsewhere() {
    let span = SpanContext::new(TraceId::from(1), SpanId::from(2), TraceFlags::SAMPLED, true, TraceState::default());
    let expected = Ids::new(span.trace_id(), span.span_id());
    let sink = written(&Traces::new(), || {
        let _guard = Context::new().with_remote_span_context(span).attach();
        info!("received");
    });
    assert_eq!(sink.ids(), [Some(expected)]);
}

#[test]
fn of_spans_of_both_apis_the_inner_one_counts() {
    let traces = Traces::new();
    let sink = written(&traces, || {
        traces.tracer().in_span("server", |_| {
            info_span!("checkout").in_scope(|| {
                info!("before");
                traces.tracer().in_span("query", |_| info!("within"));
                info!("after");
            });
            info!("outside");
        });
    });
    let [server, checkout, query] = ["server", "checkout", "query"].map(|name| traces.ids(name));
    assert_eq!(sink.ids(), [checkout.clone(), query, checkout, server]);
    assert_eq!(traces.parent("checkout").to_string(), traces.ids("server").unwrap().span_id);
}

#[test]
fn a_line_outside_of_spans_has_no_ids() {
    let traces = Traces::new();
    let sink = written(&traces, || {
        info!("before");
        info_span!("checkout").in_scope(|| ());
        info!("after");
        let _guard = Context::new().with_remote_span_context(SpanContext::NONE).attach();
        info!("in a span without ids");
    });
    assert_eq!(sink.ids(), [None, None, None]);
    assert_eq!(sink.writes()[0], " INFO log::places: before\n");
}

#[test]
fn a_span_that_is_not_sampled_has_ids() {
    let traces = Traces::sampled(Sampler::AlwaysOff);
    let mut expected = None;
    let sink = written(&traces, || {
        info_span!("checkout").in_scope(|| info!("paid"));
        traces.tracer().in_span("checkout", |context| {
            let span = context.span().span_context().clone();
            expected = Some(Ids::new(span.trace_id(), span.span_id()));
            info!("paid");
        });
    });
    let ids = Counted::default();
    let (span_id, trace_id) = (ids.new_span_id(), ids.new_trace_id());
    let first = Ids::new(trace_id, span_id);
    assert_eq!(sink.ids(), [Some(first), expected]);
    assert!(traces.exporter.get_finished_spans().unwrap().is_empty());
}

#[test]
fn an_explicit_parent_counts_more_than_the_current_span() {
    let traces = Traces::new();
    let sink = written(&traces, || {
        let order = info_span!("order");
        let entered = info_span!("entered").entered();
        info!(parent: &order, "never entered");
        traces.tracer().in_span("query", |_| info!(parent: &order, "started"));
        info!(parent: &entered, "entered");
        info!(parent: None, "of no span");
    });
    let [order, entered] = ["order", "entered"].map(|name| traces.ids(name));
    assert_eq!(sink.ids(), [order.clone(), order, entered, None]);
}

#[test]
fn an_explicit_parent_that_is_closed_has_no_ids() {
    let sink = written(&Traces::new(), || {
        let id = info_span!("order").id();
        info_span!("entered").in_scope(|| info!(parent: id, "late"));
    });
    assert_eq!(sink.ids(), [None]);
}

#[test]
fn in_a_disabled_span_the_one_around_it_counts() {
    let traces = Traces::new();
    let sink = Sink::default();
    let layers = registry()
        .with(LevelFilter::INFO)
        .with(tracing_opentelemetry::layer().with_tracer(traces.tracer()))
        .with(TraceIds::text(text(&sink)));
    tracing::subscriber::with_default(layers, || {
        let disabled = tracing::debug_span!("disabled");
        disabled.in_scope(|| info!("in nothing"));
        info_span!("checkout").in_scope(|| {
            disabled.in_scope(|| info!("in a disabled span"));
            info!(parent: &disabled, "told to be in a disabled span");
        });
    });
    // `tracing` makes an event whose parent is disabled one of no span.
    assert_eq!(sink.ids(), [None, traces.ids("checkout"), None]);
}

#[test]
fn in_a_span_that_only_the_log_sees_the_one_around_it_counts() {
    let traces = Traces::new();
    let sink = Sink::default();
    let exported = filter_fn(|metadata| metadata.name() != "detail");
    let layers = registry()
        .with(tracing_opentelemetry::layer().with_tracer(traces.tracer()).with_filter(exported))
        .with(TraceIds::text(text(&sink)));
    tracing::subscriber::with_default(layers, || {
        let alone = info_span!("detail");
        let detail = info_span!("checkout").in_scope(|| {
            let detail = info_span!("detail");
            detail.in_scope(|| info!("entered"));
            detail
        });
        info!(parent: &detail, "parent");
        info!(parent: &alone, "alone");
        drop(detail);
    });
    let checkout = traces.ids("checkout");
    assert_eq!(sink.ids(), [checkout.clone(), checkout, None]);
}

#[test]
fn a_span_that_the_log_does_not_see_has_ids_there() {
    let traces = Traces::new();
    let sink = Sink::default();
    let shown = filter_fn(|metadata| metadata.name() != "checkout");
    let layers = registry()
        .with(tracing_opentelemetry::layer().with_tracer(traces.tracer()))
        .with(TraceIds::text(text(&sink)).with_filter(shown));
    tracing::subscriber::with_default(layers, || {
        let checkout = info_span!("checkout");
        checkout.in_scope(|| info!("entered"));
        info!(parent: &checkout, "parent");
    });
    assert_eq!(sink.ids(), [traces.ids("checkout"), traces.ids("checkout")]);
}

#[test]
fn the_order_of_layers_does_not_matter() {
    let traces = Traces::new();
    let (below, above) = (Sink::default(), Sink::default());
    let layers = registry()
        .with(TraceIds::text(text(&below)))
        .with(tracing_opentelemetry::layer().with_tracer(traces.tracer()))
        .with(TraceIds::text(text(&above)));
    tracing::subscriber::with_default(layers, || {
        let order = info_span!("order");
        info!(parent: &order, "parent");
        info_span!("checkout").in_scope(|| info!("entered"));
    });
    assert_eq!(below.ids(), [traces.ids("order"), traces.ids("checkout")]);
    assert_eq!(above.writes(), below.writes());
}

#[test]
fn without_the_layer_of_opentelemetry_spans_of_its_api_count() {
    let traces = Traces::new();
    let sink = Sink::default();
    tracing::subscriber::with_default(registry().with(TraceIds::text(text(&sink))), || {
        info_span!("order").in_scope(|| info!("entered"));
        info!(parent: &info_span!("order"), "parent");
        traces.tracer().in_span("query", |_| info_span!("order").in_scope(|| info!("both")));
    });
    assert_eq!(sink.ids(), [None, None, traces.ids("query")]);
}

#[test]
fn threads_have_ids_of_their_own() {
    const LINES: usize = 200;
    let traces = Traces::new();
    let sink = written(&traces, || {
        tracing::dispatcher::get_default(|dispatch| {
            thread::scope(|scope| {
                for name in ["a", "b", "c", "d"] {
                    scope.spawn(move || {
                        tracing::dispatcher::with_default(dispatch, || {
                            let _entered = info_span!("work", otel.name = name).entered();
                            (0..LINES).for_each(|_| info!("by {name}"));
                        });
                    });
                }
            });
        });
    });
    for name in ["a", "b", "c", "d"] {
        let by = format!("by {name} ");
        let lines: Vec<_> = sink.writes().into_iter().filter(|line| line.contains(&by)).collect();
        assert_eq!(lines.len(), LINES);
        assert!(lines.iter().all(|line| Ids::on(line) == traces.ids(name)), "{name}: {lines:?}");
    }
}

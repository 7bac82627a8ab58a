//! Exemplars of durations lead to the spans of the requests.

use telemetry_core::opentelemetry::trace::{SpanContext, TraceContextExt, TraceFlags, TraceState};
use telemetry_core::opentelemetry::{Context, SpanId, TraceId};
use telemetry_core::opentelemetry_sdk::trace::Sampler;

use super::*;

const SIDES: [Side; 2] = [Side::Server, Side::Client];

/// A context with a span that no layer of ours has made.
fn somebodys(is_sampled: bool) -> Context {
    let flags = if is_sampled { TraceFlags::SAMPLED } else { TraceFlags::default() };
    let (trace, span) = (TraceId::from(0xdecaf), SpanId::from(0xbad));
    Context::new().with_remote_span_context(SpanContext::new(trace, span, flags, false, TraceState::default()))
}

impl Pair {
    /// A request that no trace layer sees.
    fn send_without_spans(&self) {
        send(&self.with_metrics(service(hello)), request());
    }

    fn all_exemplars(&self) -> Vec<Exemplar> {
        let series = self.series();
        assert_eq!(series.len(), 1);
        self.exemplars(&series[0])
    }
}

fn pair(side: Side, filter: ExemplarFilter) -> Pair {
    Pair::keeping(Spans::new(Way::Api), side, Outside::Metrics, filter)
}

fn unsampled(way: Way, side: Side, outside: Outside, filter: ExemplarFilter) -> Pair {
    Pair::keeping(Spans::keeping(way, InMemorySpans::with_sampler(Sampler::AlwaysOff)), side, outside, filter)
}

#[test]
fn cp_12_co_36_an_exemplar_has_the_span_of_its_own_request() {
    each(|pair| {
        // There is one around it, which says less.
        let around = somebodys(true).attach();
        send(&pair.around(service(hello)), request());
        drop(around);
        let (span, exemplar) = (pair.spans.only(), pair.exemplar());
        assert_eq!((exemplar.trace_id(), exemplar.span_id()), (span.trace_id(), span.span_id()));
        assert_eq!(exemplar.filtered_attributes(), []);
        assert_eq!(exemplar.value(), pair.metrics.snapshot().sum(pair.duration(), &[]));
    });
}

#[test]
fn cp_12_without_a_trace_layer_it_is_the_span_around_the_call() {
    for side in SIDES {
        let pair = pair(side, ExemplarFilter::TraceBased);
        let around = somebodys(true).attach();
        let response = crate::now(pair.with_metrics(service(hello)).oneshot(request())).unwrap();
        drop(around);
        crate::now(response.into_body().collect()).unwrap();
        let exemplar = pair.exemplar();
        assert_eq!((exemplar.trace_id(), exemplar.span_id()), (TraceId::from(0xdecaf), SpanId::from(0xbad)));
        assert!(exemplar.time().elapsed().unwrap() < std::time::Duration::from_secs(60));
    }
}

#[test]
fn co_36_there_is_none_outside_of_a_sampled_span() {
    for side in SIDES {
        let pair = pair(side, ExemplarFilter::TraceBased);
        pair.send_without_spans();
        let _around = somebodys(false).attach();
        pair.send_without_spans();
        assert_eq!(pair.all_exemplars(), []);
        assert_eq!(pair.store.generation(), 0, "nobody pays for what is not kept");
    }
    for way in Way::ALL {
        for outside in [Outside::Metrics, Outside::Spans] {
            let pair = unsampled(way, Side::Server, outside, ExemplarFilter::TraceBased);
            // The request's own span counts, and not the one around it.
            let _around = somebodys(true).attach();
            send(&pair.around(service(hello)), request());
            assert_eq!(pair.all_exemplars(), []);
        }
    }
}

#[test]
fn co_36_always_on_takes_all_with_what_is_known_of_a_span() {
    for side in SIDES {
        let pair = pair(side, ExemplarFilter::AlwaysOn);
        pair.send_without_spans();
        let exemplar = pair.exemplar();
        assert_eq!((exemplar.trace_id(), exemplar.span_id()), (TraceId::INVALID, SpanId::INVALID));
        assert_eq!(exemplar.value(), pair.metrics.snapshot().sum(pair.duration(), &[]));
    }
    for way in Way::ALL {
        for outside in [Outside::Metrics, Outside::Spans] {
            let pair = unsampled(way, Side::Server, outside, ExemplarFilter::AlwaysOn);
            send(&pair.around(service(hello)), request());
            assert!(pair.exemplar().trace_id() != TraceId::INVALID, "an unsampled span is a span");
        }
    }
}

#[test]
fn co_36_always_off_takes_none() {
    for side in SIDES {
        for outside in [Outside::Metrics, Outside::Spans] {
            let pair = Pair::keeping(Spans::new(Way::Api), side, outside, ExemplarFilter::AlwaysOff);
            send(&pair.around(service(hello)), request());
            assert_eq!(pair.all_exemplars(), []);
            assert_eq!(pair.store.generation(), 0);
        }
    }
}

#[test]
fn co_36_each_series_and_each_bucket_has_its_own() {
    use super::flight::{Flight, PLAIN, Plan, scripted};

    each(|pair| {
        let client = pair.around(scripted());
        for status in [200, 404, 500] {
            Flight::fly(&client, Plan { status, ..PLAIN });
        }
        let spans = pair.spans.kept.finished();
        let series = pair.series();
        assert_eq!((spans.len(), series.len()), (3, 3));
        for series in &series {
            let exemplars = pair.exemplars(series);
            let [exemplar] = &exemplars[..] else { panic!("{exemplars:?}") };
            let span = spans.iter().find(|span| span.span_id() == exemplar.span_id()).unwrap();
            let status = span.attribute("http.response.status_code").unwrap().to_string();
            assert_eq!(Some(&status), series.attributes.get("http.response.status_code"));
        }
    });
}

#[test]
fn co_36_where_the_scope_is_not_known_they_are_found_by_name_and_attributes() {
    let metrics = InMemoryMetrics::new();
    let store = ExemplarStore::builder().with_filter(ExemplarFilter::TraceBased).build();
    let spans = Spans::new(Way::Api);
    let layers = [
        observed(
            &RequestMetricsLayer::with_meter(metrics.meter("somebody's")).with_exemplars(store.clone()),
            observed(&spans.server(), service(hello)),
        ),
        observed(
            &ClientMetricsLayer::with_meter(metrics.meter("somebody's")).with_exemplars(store.clone()),
            observed(&spans.client(), service(hello)),
        ),
    ];
    for (client, metric) in layers.iter().zip(["http.server.request.duration", "http.client.request.duration"]) {
        send(client, request());
        let (span, snapshot) = (spans.only(), metrics.snapshot());
        let scope = InstrumentationScope::builder("somebody's").build();
        let found = exemplars(&store, &scope, snapshot.points(metric)[0]);
        let [exemplar] = &found[..] else { panic!("{found:?}") };
        assert_eq!((exemplar.trace_id(), exemplar.span_id()), (span.trace_id(), span.span_id()));
    }
}

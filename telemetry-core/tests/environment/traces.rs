//! Which spans are sampled.

use telemetry_core::opentelemetry::Context;
use telemetry_core::opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState, Tracer, TracerProvider,
};
use telemetry_core::opentelemetry_sdk::trace::InMemorySpanExporter;

use crate::probe::build;
use crate::row::{Case, Outcome, Row, Seen, check_all};

const DEFAULT: &str = "root, below sampled";

pub(crate) fn rows() -> Vec<Row> {
    vec![
        Row::new("OTEL_TRACES_SAMPLER", DEFAULT, sampled).value("Always_Off", "").wrong([
            "jaeger_remote",
            "parentbased_jaeger_remote",
            "xray",
            "dice",
        ]),
        Row::new("OTEL_TRACES_SAMPLER_ARG", DEFAULT, sampled)
            .with("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
            .value("0", "below sampled")
            .wrong(["2", "-0.1", "NaN", "half"]),
    ]
}

/// Which of three spans are sampled: a root, one with a sampled parent, one with another parent.
fn sampled(case: &Case) -> Outcome {
    let exporter = InMemorySpanExporter::default();
    let spans = exporter.clone();
    let builder = case.builder().configure_traces(|traces| traces.with_simple_exporter(exporter));
    let (telemetry, warnings) = build(builder)?;
    let tracer = telemetry.tracer_provider().unwrap().tracer("shop");
    let parent = |flags| {
        // The largest id is not sampled by any ratio below one.
        let ids = (TraceId::from(u128::MAX), SpanId::from(1));
        Context::new().with_remote_span_context(SpanContext::new(ids.0, ids.1, flags, true, TraceState::NONE))
    };
    drop(tracer.start_with_context("root", &Context::new()));
    drop(tracer.start_with_context("below sampled", &parent(TraceFlags::SAMPLED)));
    drop(tracer.start_with_context("below another", &parent(TraceFlags::NOT_SAMPLED)));
    let names: Vec<_> = spans.get_finished_spans().unwrap().into_iter().map(|span| span.name).collect();
    Ok(Seen { effect: names.join(", "), warnings })
}

#[test]
fn co_01_co_04_co_09_samplers_are_chosen_by_name_and_the_others_are_told_of() {
    check_all(&rows());
}

#[test]
fn co_09_each_sampler() {
    for (sampler, effect) in [
        ("always_on", "root, below sampled, below another"),
        ("always_off", ""),
        ("traceidratio", "root, below sampled, below another"),
        ("parentbased_always_on", "root, below sampled"),
        ("parentbased_always_off", "below sampled"),
        ("parentbased_traceidratio", "root, below sampled"),
    ] {
        let seen = sampled(&Case::of([("OTEL_TRACES_SAMPLER", sampler)])).unwrap();
        assert_eq!((seen.effect.as_str(), seen.warnings.len()), (effect, 0), "{sampler}");
    }
    let case = Case::of([("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0")]);
    assert_eq!(sampled(&case).unwrap().effect, "");
}

#[test]
fn co_09_the_argument_of_a_sampler_that_takes_none_is_not_looked_at() {
    let case = Case::of([("OTEL_TRACES_SAMPLER", "jaeger_remote"), ("OTEL_TRACES_SAMPLER_ARG", "endpoint=http://a")]);
    let seen = sampled(&case).unwrap();
    assert_eq!((seen.effect.as_str(), seen.warnings.len()), (DEFAULT, 1));
}

//! What it costs to offer the duration of a request as an exemplar.
#![allow(missing_docs)] // criterion's macros make public items.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use telemetry_core::exemplar::{Buckets, ExemplarFilter, ExemplarStore, SpanIdentity};
use telemetry_core::opentelemetry::{InstrumentationScope, SpanId, TraceId};
use telemetry_core::semconv::metric::HTTP_SERVER_REQUEST_DURATION;

fn offers(criterion: &mut Criterion) {
    let store = ExemplarStore::builder().with_filter(ExemplarFilter::TraceBased).build();
    let (scope, metric) = (InstrumentationScope::builder("bench").build(), &HTTP_SERVER_REQUEST_DURATION);
    let reservoir = store.reservoir(&scope, metric.name, &[], Buckets::Explicit(metric.boundaries));
    let span = |is_sampled| SpanIdentity::new(TraceId::from(1_u128), SpanId::from(1_u64), is_sampled);
    let spans = [("no-span", None), ("unsampled", Some(span(false))), ("sampled", Some(span(true)))];
    let mut group = criterion.benchmark_group("telemetry-core/exemplar");
    for (scenario, span) in spans {
        // As in a busy service: most requests begin in a millisecond that their bucket has an exemplar of.
        let start = Instant::now();
        group.bench_function(scenario, |bencher| {
            let took = Duration::from_micros(black_box(700));
            bencher.iter(|| reservoir.offer_duration(black_box(start), black_box(took), black_box(span.as_ref()), &[]));
        });
    }
    group.finish();
}

criterion_group!(benches, offers);
criterion_main!(benches);

use std::sync::atomic::{AtomicUsize, Ordering};

use telemetry_core::opentelemetry::global;
use telemetry_core::testing::InMemorySpans;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::collected::Metrics;
use crate::run::{Layers, everything};

static SPANS: AtomicUsize = AtomicUsize::new(0);

/// Wants everything, and counts the spans.
struct Counting;

impl Subscriber for Counting {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(SPANS.fetch_add(1, Ordering::Relaxed) as u64 + 1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Neither with `tracing` nor with OpenTelemetry: spans of connections are not offered, so they are not on either.
#[tokio::test]
async fn nt_76_nothing_makes_spans() {
    let spans = InMemorySpans::new();
    global::set_tracer_provider(spans.provider());
    let _guard = tracing::subscriber::set_default(Counting);
    let metrics = Metrics::new();
    drop(everything(&Layers::new(&metrics.provider), &mut || drop(metrics.collect())).await);
    assert!(!metrics.collect().is_empty());
    assert_eq!((SPANS.load(Ordering::Relaxed), spans.finished().len()), (0, 0));

    // They would have been seen.
    drop(tracing::info_span!("seen"));
    telemetry_core::opentelemetry::trace::Tracer::start(&global::tracer("test"), "seen");
    assert_eq!((SPANS.load(Ordering::Relaxed), spans.finished().len()), (1, 1));
}

//! Lines about spans themselves, which the formatting layer can be told to write.

use telemetry_core::log::TraceIds;
use telemetry_core::opentelemetry::trace::Tracer;
use tracing::info_span;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;

use crate::{Sink, Traces, text};

#[test]
fn a_span_has_its_own_ids_from_when_it_is_entered() {
    let traces = Traces::new();
    let (below, above) = (Sink::default(), Sink::default());
    let layers = registry()
        .with(TraceIds::text(text(&below).with_span_events(FmtSpan::FULL)))
        .with(tracing_opentelemetry::layer().with_tracer(traces.tracer()))
        .with(TraceIds::text(text(&above).with_span_events(FmtSpan::FULL)));
    tracing::subscriber::with_default(layers, || {
        traces.tracer().in_span("server", |_| info_span!("checkout").in_scope(|| ()));
    });
    let checkout = traces.ids("checkout");
    // New, enter, exit, close.
    assert_eq!(below.ids(), [None, checkout.clone(), checkout.clone(), checkout.clone()]);
    assert_eq!(above.ids(), [None, checkout.clone(), checkout, None]);
}
